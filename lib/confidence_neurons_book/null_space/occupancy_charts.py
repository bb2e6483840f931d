"""How much of the residual stream, and of each neuron's output, lies in the null space."""

import math

import pandas as pd

from confidence_neurons.charts import Axis, bands, neurons
from confidence_neurons.charts.layers import Drawn

PANELS = {
    "null_fraction": "norm share in null space",
    "scale_ratio": "scale / scale on clean text",
    "entropy": "entropy (nats)",
}


def stream_chart(occupancy: pd.DataFrame) -> Drawn:
    """Null share of the stream, final scale and entropy as text turns into noise.

    `occupancy` holds frames of `occupancy.stream_occupancy`, each with a
    column `model`.
    """
    return bands(
        occupancy.melt(["model", "rate"], list(PANELS), "quantity", "value"),
        x=Axis("rate", "share of tokens replaced by noise", format="%"),
        y=Axis("value", PANELS, zero=True),
        group="model",
        panel="quantity",
        title="The stream, the scale and the entropy as text turns into noise",
        description=(
            "Three line charts, one line per model. Across: the share of the tokens that was "
            "replaced by noise. Up: the share of the residual stream's norm in the null space, "
            "the final scale over its value on clean text, and the entropy of the prediction."
        ),
    )


def neuron_chart(table: pd.DataFrame, k: int, d_model: int) -> Drawn:
    """Null-space fraction of each neuron against its weight norm.

    `table` comes from `cn.neuron_weights`. The rule is the fraction of a
    random direction, sqrt(k / d_model).
    """
    return neurons(
        table[["neuron", "weight_norm", "null_fraction"]],
        x=Axis("weight_norm", "weight norm"),
        y=Axis(
            "null_fraction",
            "null-space fraction",
            domain=(0, 1),
            rules={"a random direction": math.sqrt(k / d_model)},
        ),
        title="How much of each neuron's output the unembedding cannot see",
        description=(
            "Scatter plot of the last layer's neurons. Across: the norm of the output weights. Up: "
            "the share of that norm that lies in the null space. A dashed rule marks what a random "
            "direction would have."
        ),
    )
