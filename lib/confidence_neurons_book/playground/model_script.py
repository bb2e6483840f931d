"""A bundled model as a classic script: its weights, and what the library knows of its neurons.

A page that lies on the disk may load classic scripts, and nothing else: no data, no modules.
"""

import base64
import json
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from safetensors import safe_open
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.bundled import WEIGHTS, verified_file
from confidence_neurons.model.ends import Model
from confidence_neurons.text.plain import PLAIN

LEAST_SCORE = 0.4  # as chapter 6 names its heads
PERIOD, ROWS = 60, 30  # of the repeated random tokens that heads are scored on
DIGITS = 9  # enough for any number in single precision


def model_script(name: str, tokenizer: bool = True) -> str:
    """A classic script that leaves the model in `globalThis.confidenceNeuronsModels`.

    Parameters
    ----------
    name : str
        A bundled model.
    tokenizer : bool
        Whether its tokenizer comes along; models that share one need it once.

    Returns
    -------
    str
        JavaScript in ASCII, the same whenever it is made on one machine.
    """
    described = describe(name) | (_reading(name) if tokenizer else {})
    data = json.dumps(described, separators=(",", ":"))
    return f"(globalThis.confidenceNeuronsModels ??= {{}})[{json.dumps(name)}] = {data};\n"


def describe(name: str) -> dict[str, Any]:
    """What the script holds of a model, but for the tokenizer."""
    model = cn.load_model(name, device="cpu")
    space = cn.geometry(model)
    weights = cn.neuron_weights(model)
    config = json.loads(verified_file(name, "config.json").read_text(encoding="utf-8"))
    return {
        "name": name,
        "config": {
            "layers": config["num_hidden_layers"],
            "width": config["hidden_size"],
            "heads": config["num_attention_heads"],
            "neurons": config["intermediate_size"],
            "vocabulary": config["vocab_size"],
            "positions": config["max_position_embeddings"],
            "eps": config["layer_norm_eps"],
            "finalEps": config.get("final_layer_norm_eps", config["layer_norm_eps"]),
            "rotaryBase": config["rope_parameters"]["rope_theta"],
            "bos": config["bos_token_id"],
        },
        **_halves(name),
        "groups": cn.recorded_groups(name),
        "means": _numbers(cn.run(model, cn.prose_tokens(model)).mean_activations()),
        "neurons": {
            "weightNorm": _numbers(weights["weight_norm"]),
            "nullFraction": _numbers(weights["null_fraction"]),
            "frequencyCosine": _numbers(weights["frequency_cosine"]),
        },
        "nullDimension": space.k,
        "values": _numbers(space.spectrum.values),
        "directions": _base64(pointed(space.spectrum.directions).T.numpy()),  # one after the other
        "heads": _heads(model),
    }


def pointed(
    directions: Float[Tensor, "d_model count"],
) -> Float[Tensor, "d_model count"]:
    """Singular directions with the sign that makes the largest coordinate of each positive.

    Either sign is right, and which one comes is an accident of the machine.
    """
    largest = directions.abs().argmax(dim=0, keepdim=True)
    return directions * directions.gather(0, largest).sign()


def _halves(name: str) -> dict[str, Any]:
    """The bits of all tensors, and where among them each begins and ends."""
    with safe_open(verified_file(name, WEIGHTS), "numpy") as stored:
        tensors = {
            each.removeprefix("gpt_neox."): stored.get_tensor(each)
            for each in sorted(stored.keys())
        }
    ends = np.cumsum([tensor.size for tensor in tensors.values()]).tolist()
    return {
        "tensors": dict(zip(tensors, pairwise([0, *ends]), strict=True)),
        "data": _base64(np.concatenate([tensor.ravel() for tensor in tensors.values()])),
    }


def _reading(name: str) -> dict[str, Any]:
    """The tokenizer, and the plain characters that the model was trained on."""
    stored = verified_file(name, "tokenizer.json").read_text(encoding="utf-8")
    return {
        "tokenizer": json.loads(stored),
        "plain": {chr(character): plain for character, plain in PLAIN.items()},
    }


def _heads(model: Model) -> dict[str, list[list[int]]]:
    """The heads that copy, and those that look at the token before."""
    tokens = cn.repeated_random(model.cfg.d_vocab, PERIOD, count=ROWS)
    scores = cn.induction.head_scores(model, tokens, PERIOD)
    return {
        kind: scores.loc[scores[score] > LEAST_SCORE, ["layer", "head"]].to_numpy().tolist()
        for kind, score in (("induction", "induction"), ("previous", "previous_token"))
    }


def _numbers(values: Any) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in np.asarray(values).tolist()]


def _base64(numbers: np.ndarray) -> str:
    little_endian = numbers.astype(numbers.dtype.newbyteorder("<"))
    return base64.b64encode(little_endian.tobytes()).decode("ascii")
