"""What is at hand: versions, the device, and the models that load without a network."""

import platform
from importlib.metadata import version

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import bundled_names
from confidence_neurons.model.cache import is_kept
from confidence_neurons.model.packaged import PACKAGES


@checked
def show_versions() -> None:
    """Print in one line what is at hand: versions, the device, and the models.

    It loads no model and fetches nothing.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.show_versions()
    confidence-neurons ..., Python ..., torch ... on ...; models: prose, prose-no-norm, smollm2...
    """
    library = f"confidence-neurons {version('confidence-neurons')}"
    python = f"Python {platform.python_version()}"
    models = ", ".join([*bundled_names(), *map(_fetched, sorted(PACKAGES))])
    print(f"{library}, {python}, torch {version('torch')} on {_device()}; models: {models}")


def _device() -> str:
    import torch

    return f"cuda ({torch.cuda.get_device_name()})" if torch.cuda.is_available() else "cpu"


def _fetched(name: str) -> str:
    """Name of a packaged model, with what it will cost where it was not fetched yet."""
    if is_kept(name):
        return name
    return f"{name} ({PACKAGES[name].wheel_bytes / 1e6:.0f} MB, fetched when it is first loaded)"
