"""Pytest plugin: nbval waits longer for a cell's output than its fixed five seconds."""

import pytest

OUTPUT_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raise the time allowed between a cell's end and the arrival of its output."""
    for item in items:
        item.output_timeout = OUTPUT_SECONDS
