"""What the library (PyTorch) makes of a text, for the JavaScript of the playground to agree with.

Written fresh into a folder, beside the models' scripts; nothing of it is kept.
"""

import base64
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.engine.scan import scan
from confidence_neurons.model.architecture import end_of, final_norm, output_weights
from confidence_neurons.model.bridge import pattern_hook
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.text.plain import plain_text
from confidence_neurons_book.playground.model_script import model_script, pointed

MODELS = ("prose", "prose-no-norm")
LENGTH, SCANNED = 256, 64  # tokens
POSITIONS = (1, 50, 200)  # whose effects are compared neuron by neuron
GROUP = (43, 307, 2)
NOTHING: dict[str, Any] = {
    "neurons": [],
    "how": "mean",
    "value": 0,
    "direction": None,
    "strength": 0,
    "frozen": False,
}
TURNS: list[dict[str, Any]] = [
    {**NOTHING, "neurons": list(GROUP)},
    {**NOTHING, "neurons": [43], "how": "clamp", "value": 2.5},
    {**NOTHING, "neurons": list(GROUP), "how": "boost", "value": -3},
    {**NOTHING, "direction": 126, "strength": 1},
    {**NOTHING, "direction": 0, "strength": -0.1},
    {**NOTHING, "neurons": [56, 43], "how": "clamp", "value": 1, "direction": 126, "strength": 0.7},
]
HEADS = ((0, 0), (1, 1), (2, 3))


def write_reference(folder: Path) -> None:
    """The models' scripts and `reference.json`."""
    for name in MODELS:
        script = model_script(name, tokenizer=name == MODELS[0])
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
    found = {"models": {name: _of_model(name) for name in MODELS}, **_of_tokenizer()}
    (folder / "reference.json").write_text(json.dumps(found), encoding="utf-8")


@torch.no_grad()
def _of_model(name: str) -> dict[str, Any]:
    light = cn.load_light(name, device="cpu")
    text = next(iter(cn.passages().values()))
    tokens = cn.tokens_from_text(light, text, length=LENGTH, count=1)
    logits = end_of(light).own_logits(tokens)[0]
    log_p = logits.double().log_softmax(dim=-1)
    means = cn.run(light, cn.prose_tokens(light)).mean_activations()
    bridge = cn.load_model(name, device="cpu")
    short = tokens[:, :SCANNED]
    scanned = scan(bridge, short, to=means).set_index("neuron").sort_index()
    patterns = bridge.run_with_cache(short)[1]
    directions = pointed(cn.geometry(bridge).spectrum.directions)
    light.network.double()  # so that only the playground's own rounding is left
    return {
        "text": text,
        "ids": tokens[0].tolist(),
        "logits": _base64(logits),
        "entropy": cn.entropy(logits.double()).tolist(),
        "surprisal": (-log_p[:-1].gather(1, tokens[0, 1:, None])).flatten().tolist(),
        "scale": cn.run(light, tokens).scale.flatten().tolist(),
        "scanned": SCANNED,
        "scan": {key: scanned[f"entropy_{key}"].tolist() for key in ("total", "direct")},
        "effects": _effects(light, tokens, means),
        "turns": [_turned(light, tokens, means, directions, turn) for turn in TURNS],
        "attention": [
            {
                "layer": layer,
                "head": head,
                "pattern": patterns[pattern_hook(layer)][0, head].tolist(),
            }
            for layer, head in HEADS
        ],
    }


def _effects(model: Model, tokens: Tensor, means: Tensor) -> dict[int, dict[str, list[float]]]:
    at = torch.zeros_like(tokens, dtype=torch.bool)
    at[0, list(POSITIONS)] = True
    frame = cn.token_effects(model, tokens, to=means, at=at).sort_values("neuron")
    columns = {"activation": "activation", "total": "entropy_total", "direct": "entropy_direct"}
    return {
        position: {key: rows[column].tolist() for key, column in columns.items()}
        for position, rows in frame.groupby("position")
    }


