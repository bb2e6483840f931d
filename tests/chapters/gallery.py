"""Every chart of the chapters, drawn from the small frames of its tests."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import altair as alt

HERE = Path(__file__).parent


def gallery() -> dict[str, Callable[[], alt.TopLevelMixin]]:
    """Name -> what draws the chart: the `CHARTS` of all test modules."""
    drawn = {}
    for path in sorted(HERE.glob("*/test_*.py")):
        if path.stem.endswith(("_charts", "_graph")):
            module = import_module(f"chapters.{path.parent.name}.{path.stem}")
            drawn |= {f"{path.stem}: {name}": draw for name, draw in module.CHARTS.items()}
    return drawn
