"""Charts of induction: which heads do it, how neurons run along a repeat and in real text."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.groups.names import OTHERS

SCORES = {"induction": "induction", "previous_token": "previous token", "bos": "BOS"}
OUTPUT_PANELS = {
    "entropy": "entropy (nats)",
    "loss": "loss (nats)",
    "scale": "final scale",
}


def heads_chart(scores: pd.DataFrame) -> Drawn:
    """Where the second copy's queries look, one row per head.

    `scores` comes from `induction.head_scores`.
    """
    named = scores.rename(columns=SCORES).assign(
        name=scores["layer"].astype(str) + "." + scores["head"].astype(str)
    )
    return dots(
        named.melt("name", list(SCORES.values()), "attends to", "attention").sort_values(
            "name", kind="stable"
        ),
        x=Axis("attention", "share of the head's attention", domain=(0, 1)),
        category=Category("name", "head (layer.head)"),
        group="attends to",
        title="What each head looks at in the second copy",
        description=(
            "Dot plot with one row per attention head. Across: the share of the head's attention "
            "that goes to the token after the same token in the first copy (induction), to the "
            "token just before, and to BOS, which colour and shape tell apart."
        ),
    )


def course_chart(
    courses: pd.DataFrame, outputs: pd.DataFrame, groups: pd.Series, period: int, first: int
) -> Drawn:
    """Choose a neuron: its activation along the two copies, above entropy, loss and scale.

    Parameters
    ----------
    courses : pd.DataFrame
        Frames of `activations.every_course`, each with a column `text`.
    outputs : pd.DataFrame
        `intervals` of `read` by position, each with a column `text`.
    groups : pd.Series
        Name of the group of each neuron, indexed by neuron.
    period : int
        Length of a copy.
    first : int
        Neuron that is shown at first.
    """
    labels = {neuron: f"{neuron} ({groups[neuron]})" for neuron in groups.index}
    sizes = courses["neuron"].map(groups).map(groups.value_counts())
    named = courses.round(2).assign(
        label=courses["neuron"].map(labels), size=sizes, quantity="activation"
    )
    small_groups_first = named.sort_values(["size", "neuron"], kind="stable")
    return bands(
        pd.concat([small_groups_first, outputs]).drop(columns=["size", "neuron"]),
        x=Axis(
            "position",
            "position",
            domain=(0, 2 * period),
            rules={"the second copy begins": period + 0.5},
        ),
        y=Axis("estimate", {"activation": "activation"} | OUTPUT_PANELS),
        group="text",
        panel="quantity",
        choose={"label": "Neuron"},
        initially={"label": labels[first]},
        title="A neuron along a repeated sequence",
        description=(
            "Four line charts over the position in BOS and two copies, one line with a 95 % band "
            "for each kind of text; a rule marks the end of the first copy. From the top: "
            "activation of the last-layer neuron that a menu chooses, entropy, loss, and the "
            "scale of the final LayerNorm."
        ),
    )


def changes_chart(changes: pd.DataFrame, groups: pd.Series) -> Drawn:
    """Change of every neuron's activation on random repeats against that on real text.

    Parameters
    ----------
    changes : pd.DataFrame
        Frames of `activations.activation_change`, each with a column
        `induction`: "synthetic" or another kind, among which a menu chooses.
    groups : pd.Series
        Name of the group of each neuron, indexed by neuron.
    """
    synthetic = changes["induction"] == "synthetic"
    random = changes[synthetic].set_index("neuron")["estimate"]
    table = changes.loc[~synthetic, ["neuron", "induction", "estimate", "low", "high"]].assign(
        synthetic=lambda frame: frame["neuron"].map(random),
        group=lambda frame: frame["neuron"].map(groups),
    )
    table.loc[table["group"] == OTHERS, ["low", "high"]] = None
    return neurons(
        table,
        x=Axis("synthetic", "change of activation, second minus first copy of random tokens"),
        y=Axis(
            "estimate", "change on the other text, repeat minus no repeat", interval=("low", "high")
        ),
        group="group",
        choose={"induction": "Compared with"},
        details={"neuron": "neuron"},
        title="Who responds to which kind of repeat?",
        description=(
            "Scatter plot of the last layer's neurons. Across: change of the mean activation from "
            "the first copy of random tokens to the second. Up: change from places of real text "
            "without a repeat to places with one, or from the first copy of a passage to the "
            "second, as a menu chooses. Colour and shape mark the groups, whose 95 % intervals are "
            "drawn."
        ),
    )
