"""Charts of frequency neurons are valid, described, and hold what they were given."""

import pandas as pd
import pytest

from confidence_neurons.charts import frequency_neurons as charts

EFFECTS = pd.DataFrame(
    {
        "neuron": [1, 2, 3, 1, 2, 3],
        "measured": ["clean"] * 3 + ["noise"] * 3,
        "group": ["others", "frequency neurons", "entropy neurons"] * 2,
        "frequency_cosine": [0.1, 0.9, 0.2] * 2,
        "null_fraction": [0.1, 0.8, 0.9] * 2,
    }
    | {
        f"{name}_total": [0.01, 0.02, 0.03, 0.0001, 0.04, 0.05]
        for name in ("kl", "kl_reverse", "entropy", "loss")
    }
    | {name: [0.1, 0.6, -3.0] * 2 for name in charts.SHARES.values()}
)
INTERVALS = pd.DataFrame(
    {
        "set": ["a", "a", "b", "b"] * 2,
        "effect": ["total", "restored"] * 4,
        "quantity": ["entropy"] * 4 + ["loss"] * 4,
        "estimate": [0.1, 0.05, 0.2, 0.19] * 2,
        "low": [0.08, 0.04, 0.15, 0.15] * 2,
        "high": [0.12, 0.06, 0.25, 0.25] * 2,
    }
)
STORY = pd.DataFrame(
    {
        "activation": [0.0, 3.0],
        "class": ["frequent", "rare"],
        "at": ["␣a", "b"],
        "next": ["␣the", "x"],
        "loss_added": [0.0, 0.3],
        "kl_added": [0.0, -0.1],
        "entropy_added": [0.0, -0.2],
    }
)


def intervals(frame=INTERVALS):
    return charts.interval_chart(
        frame,
        rows="set",
        colour="effect",
        menu="quantity",
        axis="mean absolute effect (nats)",
        title="Total and restored",
        description="Dots with bars. " * 10,
    )


CHARTS = {
    "mediation": lambda: charts.mediation_chart(EFFECTS),
    "intervals": intervals,
    "story": lambda: charts.story_chart(STORY, 56),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_have_tooltips(name):
    spec = CHARTS[name]().to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    encoding = spec["layer"][-1]["encoding"] if "layer" in spec else spec["encoding"]
    assert encoding["tooltip"]
    assert encoding["x"]["title"]


def rows_of(chart):
    return pd.DataFrame(max(chart.to_dict()["datasets"].values(), key=len))


def test_far_negative_shares_stand_at_the_edge_and_keep_their_value():
    rows = rows_of(CHARTS["mediation"]())
    entropy_neurons = rows[rows["group"] == "entropy neurons"]
    assert set(entropy_neurons["shown"]) == {charts.LOWEST}
    assert set(entropy_neurons["share"]) == {-3.0}


def test_neurons_with_hardly_any_effect_are_left_out():
    rows = rows_of(CHARTS["mediation"]())
    assert len(rows) == 3 * 5  # three measures; neuron 1 does nothing on noise


def test_intervals_keep_the_order_they_came_in():
    spec = intervals(INTERVALS[::-1]).to_dict()
    assert spec["layer"][-1]["encoding"]["y"]["sort"] == ["b", "a"]
    assert spec["layer"][-1]["encoding"]["color"]["scale"]["domain"] == ["restored", "total"]
    assert spec["params"][0]["bind"]["options"] == ["loss", "entropy"]


def test_too_many_colours_are_refused():
    many = pd.concat([INTERVALS.assign(effect=str(i)) for i in range(7)])
    with pytest.raises(ValueError, match="at most 6 values of effect"):
        intervals(many)