def _turned(
    model: Model, tokens: Tensor, means: Tensor, directions: Tensor, turn: dict[str, Any]
) -> dict[str, Any]:
    clean = cn.run(model, tokens)
    state = _moved(model, clean, means, turn)
    if turn["direction"] is not None:
        state = cn.write(model, state, directions[:, turn["direction"]], turn["strength"])
    frame = cn.compare(model, clean, {"turned": state}, quantities=("entropy", "loss", "scale"))
    names = [name for name in frame if name.endswith(("_total", "_direct", "position", "_clean"))]
    return {"turn": turn, **{name: frame[name].tolist() for name in names}}


def _moved(model: Model, state: State, means: Tensor, turn: dict[str, Any]) -> State:
    neurons, value = turn["neurons"], turn["value"]
    if not neurons:
        return state
    if turn["how"] == "mean":
        return cn.ablate(model, state, neurons, to=means)
    if turn["how"] == "clamp":
        return cn.ablate(model, state, neurons, to=float(value))
    write = output_weights(model)[neurons].double()
    residual = state.residual + (value - 1) * state.activations[..., neurons] @ write
    return replace(state, residual=residual, scale=final_norm(model).scale(residual))


def _of_tokenizer() -> dict[str, Any]:
    model = cn.load_light(MODELS[0], device="cpu")
    odd, pieces = odd_text(), odd_pieces()
    return {
        "labels": cn.token_labels(model, range(model.cfg.d_vocab)),
        "odd": {"text": odd, "plain": plain_text(odd), "ids": _ids(model, odd)},
        "pieces": [{"text": text, "ids": _ids(model, plain_text(text))} for text in pieces],
    }


def _ids(model: Model, text: str) -> list[int]:
    return model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]


SPACES = [*" \t\n\r\x0b\x0c\x85\xa0\u1680\u2002\u2009\u2028\u2029\u202f\u205f\u3000\ufeff\u200b"]
CONTROLS = [chr(code) for code in (*range(9), *range(14, 32), *range(0x7F, 0xA0))]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "👍🏽", "🇬🇧", "1️⃣", "\U0001fae0"]
RIGHT_TO_LEFT = ["שלום", "مرحبا بالعالم", "\u202eabc\u202c", "سلام،", "ב״ה"]
OTHERS = ["naïve", "e\u0301", "Ωμέγα", "дом", "漢字", "½²", "“well—no…”", "I'll", "it\u2019s", "£5"]
SPECIAL = ["<|endoftext|>"]


def odd_text(pieces: int = 4000, seed: int = 0) -> str:
    """Words of the passages among what is odd: more than 10,000 tokens."""
    chance = random.Random(seed)
    words = " ".join(cn.passages().values()).split(" ")
    kinds: Sequence[Sequence[str]] = (SPACES, CONTROLS, EMOJI, RIGHT_TO_LEFT, OTHERS, SPECIAL)
    parts = (
        chance.choice(chance.choice(kinds)) if chance.random() < 0.4 else chance.choice(words)
        for _ in range(pieces)
    )
    return "".join(part + chance.choice(["", " ", " ", "  "]) for part in parts)


def odd_pieces(count: int = 300, seed: int = 1) -> list[str]:
    """Short texts of the same kind, the empty one, and some of one kind alone."""
    chance, whole = random.Random(seed), odd_text(seed=seed)
    starts = [chance.randrange(len(whole)) for _ in range(count)]
    cuts = [whole[start : start + chance.randrange(40)] for start in starts]
    return [*filter(str.strip, cuts), " \u00a0x", "\n" * 7 + "x", *EMOJI, *RIGHT_TO_LEFT]


def _base64(tensor: Tensor) -> str:
    return base64.b64encode(tensor.float().numpy().astype(np.dtype("<f4")).tobytes()).decode()
