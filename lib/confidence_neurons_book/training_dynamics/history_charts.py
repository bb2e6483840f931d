"""Charts of what begins when, and of neurons followed through the training."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.training_dynamics.timeline_charts import STEP

OPENING = {  # the panels of what opens: measure -> what stands along its side
    "scale on noise / on prose": "ratio of the final scales",
    "quiet share": "share of the extra length",
    "rho": "third largest null-space fraction",
    "smallest singular value": "singular value / median",
}
THRESHOLDS = {
    "scale on noise / on prose": 1.5,
    "rho": 0.6,
    "smallest singular value": 1 / 3,
}


def onsets_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """What begins when; `found` is `onsets.onsets` of several runs, with a column `run`."""
    return dots(
        found,
        x=Axis("estimate", "step of the training", scale="log", domain=(16, 13_000)),
        category=Category("event", ""),
        group="run",
        details={"criterion": "criterion"},
        title=title,
        description=(
            "Dots, a row for each event and a colour for each run. Across, on a logarithmic axis: "
            "the first snapshot at which the criterion holds; a line reaches back to the snapshot "
            "before it. Runs in which an event never comes have no dot in its row."
        ),
    )


def opening_chart(measured: pd.DataFrame, *, title: str) -> Drawn:
    """Four measures in the steps in which the null space opens.

    Parameters
    ----------
    measured : pd.DataFrame
        `panel` (a key of `OPENING`), `run`, `step`, `estimate`, `low`, `high`.
    title : str
        What is to be seen.
    """
    return bands(
        measured,
        x=Axis("step", "step of the training"),
        y=Axis("estimate", OPENING, rules={"threshold": THRESHOLDS}),
        group="run",
        panel="panel",
        title=title,
        description=(
            "Four panels of lines over the first steps of the training, a colour for each run, "
            "with bands for 95 percent intervals where there are rows of text. First, the final "
            "scale on noise over that on prose; second, the share of the stream's extra squared "
            "length on noise that lies in the quietest directions; third, the third largest "
            "null-space fraction; fourth, the smallest singular value over the median. Dashed "
            "lines mark the thresholds."
        ),
    )


def mediated_chart(shares: pd.DataFrame, *, title: str) -> Drawn:
    """Which share of a group's effect goes through the scale, over the training."""
    return bands(
        shares,
        x=STEP,
        y=Axis("estimate", "LN-mediated share on half noise", rules={"one half": 0.5}),
        group="group",
        choose={"run": "Run"},
        title=title,
        description=(
            "Lines with 95 percent bands over the steps of the training, on a logarithmic axis, "
            "for the chosen run. Up: the share of the effect on entropy that the final scale "
            "mediates, for entropy neurons named at the end and for three groups of controls. A "
            "dashed line marks one half."
        ),
    )


def histories_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """Groups named at the end, followed back; `found` is `histories.histories` with `run`."""
    return bands(
        found[found["step"] > 0],
        x=STEP,
        y=Axis("estimate", "mean of the group, and its lowest and highest neuron"),
        group="group",
        choose={"measure": "Measure", "run": "Run"},
        title=title,
        description=(
            "Lines with bands over the steps of the training, on a logarithmic axis, for the "
            "chosen measure and run. Each line is the mean of nine or so neurons that the end of "
            "the training named: entropy neurons, controls of equal final norm, controls of equal "
            "final null-space fraction, random ones. Bands reach from the lowest to the highest "
            "neuron of a group."
        ),
    )


def naming_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """Neurons named at a step of the reader's choice; `found` is `histories.named_at`."""
    return bands(
        found[found["step"] > 0],
        x=STEP,
        y=Axis("estimate", "null-space fraction", domain=(0, 1)),
        group="group",
        choose={"run": "Run", "named": "Named at step"},
        title=title,
        description=(
            "Lines with bands over the steps of the training, on a logarithmic axis, for the "
            "chosen run and the chosen step of naming. One line is the mean null-space fraction of "
            "the nine neurons that had the highest one at that step, the other that of nine random "
            "neurons. The first line bulges around the step of naming."
        ),
    )
