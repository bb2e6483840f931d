"""Spectra beside each other, and the coordinates that a small gain closes."""

import pandas as pd

from confidence_neurons.charts import Axis, bands, neurons
from confidence_neurons.charts.layers import Drawn


def spectra_chart(table: pd.DataFrame) -> Drawn:
    """Several spectra, each over its own median; `table` is `spectra.spectra_table`'s."""
    return bands(
        table[["spectrum", "share", "relative"]],
        x=Axis("share", "directions, from the loudest to the quietest", format="%"),
        y=Axis("relative", "singular value / median", scale="log"),
        group="spectrum",
        title="Two models have directions that are hardly heard; noise has none",
        description=(
            "Line chart with a logarithmic vertical axis. Across: the directions of the residual "
            "stream, ordered by singular value. Up: the singular value over the median of the same "
            "matrix. The lines of smollm2 and prose fall off at the right end, that of Gaussian "
            "noise of the same shape stays near one, that of prose-no-norm ends near a half."
        ),
    )


def coordinates_chart(table: pd.DataFrame) -> Drawn:
    """Gain of each coordinate against how much of it is null; `table` has a column `model`."""
    return neurons(
        table,
        x=Axis("gain", "gain / median gain (size)", scale="log"),
        y=Axis("inside", "share of the coordinate in the null space", domain=(0, 1)),
        choose={"model": "Model"},
        title="In prose two small gains close two coordinates",
        description=(
            "Scatter plot, one point per coordinate of the residual stream, for the chosen model. "
            "Across, on a logarithmic axis: the size of the final norm's gain, over the median. "
            "Up: how much of the coordinate lies in the null space. In prose two points stand far "
            "apart from all others, at small gains and close to one. In smollm2 points with small "
            "and with large gains rise above the crowd. In prose-no-norm one point rises."
        ),
    )
