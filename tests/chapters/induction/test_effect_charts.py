"""Charts of ablations on repeats: both paths, every group, panels with their names."""

import itertools

import pandas as pd

from charts.reading import categories, domain, rows_of
from confidence_neurons_book.induction.effect_charts import clip_chart

EFFECTS = pd.DataFrame(
    [
        {"place": place, "group": group, "path": path, "estimate": 1.0, "low": 0.0, "high": 2.0}
        for place, group, path in itertools.product(
            ["second copy", "first copy"], ["all", 830], ["total", "scale frozen"]
        )
    ]
)
CHARTS = {"clip": lambda: clip_chart(EFFECTS, "place", title="It lowers both", across=", twice")}


def test_each_place_has_a_panel_with_every_group_along_both_paths():
    chart = CHARTS["clip"]()
    rows = rows_of(chart, "path")
    assert len(rows) == len(EFFECTS)
    assert categories(chart, "group") == ["all", "830"]
    assert domain(chart, "color") == ["total", "scale frozen"]
    assert ", twice" in chart.to_dict()["description"]
