"""The reliability diagram."""

import pandas as pd

from confidence_neurons.charts import Axis, neurons
from confidence_neurons.charts.layers import Drawn


def reliability_diagram(table: pd.DataFrame, title: str) -> Drawn:
    """Accuracy against confidence, a point per bin; the diagonal is perfect calibration.

    `table` comes from `calibration.reliability_table(..., by=["model", "text"])`; buttons
    choose the text.
    """
    return neurons(
        table,
        x=Axis("confidence", "Confidence: probability of the first choice", domain=(0, 1)),
        y=Axis(
            "accuracy",
            "Accuracy: share of right choices",
            domain=(0, 1),
            interval=("low", "high"),
        ),
        group="model",
        choose={"text": "Text"},
        sized_by=Axis("tokens", "Tokens in the bin", scale="log"),
        diagonal="rising",
        title=title,
        description=(
            "Reliability diagram. Across: the probability that a model gives to its first choice, "
            "averaged in bins. Up: how often that choice was right, with 95 percent intervals. "
            "Colour and shape tell the models apart; a larger point stands for more tokens. The "
            "dashed diagonal is perfect calibration; points above it mean too little confidence, "
            "points below it too much. Buttons "
            "choose the text."
        ),
    )
