"""What the final scale does to confidence: as a temperature, and from text to text.

The logits are the stream as the unembedding sees it, x W, divided by the scale
s, plus the bias b: only x W / s depends on the scale. Entropies in nats.
"""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.state import State, row_blocks, unembed
from confidence_neurons_book.told import told

NOISES = {"clean": 0.0, "half noise": 0.5, "noise": 1.0}
READ = ("entropy", "confidence", "right")
SCALES = {"entropy": "its own scale", "entropy_held": "the scale of clean text"}
PLACE = ["sequence", "position"]
TOKENS_AT_ONCE = 64


def noisy_texts(
    tokens: Int[Tensor, "batch position"], counts: Int[Tensor, " d_vocab"], seed: int = 0
) -> dict[str, Int[Tensor, "batch position"]]:
    """The same rows clean, with half of their tokens drawn at random, and with all."""
    return {name: cn.corrupt(tokens, rate, counts, seed) for name, rate in NOISES.items()}


def shuffled(tokens: Int[Tensor, "batch position"], seed: int = 0) -> Int[Tensor, "batch position"]:
    """The same rows, the tokens of each but the first in random order."""
    draws = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(seed))
    draws[:, 0] = -1
    return tokens.gather(1, draws.argsort(dim=1).to(tokens.device))


def read_texts(model: Model, texts: Mapping[str, Int[Tensor, "batch position"]]) -> pd.DataFrame:
    """Confidence on several texts, with their own scale and with that of clean text.

    Returns
    -------
    pd.DataFrame
        One row per counted token and text: `text`, `sequence`, `position`;
        `scale`; `seen`, the standard deviation over the vocabulary of what
        the unembedding sees of the stream, x W; `entropy`, `confidence`,
        `right`; `entropy_held`, with the scale
        held at its mean over the tokens of the text "clean".
    """
    states = {name: cn.run(model, tokens) for name, tokens in texts.items()}
    clean = states["clean"]
    usual = clean.scale[clean.counted].mean()
    blocks = (
        frame.assign(text=name)
        for name, state in states.items()
        for frame in _blocks(model, state, usual)
    )
    return pd.concat(blocks, ignore_index=True)


def entropies(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean entropy of each model, text and scale, from frames of `read_texts`, with intervals."""
    found = cn.intervals(frame, ["model", "text"], list(SCALES))
    return found.assign(divided_by=found["quantity"].map(SCALES))


def changes(frame: pd.DataFrame, by: str, text: str) -> pd.DataFrame:
    """What differs between a text and the clean one, token by token, from frames of `read_texts`.

    Returns
    -------
    pd.DataFrame
        A row for each value of `by`, with texts such as "1.39 [1.35, 1.42]":
        how many times their mean on clean text `scale` and `seen` are, by how
        much the entropy `rises`, and by how much with the scale `held`.
    """
    clean, other = (frame[frame["text"] == name] for name in ("clean", text))
    pairs = other.merge(clean, on=[by, *PLACE], suffixes=("", " before"))

    def change(column: str, statistic: Callable[..., Tensor]) -> list[str]:
        found = cn.intervals(pairs, by, [column, f"{column} before"], statistic=statistic)
        return told(found)

    return pd.DataFrame(
        {
            by: pairs[by].drop_duplicates().to_numpy(),
            "scale": change("scale", torch.div),
            "seen": change("seen", torch.div),
            "rises": change("entropy", torch.sub),
            "held": change("entropy_held", torch.sub),
        }
    )


def compare_with_temperature(model: Model, state: State, factor: float) -> dict[str, float]:
    """How alike it is to multiply the scale by a factor, and to set it as the temperature.

    Scale s times f gives x W / (f s) + b; temperature f gives
    x W / (f s) + b / f. Only the bias is treated differently.

    Returns
    -------
    dict[str, float]
        Means over tokens: `entropy`, of the model left alone; `by_scale`,
        `by_temperature`; `divergence`, KL(temperature || scale).
    """
    residual, scale = state.residual[state.counted], state.scale[state.counted]
    own = unembed(model, residual)
    tempered = cn.log_probabilities(own / factor)
    scaled = cn.log_probabilities(unembed(model, residual, factor * scale))
    return {
        "entropy": float(cn.entropy(own).mean()),
        "by_scale": float(cn.entropy(scaled).mean()),
        "by_temperature": float(cn.entropy(tempered).mean()),
        "divergence": float(cn.kl_divergence(tempered, scaled).mean()),
    }


def _blocks(model: Model, state: State, usual: Float[Tensor, ""]) -> Iterator[pd.DataFrame]:
    """Some rows at a time, since the logits of all would not fit."""
    bias = output_map(model).bias
    for block in row_blocks(state.tokens, TOKENS_AT_ONCE):
        few = state.rows(block)
        scale = few.scale[few.counted]
        own = unembed(model, few.residual[few.counted], scale)
        linear = own - bias  # x W / s
        values = cn.read_logits(own, few.targets(), READ)
        values["entropy_held"] = cn.entropy(linear * (scale / usual) + bias)
        values["scale"] = scale.squeeze(-1)
        values["seen"] = linear.std(dim=-1) * values["scale"]
        places = few.places()
        places["sequence"] += block.start
        yield places.assign(**{name: column.cpu().numpy() for name, column in values.items()})
