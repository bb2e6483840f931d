"""Measure how language models regulate their confidence.

The names below are imported on first use, so that `import confidence_neurons`
costs nothing: PyTorch and TransformerLens take seconds to import.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confidence_neurons.model.loading import (
        available_models,
        growth_record,
        load_model,
        unigram_counts,
    )

# Libraries below ask for notebook widgets to draw progress bars; the project's bars are text.
warnings.filterwarnings("ignore", message="IProgress not found")

__version__ = "0.1.0"
__all__ = ["available_models", "growth_record", "load_model", "unigram_counts"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("confidence_neurons.model.loading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
