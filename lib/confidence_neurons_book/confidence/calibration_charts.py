"""Charts of calibration: the reliability diagram, and its error against temperature."""

import pandas as pd

from confidence_neurons.charts import Axis, bands, neurons
from confidence_neurons.charts.layers import Drawn


def reliability_diagram(table: pd.DataFrame) -> Drawn:
    """Accuracy against confidence, a point per bin; the diagonal is perfect calibration.

    `table` comes from `cn.reliability(..., by="text")`.
    """
    return neurons(
        table,
        x=Axis("confidence", "Confidence: probability of the first choice"),
        y=Axis("accuracy", "Accuracy: share of right choices"),
        group="text",
        sized_by=Axis("tokens", "Tokens in the bin", scale="log"),
        diagonal="rising",
        title="Is the model as sure as it is right?",
        description=(
            "Reliability diagram. Across: the probability that the model gives to its first "
            "choice, averaged in bins. Up: how often that choice was right. Colour and shape tell "
            "the texts apart; a larger point stands for more tokens. The dashed diagonal is "
            "perfect calibration; points above it mean too little confidence, points below it too "
            "much."
        ),
    )


def calibration_error_curve(frame: pd.DataFrame) -> Drawn:
    """Expected calibration error against temperature, a line per text.

    `frame` holds frames from `predictions.calibration_sweep`, one per text,
    with a column `text` that names them.
    """
    return bands(
        frame,
        x=Axis("temperature", "Temperature", scale="log", values=sorted(set(frame["temperature"]))),
        y=Axis("error", "Expected calibration error", zero=True),
        group="text",
        title="Calibration error at other temperatures",
        description=(
            "One line per text. Across: temperature, on a logarithmic axis. Up: the expected "
            "calibration error, zero for perfect calibration."
        ),
    )
