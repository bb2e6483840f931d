"""Charts of what begins when, and of neurons followed through the training."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.training_dynamics.records import MEDIAN, NOISE, NULL, of
from confidence_neurons_book.training_dynamics.timeline_charts import STEP

OPENING = {  # the panels of what opens -> what stands along their sides
    "length": "scale on noise / on prose",
    "place": "share of the extra length",
    "loudness": "singular value / median",
    "writers": "third largest null-space fraction",
}
WIDEST = 0.5  # of a share whose interval is drawn: without extra length it is a share of nothing
STREAM, WRITERS = "the whole stream", "neurons"
DRAWN = {  # measure and of what -> panel and line
    ("scale ratio", NOISE): ("length", STREAM),
    ("extra share", NULL): ("place", NULL),
    ("extra share", MEDIAN): ("place", MEDIAN),
    ("loudness", NULL): ("loudness", NULL),
    ("loudness", MEDIAN): ("loudness", MEDIAN),
    ("rho", "weights"): ("writers", WRITERS),
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
    """Four measures in the steps in which the null space opens; rows of `records.snapshots`."""
    rows = [
        of(measured, *key).assign(panel=panel, line=line) for key, (panel, line) in DRAWN.items()
    ]
    frame = pd.concat(rows, ignore_index=True)
    shares = frame["measure"] == "extra share"
    frame = frame[~(shares & (frame["high"] - frame["low"] > WIDEST))]
    ends = {edge: frame[edge].fillna(frame["estimate"]) for edge in ("low", "high")}
    rules = {"half as much again": {"length": 1.5}, "a third": {"loudness": 1 / 3}}
    return bands(
        frame.assign(**ends)[["run", "panel", "line", "step", "estimate", "low", "high"]],
        x=Axis("step", "step of the training"),
        y=Axis("estimate", OPENING, rules=rules),
        group="line",
        panel="panel",
        choose={"run": "Run"},
        title=title,
        description=(
            "Four panels of lines over early steps of the training of the chosen run, with bands "
            "for 95 percent intervals where rows of text were drawn. First, the final scale on "
            "noise over that on prose. Second, the share of the extra squared length on noise that "
            "lies in the directions that are null at the end, and in as many of median loudness at "
            "the end. Third, how loud the same directions are at that step. Fourth, the third "
            "largest null-space fraction of a neuron."
        ),
    )


def mediated_chart(shares: pd.DataFrame, *, title: str) -> Drawn:
    """Which share of a group's effect goes through the scale, over the training."""
    return bands(
        shares,
        x=STEP,
        y=Axis("estimate", "LN-mediated share", domain=(-2, 1), rules={"one half": 0.5}),
        group="group",
        choose={"run": "Run"},
        title=title,
        description=(
            "Lines with 95 percent bands over the steps of the training, on a logarithmic axis, "
            "for the chosen run. Up: the share of the effect on entropy that the final scale "
            "mediates, for entropy neurons named at the end and for three groups of controls. A "
            "dashed line marks one half; shares below minus two are drawn at the lower edge."
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
