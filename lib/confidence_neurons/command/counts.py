"""Token frequencies of a scan: counted in a file, the model's own, or those that ship with it."""

from pathlib import Path

from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.checks import CHECKS
from confidence_neurons.command.text import Rows
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.unigram import Counts, counts_of

OWN = "own"


def frequencies(model: Model, given: str | None, rows: Rows) -> Counts | None:
    """What is known of token frequencies; None if nothing is.

    `given` is a file, or "own" for the model's mean prediction on the rows
    that neurons are chosen on; without it those that ship for the model.
    """
    if given is None:
        return counts_of(model)
    if given == OWN:
        return cn.mean_prediction(model, rows.choosing)
    return CHECKS["counts"](read_counts(model, Path(given)), {"model": model})


def read_counts(model: Model, path: Path) -> Int[Tensor, " d_vocab"]:
    """Token counts of a file: a tensor `counts` in safetensors, or a text whose tokens are counted.

    Raises
    ------
    ValueError
        If there are none in the file, or they are for another vocabulary.
    """
    if path.suffix != ".safetensors":
        try:
            return cn.count_tokens(model, path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}: expected a text in UTF-8 or a .safetensors file, got other bytes "
                f"({error.reason})"
            ) from None
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a file with token counts, there is none")
    try:
        with safe_open(path, framework="pt") as file:
            if "counts" not in list(file.keys()):
                raise ValueError(
                    f"{path}: expected a tensor named counts, got "
                    f"{', '.join(file.keys()) or 'none'}"
                )
            counts = file.get_tensor("counts")
    except SafetensorError as error:
        raise ValueError(f"{path}: expected a safetensors file, it is damaged: {error}") from None
    if counts.ndim != 1 or len(counts) != model.cfg.d_vocab:
        raise ValueError(
            f"{path}: expected counts of {model.cfg.d_vocab} tokens, the model's vocabulary, got "
            f"{list(counts.shape)}: they belong to another tokenizer"
        )
    return counts
