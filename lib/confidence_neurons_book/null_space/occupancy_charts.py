"""How much of the residual stream lies among the quietest directions."""

import pandas as pd

from confidence_neurons.charts import Axis, bands
from confidence_neurons.charts.layers import Drawn


def shares_chart(shares: pd.DataFrame) -> Drawn:
    """Share of the stream's length in the last directions, by how many they are.

    `shares` has the columns `stream`, `directions`, `estimate`, `low` and
    `high`: intervals of `occupancy.tail_shares`. Beside them stands what random
    directions hold: the root of their share of all.
    """
    every = shares.drop_duplicates("directions").sort_values("directions")
    root = every["directions"] ** 0.5
    chance = every.assign(stream="random directions", estimate=root, low=root, high=root)
    return bands(
        pd.concat([shares, chance])[["stream", "directions", "estimate", "low", "high"]],
        x=Axis("directions", "quietest directions that are counted (share of all)", scale="log"),
        y=Axis("estimate", "share of the stream's length", domain=(0, 1)),
        group="stream",
        title="The stream fills its quiet directions, and no number of them stands out",
        description=(
            "Line chart with a logarithmic horizontal axis. Across: how many of the quietest "
            "directions are counted, as a share of all. Up: the share of the residual stream's "
            "length that lies in them. The line of smollm2 starts above a half at one direction "
            "and rises evenly; less its mean it lies lower, above that of random directions."
        ),
    )
