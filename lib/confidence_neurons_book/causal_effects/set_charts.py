"""Charts of groups of neurons that are ablated together: additivity and calibration."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, bars, neurons
from confidence_neurons.charts.layers import Drawn

UNTOUCHED = "none"
LEFT_ALONE = "model left alone"
MEASURES = {
    "calibration error": "expected calibration error",
    "overconfidence": "confidence minus accuracy",
}


def additivity_chart(frame: pd.DataFrame) -> Drawn:
    """Change of entropy of growing groups, together and as a sum of single effects.

    `frame` holds frames of `additivity`, with group names as in other charts.
    """
    return bands(
        frame,
        x=Axis("size", "neurons ablated together", values=sorted(map(int, set(frame["size"])))),
        y=Axis("estimate", "mean change of entropy (nats)"),
        group="group",
        dashed_by="how",
        details={"ratio": "sum / together"},
        title="Do effects add up?",
        description=(
            "Line chart. Across: the number of neurons ablated together, the strongest first. Up: "
            "the mean change of entropy in nats, with 95 % intervals over sequences as bands. Full "
            "lines: measured with the group ablated at once; dashed lines: the sum of its neurons' "
            "single effects. One colour for each group of neurons."
        ),
    )


def reliability_by_set(table: pd.DataFrame, fewest: int = 30) -> Drawn:
    """Accuracy against confidence with each group ablated; a choice of text.

    `table` comes from `cn.reliability`, by `text` and `group`. Bins with
    fewer than `fewest` tokens are left out.
    """
    shown = _named(table[table["tokens"] >= fewest])
    return neurons(
        shown,
        x=Axis("confidence", "confidence: probability of the first choice"),
        y=Axis("accuracy", "accuracy: share of right choices"),
        group="group",
        choose={"text": "Text"},
        details={"tokens": "tokens in the bin"},
        diagonal="rising",
        title="As sure as it is right, with and without the neurons?",
        description=(
            "Reliability diagram for the chosen text. Across: the probability that the model gives "
            "to its first choice, averaged in bins. Up: how often that choice was right. Colour "
            "and shape tell the group of neurons that is held at its level, or that the model is "
            "left alone. On the dashed diagonal the model is as sure as it is right; points above "
            "it mean too little confidence, points below it too much. Bins with few tokens are "
            "left out."
        ),
    )


def calibration_bars(frame: pd.DataFrame) -> Drawn:
    """Calibration error and overconfidence with each group ablated; a choice of text.

    `frame` comes from `calibration_intervals`.
    """
    return bars(
        _named(frame),
        x=Axis("estimate", MEASURES, zero=True),
        category=Category("group", ""),
        group="group",
        panel="measure",
        choose={"text": "Text"},
        details={"change": "change", "change_low": "from", "change_high": "to"},
        title="Calibration with and without the neurons",
        description=(
            "Two panels of horizontal bars for the chosen text, a bar for each group of neurons "
            "that is held at its level, and one for the model left alone. Above: the expected "
            "calibration error. Below: mean confidence minus accuracy, negative where the model is "
            "too unsure. Lines are 95 % intervals over sequences."
        ),
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """With the column `group`, and the model on its own under a name that says so."""
    group = frame["group"] if "group" in frame else frame["set"]
    return frame.assign(group=group.replace(UNTOUCHED, LEFT_ALONE))
