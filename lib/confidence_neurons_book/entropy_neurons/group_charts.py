"""Effects of groups of neurons beside their controls, with intervals."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots

MEASURES = {
    "entropy_total": "mean |change of entropy| (nats)",
    "kl_from_clean": "mean KL from the clean prediction (nats)",
    "argmax_changed": "first choice changed (share of tokens)",
}


def group_chart(groups: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """A point with its interval for each group and text, one panel per measure.

    `groups` comes from `intervals` by group and text.
    """
    return dots(
        groups,
        x=Axis("estimate", MEASURES),
        category=Category("text", ""),
        group="group",
        panel="quantity",
        title="Entropy neurons beside their controls",
        description=(
            "Three panels with a point and a 95 % bootstrap interval for each group of neurons "
            "on each text. Across: mean absolute change of entropy, mean KL divergence from the "
            "clean prediction, share of tokens whose first choice changed."
        ),
    )


def rank_chart(ranks: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """Change of loss by the rank of the right token, for each group.

    `ranks` comes from `intervals` by group and `band` of ranks.
    """
    return dots(
        ranks,
        x=Axis("estimate", "change of loss when ablated (nats)", rules={"no change": 0}),
        category=Category("band", ""),
        group="group",
        title="Who gains and who loses without the neuron",
        description=(
            "A point with a 95 % bootstrap interval for each group of neurons, in rows by the rank "
            "that the model gave to the right token. Across: the mean change of loss when a neuron "
            "is held at its mean on clean text."
        ),
    )
