"""Charts of writing: driven without Python."""

import itertools

import pandas as pd

from charts.reading import controls, domain, rows_of
from confidence_neurons_book.null_space.writing_charts import bars_chart, curves_chart

BARS = pd.DataFrame(
    [
        {
            "direction": direction,
            "strength": strength,
            "token": token,
            "probability": 0.5,
            "said": f"entropy {strength:.2f} nats",
        }
        for direction, strength, token in itertools.product(
            ["null", "random"], [-0.5, 0.0, 0.5], ["␣the", "(all others)"]
        )
    ]
)
ENTROPIES = pd.DataFrame(
    [
        {
            "model": model,
            "written": written,
            "strength": strength,
            "sequence": sequence,
            "entropy": 3 + strength + 0.1 * sequence,
            "change": abs(strength),
            "ratio": 1.0,
        }
        for model, written, strength, sequence in itertools.product(
            ["smollm2", "prose"], ["null", "random"], [-1.0, 0.0, 1.0], [0, 1]
        )
    ]
)
CHARTS = {
    "bars": lambda: bars_chart(BARS),
    "curves": lambda: curves_chart(ENTROPIES),
}


def test_the_slider_begins_with_nothing_written():
    found = controls(CHARTS["bars"]())
    assert found["Written"]["options"] == ["null", "random"]
    slider = found["How much"]
    assert (slider["min"], slider["max"], slider["step"]) == (-0.5, 0.5, 0.5)
    assert slider["value"] == 0
    assert len(rows_of(CHARTS["bars"](), "probability")) == len(BARS)


def test_curves_have_a_point_for_each_strength():
    chart = CHARTS["curves"]()
    assert controls(chart)["Model"]["options"] == ["smollm2", "prose"]
    assert domain(chart, "color") == ["null", "random"]
    rows = rows_of(chart, "estimate")
    assert len(rows) == len(ENTROPIES) / 2
