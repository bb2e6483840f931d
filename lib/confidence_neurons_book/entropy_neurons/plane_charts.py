"""All neurons by weight norm and LogitVar; a brush fills a table, without Python."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, finish
from confidence_neurons.charts.layers import tooltips
from confidence_neurons.charts.looks import colour, in_order, shape
from confidence_neurons.charts.menus import rounded
from confidence_neurons.charts.neurons import box, hollow_outside, point_layer
from confidence_neurons.charts.theme import PANEL_WIDTH

PANEL_HEIGHT = 210
TABLE_ROWS = 12
TABLE_COLUMN = 46
TABLE = {
    "neuron": (["neuron"], ""),
    "weight_norm": (["norm"], ".2f"),
    "logit_var_share": (["LogitVar", "/ median"], ".2f"),
    "null_fraction": (["ρ"], ".2f"),  # noqa: RUF001
    "entropy_total": (["|ΔH|", "(nats)"], ".4f"),
}
DETAILS = {
    "neuron": "neuron",
    "group": "group",
    "weight_norm": "weight norm",
    "logit_var_share": "LogitVar / median",
    "null_fraction": "null-space fraction",
    "entropy_total": "|change of entropy| (nats)",
}


def norm_logit_var_chart(neurons: pd.DataFrame) -> alt.VConcatChart:
    """Weight norm against LogitVar; a brush fills a table with the neurons under it.

    `neurons` comes from `scan`, with a column `group` (see `with_groups`).
    LogitVar is shown over its median.
    """
    shown = neurons.assign(logit_var_share=neurons["logit_var"] / neurons["logit_var"].median())
    shown = rounded(shown.reindex(columns=[*TABLE, "group"]))
    names = in_order(shown["group"])
    longest = float(shown["weight_norm"].to_numpy().max())
    lowest = float(shown["logit_var_share"].to_numpy().min())
    first = {"x": [1.2, longest + 0.05], "y": [0.9 * lowest, 0.4]}
    brush = box("brush", value=first)
    x = Axis("weight_norm", "weight norm")
    y = Axis("logit_var_share", "LogitVar / median LogitVar", scale="log")
    points = (
        hollow_outside(
            point_layer(alt.Chart(shown), x, y, tooltips(shown, DETAILS), names, "group"),
            brush,
            "group",
            names,
        )
        .add_params(brush)
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    )
    rows = (
        alt.Chart(shown)
        .transform_filter(brush)
        .transform_window(row="row_number()", sort=[alt.SortField("entropy_total", "descending")])
        .transform_filter(f"datum.row <= {TABLE_ROWS}")
    )
    columns = [
        rows.mark_text(align="right", fontSize=12)
        .encode(
            x=alt.value(TABLE_COLUMN),
            y=alt.Y("row:O", axis=None),
            text=alt.Text(f"{column}:Q", format=form),
            tooltip=tooltips(shown, DETAILS),
        )
        .properties(
            width=TABLE_COLUMN,
            height=15 * TABLE_ROWS,
            title=alt.Title(title, fontSize=11, anchor="end", offset=2),
        )
        for column, (title, form) in TABLE.items()
    ]
    marks = (
        rows.mark_point(filled=True, opacity=1)
        .encode(
            x=alt.value(4),
            y=alt.Y("row:O", axis=None),
            color=colour("group", names).legend(None),
            shape=shape("group", names).legend(None),
        )
        .properties(width=8, height=15 * TABLE_ROWS)
    )
    return finish(
        alt.vconcat(points, alt.hconcat(marks, *columns, spacing=8)).resolve_scale(
            color="independent", shape="independent"
        ),
        title="Norm and LogitVar of every neuron: drag a box",
        description=(
            "Scatter plot of the last layer's neurons. Across: the norm of the output weights. Up, "
            "on a logarithmic axis: LogitVar over its median. Colour and shape mark the groups. A "
            "box that the reader drags over the points fills the table below with the neurons "
            "under it, those with the strongest effect on entropy first: neuron, norm, LogitVar "
            "over the median, null-space fraction, mean absolute change of entropy in nats."
        ),
    )
