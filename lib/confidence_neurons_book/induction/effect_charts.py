"""Charts of what clip ablation does, with the scale as it follows and with the scale frozen."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, dots
from confidence_neurons.charts.layers import Drawn

CHANGE = "change of entropy (nats)"


def clip_chart(
    effects: pd.DataFrame,
    panel: str,
    *,
    title: str,
    across: str = "",
    domain: tuple[float, float] | None = None,
    height: int | None = None,
) -> Drawn:
    """Total change of entropy, and the change with the scale frozen, a row per group or neuron.

    Parameters
    ----------
    effects : pd.DataFrame
        Frames of `clipping.by_path` for the entropy, each with a column
        `panel`.
    panel : str
        Column that tells the panels apart.
    title : str
        What the chart finds.
    across : str
        What the panels are, for the description.
    domain : tuple of float, optional
        One for all panels; by default each its own.
    height : int, optional
        Of each panel, in pixels.
    """
    named = effects.assign(group=effects["group"].map(str))
    return dots(
        named,
        x=Axis("estimate", CHANGE, domain=domain, rules={"no change": 0}),
        category=Category("group", ""),
        group="path",
        panel=panel,
        height=height,
        title=title,
        description=(
            f"Dot plots with one row per neuron or group of neurons{across}. Across: the change of "
            "entropy when it is held back, with a 95 % interval, in total and with the final scale "
            "frozen. A dashed rule marks no change."
        ),
    )
