"""The chart of the stream's share in its quietest directions."""

import pandas as pd

from charts.reading import domain, rows_of
from confidence_neurons_book.null_space.occupancy_charts import shares_chart

SHARES = pd.DataFrame(
    {
        "stream": ["smollm2", "smollm2", "prose"],
        "k": [1, 2, 1],
        "directions": [0.25, 0.5, 0.5],
        "estimate": [0.5, 0.6, 0.4],
        "low": [0.4, 0.5, 0.3],
        "high": [0.6, 0.7, 0.5],
    }
)
CHARTS = {"shares": lambda: shares_chart(SHARES)}


def test_chance_stands_beside_every_stream():
    assert domain(CHARTS["shares"](), "color") == ["smollm2", "prose", "random directions"]
    rows = rows_of(CHARTS["shares"](), "estimate")
    chance = rows[rows["stream"] == "random directions"]
    assert chance["estimate"].round(3).tolist() == [0.5, 0.707]
