"""Who turns the dial, how far, and whether at the right tokens: by kind of text, for each model."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots, neurons
from confidence_neurons.charts.layers import Drawn

BOUNDS = ["estimate", "low", "high"]
FOLLOWING = {
    "need": "rank correlation of the turn with the need at rest",
    "entropy": "rank correlation of the turn with the entropy at rest",
}
SAVING = {
    "standing": "saved by one temperature in its place (nats a token)",
    "timing": "saved by its timing (nats a token)",
}


def pulled(frame: pd.DataFrame, title: str) -> Drawn:
    """Change of entropy against how far groups of neurons are pulled; a choice of model.

    `frame` holds frames of `pulling.pulls`.
    """
    return bands(
        frame[["model", "group", "scale", "pull", *BOUNDS]],
        x=Axis("pull", "pull (standard deviations of each neuron)"),
        y=Axis("estimate", "mean change of entropy (nats)"),
        group="group",
        dashed_by="scale",
        choose={"model": "Model"},
        title=title,
        description=(
            "Line chart for the chosen model. Across: how far each neuron of a group is held from "
            "its mean, in its own standard deviations, to the side that lengthens the residual "
            "stream. Up: the mean change of entropy in nats, with 95 % intervals over rows of text "
            "as bands. Full lines: the final scale follows; dashed lines: it is frozen. One colour "
            "for each group of neurons."
        ),
    )


def turn_against_need(frame: pd.DataFrame, title: str) -> Drawn:
    """Mean turn against mean need, a point for each kind of text; a choice of model and group.

    `frame` comes from `timing.by_text`.
    """
    return neurons(
        frame,
        x=Axis(
            "need",
            "need at rest: surprisal - entropy (nats)",
            interval=("need_low", "need_high"),
            rules={"neither too sure nor too unsure": 0},
        ),
        y=Axis(
            "turn",
            "mean turn of the dial",
            interval=("turn_low", "turn_high"),
            rules={"as at rest": 0},
        ),
        group="text",
        choose={"model": "Model", "group": "Who turns"},
        title=title,
        description=(
            "Scatter plot, a point for each kind of text, for the chosen model and what is chosen "
            "to turn the dial. Across: by how much surprisal exceeds entropy where it rests, above "
            "zero where the model would be too sure. Up: how far it turns the final scale, above "
            "zero where it heats. Lines are 95 % intervals over rows of text. A controller's "
            "points would rise from lower left to upper right."
        ),
    )


def correlations(frame: pd.DataFrame, title: str) -> Drawn:
    """Rank correlation of each group's turn with both signals, by text; a choice of model.

    `frame` comes from `timing.rank_correlations`.
    """
    return dots(
        frame[["model", "text", "group", "signal", *BOUNDS]],
        x=Axis("estimate", FOLLOWING, rules={"unrelated": dict.fromkeys(FOLLOWING, 0)}),
        category=Category("text", ""),
        group="group",
        panel="signal",
        choose={"model": "Model"},
        title=title,
        description=(
            "Dots with 95 % intervals in two panels, a row for each kind of text, for the chosen "
            "model. Across: the rank correlation, over the tokens of a text, of how far a group "
            "turns the final scale with the need, and with the entropy, of the model where the "
            "group rests. On the dashed line the two are unrelated. Colour and shape tell the "
            "group."
        ),
    )


def savings(frame: pd.DataFrame, title: str) -> Drawn:
    """What a dial that stands still saves, and what its timing does; a choice of model and group.

    `frame` comes from `timing.saved`.
    """
    return dots(
        frame[["model", "text", "group", "part", *BOUNDS]],
        x=Axis("estimate", SAVING, rules={"nothing": dict.fromkeys(SAVING, 0)}),
        category=Category("text", ""),
        group="group",
        panel="part",
        choose={"model": "Model"},
        title=title,
        description=(
            "Dots with 95 % intervals in two panels, a row for each kind of text, for the chosen "
            "model. Across, first panel: by how much the loss falls when a group's dial rests and "
            "one temperature takes its place, which gives the same mean entropy. Second panel: by "
            "how much it falls further when the dial takes the place of that temperature. Left of "
            "the dashed line it rises. Colour and shape tell the group."
        ),
    )


def resting(frame: pd.DataFrame, title: str) -> Drawn:
    """By how much the loss rises where neurons rest, by text; a choice of model.

    `frame` comes from `costs.resting_costs`, with what rests in the column `rests`.
    """
    return dots(
        frame[["model", "text", "rests", *BOUNDS]],
        x=Axis("estimate", "rise of the loss (nats a token)", rules={"no change": 0}),
        category=Category("text", ""),
        group="rests",
        choose={"model": "Model"},
        title=title,
        description=(
            "Dots with 95 % intervals, a row for each kind of text, for the chosen model. Across: "
            "by how much the loss rises when the entropy neurons rest along all paths, when only "
            "their turning of the scale is taken away, and when neurons of equal norm rest. On the "
            "dashed line nothing changes."
        ),
    )
