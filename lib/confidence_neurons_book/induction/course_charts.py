"""Charts of responses: neurons along a repeat, with heads switched off, and in running text."""

from collections.abc import Sequence

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots
from confidence_neurons.charts.layers import Drawn

PANELS = {
    "activation": "activation",
    "entropy": "entropy (nats)",
    "loss": "loss (nats)",
}


def course_chart(courses: pd.DataFrame, outputs: pd.DataFrame, period: int, *, title: str) -> Drawn:
    """Choose a neuron: its activation along the two copies, beside entropy and loss.

    Parameters
    ----------
    courses : pd.DataFrame
        Frames of `activations.course`, each with a column `text`.
    outputs : pd.DataFrame
        `intervals` of `read` by position, each with a column `text`.
    period : int
        Length of a copy.
    title : str
        What the chart finds.
    """
    named = courses.assign(quantity="activation", neuron=courses["neuron"].map(str))
    return bands(
        pd.concat([named, outputs.assign(neuron=None)], ignore_index=True),
        x=Axis(
            "position",
            "position",
            domain=(0, 2 * period),
            rules={"the second copy begins": period + 0.5},
        ),
        y=Axis("estimate", PANELS),
        group="text",
        panel="quantity",
        choose={"neuron": "Neuron of the last layer"},
        title=title,
        description=(
            "Three line charts over the position in BOS and two copies, one line with a 95 % band "
            "for each kind of text: activation of the neuron that a menu chooses, entropy, and "
            "loss. A rule marks where the second copy begins."
        ),
    )


def responses_chart(responses: pd.DataFrame, kinds: Sequence[str], x: str, *, title: str) -> Drawn:
    """A row per neuron, and in it a dot with its interval for each state or kind of text.

    Parameters
    ----------
    responses : pd.DataFrame
        Estimates with intervals, one row per `neuron` and `kind`.
    kinds : sequence of str
        In the order in which they stand in a row.
    x : str
        What the dots measure.
    title : str
        What the chart finds.
    """
    named = responses.assign(
        neuron=responses["neuron"].map(str), kind=pd.Categorical(responses["kind"], list(kinds))
    )
    return dots(
        named,
        x=Axis("estimate", x, rules={"zero": 0}),
        category=Category("neuron", "neuron"),
        group="kind",
        title=title,
        description=(
            f"Dot plot with one row per neuron of the last layer. Across: {x}, with a 95 % "
            f"interval. Colour and shape tell apart: {', '.join(kinds)}."
        ),
    )
