"""Charts of frequency neurons are valid, described, and hold what they were given."""

import pandas as pd
import pytest

from confidence_neurons_book.frequency_direction import neuron_charts as charts

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
    | {name: [0.1, 0.6, -3.0] * 2 for _, name in charts.MEASURES.values()}
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


CHARTS = {
    "mediation": lambda: charts.mediation_chart(EFFECTS),
    "story": lambda: charts.story_chart(STORY, 56),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_described_and_have_tooltips(name):
    spec = CHARTS[name]().to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert spec["width"] == "container"
    assert spec["encoding"]["tooltip"]
    assert spec["encoding"]["x"]["title"]
    assert spec["encoding"]["y"]["title"]


def rows_of(chart):
    return pd.DataFrame(max(chart.to_dict()["datasets"].values(), key=len))


def test_far_negative_shares_are_clipped_and_keep_their_value():
    spec = CHARTS["mediation"]().to_dict()
    rows = rows_of(CHARTS["mediation"]())
    entropy_neurons = rows[rows["group"] == "entropy neurons"]
    assert set(entropy_neurons["share0"]) == {-3.0}
    assert {"as": "shown", "calculate": "max(datum.share, -0.5)"} in spec["transform"]


def test_neurons_with_hardly_any_effect_are_left_out():
    rows = rows_of(CHARTS["mediation"]())
    assert len(rows) == 5  # neuron 1 does nothing on noise


def test_the_switch_reads_the_columns_of_its_measure():
    spec = CHARTS["mediation"]().to_dict()
    calculated = {each["as"]: each["calculate"] for each in spec["transform"] if "as" in each}
    (menu,) = [p for p in spec["params"] if p["name"] == "mediation_measure"]
    assert menu["bind"]["options"] == list(charts.MEASURES)
    chosen = f"indexof({list(charts.MEASURES)}, {menu['name']})"
    assert calculated["share"] == f"datum['share' + {chosen}]"
    row = rows_of(CHARTS["mediation"]()).iloc[1]
    for number in range(len(charts.MEASURES)):
        assert [row[f"effect{number}"], row[f"share{number}"]] == [0.02, 0.6]
