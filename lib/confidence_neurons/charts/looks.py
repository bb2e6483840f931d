"""One look, a colour and a shape, for each group of neurons, the same in every chart."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    ORANGE,
    PAGE_WIDTH,
    PALETTE,
    PINK,
    VIOLET,
)
from confidence_neurons.groups.names import (
    ENTROPY,
    EQUAL_NORM,
    EQUAL_RHO,
    FREQUENCY,
    MOST_CHANGED,
    OTHERS,
    RANDOM,
)


class Look(NamedTuple):
    """A colour, and a shape for readers who cannot tell colours apart."""

    colour: str
    shape: str


LOOKS = {
    ENTROPY: Look(ORANGE, "diamond"),
    FREQUENCY: Look(BLUE, "square"),
    EQUAL_NORM: Look(PINK, "triangle-up"),
    EQUAL_RHO: Look(VIOLET, "triangle-down"),
    RANDOM: Look(GREEN, "triangle-right"),
    MOST_CHANGED: Look(GOLD, "triangle-left"),
    OTHERS: Look(GREY, "circle"),
    "none": Look(GREY, "cross"),
}
ALIASES = {  # names that chapters still use
    "along frequency": FREQUENCY,
    "others active on noise": MOST_CHANGED,
    "model left alone": "none",
    "entropy candidates": ENTROPY,  # of the command, where none meets the criteria
    "frequency candidates": FREQUENCY,
}
SHAPES = ["circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "arrow", "wedge"]


def looks(names: Sequence[str]) -> dict[str, Look]:
    """The look of each group.

    A group in `LOOKS` always has the look that stands there. The other names
    take, in their order, the colours of the palette and the shapes that are
    still free, then colours again with other shapes.

    Raises
    ------
    ValueError
        If there are more names without a look than shapes that are free.
    """
    known = {
        name: LOOKS[ALIASES.get(name, name)] for name in names if ALIASES.get(name, name) in LOOKS
    }
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    taken = set(known.values())
    shapes = [shape for shape in SHAPES if shape not in {look.shape for look in taken}]
    free = [colour for colour in PALETTE if colour not in {look.colour for look in taken}]
    colours = [*free, *PALETTE]
    if len(unknown) > len(shapes):
        raise ValueError(
            f"expected at most {len(shapes)} groups without a look of their own, got {unknown}: "
            "show fewer at once"
        )
    given = {name: Look(colours[i], shapes[i]) for i, name in enumerate(unknown)}
    return {name: known.get(name) or given[name] for name in dict.fromkeys(names)}


def in_order(names: Iterable[str]) -> list[str]:
    """Each name once, in the order of their categories or in which they come, the others last."""
    if isinstance(getattr(names, "dtype", None), pd.CategoricalDtype):
        names = pd.Categorical(names).categories
    return sorted(dict.fromkeys(names), key=lambda name: name == OTHERS)


def colours(names: Sequence[str]) -> alt.Scale:
    """The colours of groups as a scale."""
    found = looks(names)
    return alt.Scale(domain=list(found), range=[look.colour for look in found.values()])


def colour(column: str, names: Sequence[str], width: int = PAGE_WIDTH) -> alt.Color:
    """The channel that gives each group its colour, with a legend of this width."""
    told, legend = colours(names), columns(names, width)
    return alt.Color(f"{column}:N", title=None, sort=list(names), scale=told, legend=legend)


def edge(column: str, names: Sequence[str], width: int = PAGE_WIDTH) -> alt.Stroke:
    """The same for what surrounds a mark."""
    told, legend = colours(names), columns(names, width)
    return alt.Stroke(f"{column}:N", title=None, sort=list(names), scale=told, legend=legend)


def shape(column: str, names: Sequence[str], width: int = PAGE_WIDTH) -> alt.Shape:
    """The channel that gives each group its shape."""
    found, legend = looks(names), columns(names, width)
    told = alt.Scale(domain=list(found), range=[look.shape for look in found.values()])
    return alt.Shape(f"{column}:N", title=None, sort=list(names), scale=told, legend=legend)


def dashes(column: str, names: Sequence[str], width: int = PAGE_WIDTH) -> alt.StrokeDash:
    """The channel that gives each group its dashes, in one legend with its colour."""
    told, legend = alt.Scale(domain=list(names)), columns(names, width)
    return alt.StrokeDash(f"{column}:N", title=None, sort=list(names), scale=told, legend=legend)


def columns(names: Sequence[str], width: int = PAGE_WIDTH, **more: Any) -> alt.Legend:
    """A legend in as many columns as fit."""
    longest = max(map(len, map(str, names)), default=1)
    return alt.Legend(columns=max(1, min(len(names), width // (7 * longest + 36))), **more)
