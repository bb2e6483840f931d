"""All neurons by weight norm and LogitVar; a brush fills a table, without Python."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_encodings
from confidence_neurons.charts.theme import finish
from confidence_neurons_book.entropy_neurons.effect_charts import PANEL_HEIGHT, PANEL_WIDTH

TABLE_ROWS = 12
TABLE_COLUMN = 46
TABLE = {
    "neuron": (["neuron"], ""),
    "weight_norm": (["norm"], ".2f"),
    "logit_var_share": (["LogitVar", "/ median"], ".2f"),
    "null_fraction": (["ρ"], ".2f"),  # noqa: RUF001
    "entropy_total": (["|ΔH|", "(nats)"], ".4f"),
}


def norm_logit_var_chart(neurons: pd.DataFrame) -> alt.VConcatChart:
    """Weight norm against LogitVar; a brush fills a table with the neurons under it.

    `neurons` comes from `ablation.scan`, with a column `group` (see
    `entropy_neurons.with_groups`). LogitVar is shown over its median.
    """
    shown = neurons.assign(logit_var_share=neurons["logit_var"] / neurons["logit_var"].median())
    shown = shown.reindex(columns=[*TABLE, "group"]).round(4)
    longest, lowest = (
        shown["weight_norm"].to_numpy().max(),
        shown["logit_var_share"].to_numpy().min(),
    )
    brush = alt.selection_interval(
        name="brush",
        value={"x": [1.2, float(longest) + 0.05], "y": [0.9 * float(lowest), 0.4]},
    )
    colour, shape = group_encodings(shown["group"])
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=40)
        .encode(
            x=alt.X("weight_norm:Q", title="weight norm", scale=alt.Scale(zero=False)),
            y=alt.Y(
                "logit_var_share:Q",
                title="LogitVar / median LogitVar",
                scale=alt.Scale(type="log", nice=False),
            ),
            color=colour,
            shape=shape,
            opacity=alt.condition(brush, alt.value(0.9), alt.value(0.3)),
            tooltip=neuron_tooltips(),
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
            color=colour.legend(None),
            tooltip=neuron_tooltips(),
        )
        .properties(
            width=TABLE_COLUMN,
            height=15 * TABLE_ROWS,
            title=alt.Title(title, fontSize=11, anchor="end", offset=2),
        )
        for column, (title, form) in TABLE.items()
    ]
    return finish(
        alt.vconcat(points, alt.hconcat(*columns, spacing=8)),
        title="Long vectors that hardly move a logit: drag a box",
        description=(
            "Scatter plot of the last layer's neurons. Across: the norm of the output weights. Up, "
            "on a logarithmic axis: LogitVar over its median. Colour and shape mark the groups. A "
            "box that the reader drags over the points fills the table below with the neurons "
            "under it, those with the strongest effect on entropy first: neuron, norm, LogitVar "
            "over the median, null-space fraction, mean absolute change of entropy in nats."
        ),
        height=None,
    )


def neuron_tooltips() -> list[alt.Tooltip]:
    """What pointing at a neuron says of its weights and its effect."""
    return [
        alt.Tooltip("neuron:Q"),
        alt.Tooltip("group:N"),
        alt.Tooltip("weight_norm:Q", format=".2f", title="weight norm"),
        alt.Tooltip("logit_var_share:Q", format=".2f", title="LogitVar / median"),
        alt.Tooltip("null_fraction:Q", format=".2f", title="null-space fraction"),
        alt.Tooltip("entropy_total:Q", format=".4f", title="|change of entropy| (nats)"),
    ]
