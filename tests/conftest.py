"""What holds for every test: no model hub, one thread a process, and shapes that are true."""

import gc
import os

import pytest
from jaxtyping import install_import_hook

# Read when torch is first imported: two test processes share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Every call of a function of ours checks its annotations, tensors' shapes included.
install_import_hook(["confidence_neurons", "confidence_neurons_book"], "enforced.enforced")

# One process runs a file: the longest begin first, so that none is left at the end.
LONGEST = (
    "workflows/test_scan.py",
    "groups/test_recorded.py",
    "growing/test_command.py",
    "model/test_bundled_models.py",
    "playground/test_numerics.py",
    "engine/test_memory.py",
)
gc.disable()  # until all is imported


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


def pytest_collection_finish() -> None:
    """Leave what has been imported, half a million objects, out of every later collection."""
    gc.freeze()
    gc.enable()
