"""All claims at a glance: a panel for each, both models, what it names beside its control."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots
from confidence_neurons_book.what_we_know.claims import unit


def claims_chart(found: pd.DataFrame, title: str) -> alt.VConcatChart:
    """A panel for each claim, in the order of the rows; `found` has rows of claims."""
    units = {claim: unit(claim) for claim in dict.fromkeys(found["claim"])}
    chart = dots(
        found,
        x=Axis("estimate", units, rules={"zero": 0}),
        category=Category("model", ""),
        group="group",
        panel="claim",
        title=title,
        description=(
            "Small panels, one for each claim, with a row for each model and two dots in a row: "
            "what the claim names, and its control. Across: the measure that the claim is about, "
            "turned so that the claim holds to the right of the dashed line at zero and of the "
            "control. Lines are 95 percent intervals."
        ),
    )
    assert isinstance(chart, alt.VConcatChart)
    panels = [panel for row in chart.vconcat for panel in row.hconcat]
    for panel, claim in zip(panels, units, strict=True):
        panel.title = alt.Title(claim, fontSize=12, anchor="start")
    return chart
