"""One colour and one shape for each group of neurons, the same in every chart of the book."""

import itertools
from collections.abc import Iterable, Sequence

import altair as alt

from confidence_neurons.charts.theme import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, SKY
from confidence_neurons.groups.finding import OTHERS

LOOKS = {
    "frozen": (SKY, "triangle-left"),
    "entropy": (ORANGE, "diamond"),
    "frequency": (BLUE, "square"),
    "norm": (PINK, "triangle-up"),
    "random": (GREEN, "triangle-right"),
    "opposed": (AMBER, "triangle-down"),
    OTHERS: (GREY, "circle"),
    "none": (GREY, "cross"),
}
UNNAMED = [(SKY, "stroke"), (AMBER, "triangle-left")]


def group_colours(names: Sequence[str]) -> alt.Scale:
    """Colours of groups, by the first word of `LOOKS` that stands in the name of each.

    Groups without such a word take those of `UNNAMED` in turn.
    """
    return alt.Scale(domain=list(names), range=[colour for colour, _ in _looks(names)])


def group_shapes(names: Sequence[str]) -> alt.Scale:
    """Shapes of groups, likewise."""
    return alt.Scale(domain=list(names), range=[shape for _, shape in _looks(names)])


def group_encodings(groups: Iterable[str]) -> tuple[alt.Color, alt.Shape]:
    """Colour and shape by a column `group`; entropy neurons first, the others last."""
    order = sorted(set(groups), key=lambda name: (name == OTHERS, "entropy" not in name, name))
    return (
        alt.Color("group:N", scale=group_colours(order), title=None),
        alt.Shape("group:N", scale=group_shapes(order), title=None),
    )


def _looks(names: Sequence[str]) -> list[tuple[str, str]]:
    spare = itertools.cycle(UNNAMED)
    return [
        next((look for word, look in LOOKS.items() if word in name), None) or next(spare)
        for name in names
    ]
