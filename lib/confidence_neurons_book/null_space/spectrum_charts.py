"""The singular spectrum of an unembedding, alone or beside controls."""

import pandas as pd

from confidence_neurons.charts import Axis, bands, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.null_space.spectra import EXACT_NULL

DIRECTION = Axis("index", "direction, by size of its singular value")
FLOOR_SHARE = 0.5


def spectrum_chart(table: pd.DataFrame) -> Drawn:
    """Singular values on a log axis, largest first, with the median and a quarter of it.

    `table` comes from `spectra.spectrum_table`. Exact null values are rounding
    noise around zero, which a log axis cannot show: they stand at its foot.
    """
    median = float(table["singular_value"].median())
    return neurons(
        with_floor(table),
        x=DIRECTION,
        y=Axis(
            "shown",
            "singular value (logits per unit of stream)",
            scale="log",
            rules={"median": median, "a quarter of the median": median / 4},
        ),
        group="kind",
        details={"singular_value": "singular value, as computed"},
        title="Which directions reach the logits?",
        description=(
            "Scatter plot with a logarithmic vertical axis. Across: the directions of the residual "
            "stream, ordered by singular value. Up: the singular value of the effective "
            "unembedding. Dashed rules mark the median and a quarter of it. The learned null "
            "directions and the exact one that the centring makes are marked by colour and shape."
        ),
    )


def spectra_chart(tables: pd.DataFrame) -> Drawn:
    """Several spectra, each divided by its own median so that their shapes compare.

    `tables` has the columns of `spectra.spectrum_table` and `spectrum`, the
    name of each. Exact null values are left out.
    """
    shown = tables.loc[tables["kind"] != EXACT_NULL]
    medians = shown.groupby("spectrum")["singular_value"].transform("median")
    return bands(
        shown.assign(relative=shown["singular_value"] / medians).drop(columns="kind"),
        x=DIRECTION,
        y=Axis("relative", "singular value / median of its spectrum", scale="log"),
        group="spectrum",
        details={"singular_value": "singular value"},
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
