"""What writing along a direction does: one position to play with, many at once."""

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.charts import Axis, Category, bands, bars
from confidence_neurons.charts.layers import Drawn


def bars_chart(written: pd.DataFrame) -> Drawn:
    """Choose a direction, pull the slider: `written` is `writing.written_bars`'s."""
    return bars(
        written,
        x=Axis("probability", "probability", domain=(0, 1)),
        category=Category("token", "next token"),
        choose={"direction": "Written"},
        slide={"strength": "How much"},
        initially={"strength": 0.0},
        corner="said",
        title="Pull: a null direction turns all bars down together",
        description=(
            "Bars with the probability of the tokens that are likeliest before anything is "
            "written, and of all others together, for the chosen direction and the strength of the "
            "slider. A text in the corner gives entropy and scale. Along the null direction the "
            "bars shrink together and their order all but holds; with the scale frozen they hardly "
            "move; along a random direction they trade places."
        ),
    )


def curves_chart(entropies: pd.DataFrame) -> Drawn:
    """Entropy against how much is written: `writing.written_entropy` with a column `model`."""
    by = ["model", "written", "strength"]
    return bands(
        cn.intervals(entropies, by=by, values="entropy").drop(columns=["quantity", "tokens"]),
        x=Axis("strength", "how much is written (in lengths of the stream)"),
        y=Axis("estimate", "mean entropy (nats)"),
        group="written",
        choose={"model": "Model"},
        title="A null direction is a dial, and the dial works through the scale",
        description=(
            "Lines with bands, for the chosen model. Across: how much is written along a "
            "direction; positive strengths add to what the stream has there. Up: the mean entropy "
            "of the prediction. Along the null direction entropy has a minimum on the negative "
            "side and rises steeply on the positive one; with the scale frozen the line is nearly "
            "flat. Random directions move it less in total and make it fall with the scale frozen."
        ),
    )
