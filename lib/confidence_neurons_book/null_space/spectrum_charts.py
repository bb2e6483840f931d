"""The singular spectrum of an unembedding, alone or beside controls."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, finish
from confidence_neurons_book.null_space.spectra import EXACT_NULL, LEARNED_NULL, VISIBLE

KINDS = alt.Scale(domain=[VISIBLE, LEARNED_NULL, EXACT_NULL], range=[BLUE, ORANGE, GREEN])
SHAPES = alt.Scale(
    domain=[VISIBLE, LEARNED_NULL, EXACT_NULL], range=["circle", "diamond", "triangle-down"]
)
FLOOR_SHARE = 0.5


def spectrum_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Singular values on a log axis, largest first, with the median and a quarter of it.

    `table` comes from `spectra.spectrum_table`. Exact null values are rounding
    noise around zero, which a log axis cannot show: they stand at its foot.
    """
    points = (
        alt.Chart(with_floor(table))
        .mark_point(filled=True, size=45, opacity=0.9)
        .encode(
            x=alt.X(
                "index:Q",
                scale=alt.Scale(nice=False),
                title="direction, by size of its singular value",
            ),
            y=alt.Y(
                "shown:Q",
                scale=alt.Scale(type="log", nice=False),
                title="singular value (logits per unit of stream)",
            ),
            color=alt.Color("kind:N", scale=KINDS, title="direction"),
            shape=alt.Shape("kind:N", scale=SHAPES, title="direction"),
            tooltip=[
                alt.Tooltip("index:Q", title="direction"),
                alt.Tooltip("singular_value:Q", format=".3~g", title="singular value"),
                alt.Tooltip("kind:N"),
            ],
        )
    )
    median = table["singular_value"].median()
    rules = pd.DataFrame(
        {"value": [median, median / 4], "rule": ["median", "a quarter of the median"]}
    )
    lines = alt.Chart(rules).encode(
        y="value:Q", tooltip=["rule:N", alt.Tooltip("value:Q", format=".3~g")]
    )
    layers = [
        lines.mark_rule(strokeDash=[4, 4], color=GREY),
        lines.mark_text(align="left", dx=4, dy=-6, color=GREY).encode(
            x=alt.value(0), text="rule:N"
        ),
        points,
    ]
    return finish(
        alt.LayerChart(layer=layers),
        title="Most directions reach the logits; the last few hardly do",
        description=(
            "Scatter plot with a logarithmic vertical axis. Across: the directions of the residual "
            "stream, ordered by singular value. Up: the singular value of the effective "
            "unembedding. Dashed rules mark the median and a quarter of it. The learned null "
            "directions and the exact one that the centring makes are marked by colour and shape."
        ),
    )


def spectra_chart(tables: pd.DataFrame) -> alt.Chart:
    """Several spectra, each divided by its own median so that their shapes compare.

    `tables` has the columns of `spectra.spectrum_table` and `spectrum`, the
    name of each. Exact null values are left out.
    """
    shown = tables.loc[tables["kind"] != EXACT_NULL]
    medians = shown.groupby("spectrum")["singular_value"].transform("median")
    names = list(dict.fromkeys(shown["spectrum"]))
    chart = (
        alt.Chart(shown.assign(relative=shown["singular_value"] / medians).drop(columns="kind"))
        .mark_line(point=alt.OverlayMarkDef(size=22))
        .encode(
            x=alt.X(
                "index:Q",
                scale=alt.Scale(nice=False),
                title="direction, by size of its singular value",
            ),
            y=alt.Y(
                "relative:Q",
                scale=alt.Scale(type="log", nice=False),
                title="singular value / median of its spectrum",
            ),
            color=alt.Color("spectrum:N", sort=names, title=None),
            tooltip=[
                "spectrum:N",
                alt.Tooltip("index:Q", title="direction"),
                alt.Tooltip("singular_value:Q", format=".3~g", title="singular value"),
                alt.Tooltip("relative:Q", format=".3~g", title="over the median"),
            ],
        )
    )
    return finish(
        chart,
        title="The spectrum beside its controls",
        description=(
            "Line chart with a logarithmic vertical axis. Across: the directions, ordered by "
            "singular value. Up: the singular value over the median of the same spectrum. One "
            "line for the model, and one for each control."
        ),
    )


def with_floor(table: pd.DataFrame, column: str = "singular_value") -> pd.DataFrame:
    """Add `shown`: the column, with exact nulls at half of the smallest other value."""
    exact = table["kind"] == EXACT_NULL
    floor = FLOOR_SHARE * table.loc[~exact, column].min()
    return table.assign(shown=table[column].mask(exact, floor))
