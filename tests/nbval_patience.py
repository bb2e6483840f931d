"""Pytest plugin: nbval waits longer for a cell's output than its fixed five seconds."""

from typing import Any

OUTPUT_SECONDS = 60


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Raise the time allowed between a cell's end and the arrival of its output."""
    for item in items:  # nbval's cells, which declare no types
        item.output_timeout = OUTPUT_SECONDS
