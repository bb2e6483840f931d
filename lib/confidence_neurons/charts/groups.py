"""One colour for each group of neurons, the same in every chart that compares groups."""

import altair as alt

from confidence_neurons.charts.theme import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, SKY

COLOURS = {
    "none": GREY,
    "entropy": ORANGE,
    "opposed": PINK,
    "nearest norm": BLUE,
    "random": GREEN,
}
SHAPES = {
    "none": "cross",
    "entropy": "diamond",
    "opposed": "triangle-up",
    "nearest norm": "circle",
    "random": "square",
}
OTHER_COLOURS, OTHER_SHAPES = [SKY, AMBER], ["triangle-down", "triangle-left"]


def group_colours(names: list[str]) -> alt.Scale:
    """Colours of named groups; groups without a colour of their own take the others in turn."""
    return _scale(names, COLOURS, OTHER_COLOURS)


def group_shapes(names: list[str]) -> alt.Scale:
    """Shapes of named groups, likewise."""
    return _scale(names, SHAPES, OTHER_SHAPES)


def _scale(names: list[str], own: dict[str, str], others: list[str]) -> alt.Scale:
    unknown = [name for name in names if name not in own]
    spare = {name: others[place % len(others)] for place, name in enumerate(unknown)}
    return alt.Scale(domain=names, range=[(own | spare)[name] for name in names])
