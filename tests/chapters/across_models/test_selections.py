"""Who is named by which way; controls that nobody names; overlaps by hand."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.groups.names import EQUAL_NORM, EQUAL_RHO, RANDOM
from confidence_neurons_book.across_models import selections as ways
from confidence_neurons_book.across_models.measured import group_effects, token_effects


@pytest.fixture(scope="module")
def named(measured):
    return ways.selections(measured)


@pytest.fixture(scope="module")
def effects(measured, named):
    return ways.selection_effects(measured, named)


def test_each_way_names_what_the_library_names_on_the_rows_to_choose_on(measured, named):
    scanned = measured.chosen_on
    assert list(named) == [ways.HIGHEST_RHO, ways.CRITERIA, ways.PARETO, ways.NORM_FIRST]
    assert named[ways.CRITERIA] == cn.find_groups(scanned)["entropy"]
    assert named[ways.PARETO] == cn.pareto_front(scanned)["neuron"].tolist()
    assert named[ways.NORM_FIRST] == cn.norm_then_logit_var(scanned)["neuron"].tolist()
    rho = scanned.set_index("neuron")["null_fraction"]
    highest = named[ways.HIGHEST_RHO]
    assert len(highest) == ways.COUNT
    assert rho[highest].min() >= rho.drop(highest).max()


def test_another_k_is_another_null_space(measured, named):
    other = ways.selections(measured, k=3)
    expected = cn.neuron_weights(measured.model, k=3).nlargest(ways.COUNT, "null_fraction")
    assert other[ways.HIGHEST_RHO] == expected["neuron"].tolist()
    assert other[ways.PARETO] == named[ways.PARETO]
    assert ways.selections(measured, k=5) == named


def test_controls_are_as_many_and_nobody_names_them(measured, named):
    members, others = named[ways.PARETO], set(named[ways.HIGHEST_RHO])
    found = ways.controls_of(measured, members, others)
    assert list(found) == [EQUAL_NORM, EQUAL_RHO, RANDOM]
    every = [neuron for some in found.values() for neuron in some]
    assert len(every) == len(set(every)) == 3 * len(members)
    assert not set(every) & ({*members} | others)


def test_equal_rho_is_that_of_the_scan(measured):
    rho = measured.chosen_on["null_fraction"]
    found = ways.controls_of(measured, [int(rho.idxmax())])
    taken = {int(rho.idxmax()), *found[EQUAL_NORM], *found[RANDOM]}
    free = rho[[neuron not in taken for neuron in range(len(rho))]]
    assert found[EQUAL_RHO] == [int((free - rho.max()).abs().idxmin())]


def test_every_way_stands_beside_its_controls(measured, named, effects):
    groups = effects.groups
    assert groups["selection"].unique().tolist() == [way for way in named if named[way]]
    for _, rows in groups.groupby("selection"):
        kinds = [ways.SELECTED, EQUAL_NORM, EQUAL_RHO, RANDOM]
        assert rows["group"].unique().tolist() == kinds
    members = named[ways.PARETO]
    alone = group_effects(token_effects(measured, members), {"front": members})
    mine = groups[(groups["selection"] == ways.PARETO) & (groups["group"] == ways.SELECTED)]
    for column in ("estimate", "low", "high"):
        assert mine[column].tolist() == pytest.approx(alone[column].tolist())


def test_a_way_that_names_nobody_has_no_rows(measured):
    found = ways.selection_effects(measured, {"none": [], "some": [3]})
    assert found.groups["selection"].unique().tolist() == ["some"]
    assert found.neurons["neuron"].unique().tolist() == [3]


def test_the_strongest_are_those_with_the_largest_total_effect(measured, named, effects):
    table = ways.strongest(measured, effects, count=3)
    total = effects.neurons[effects.neurons["effect"] == "total"]
    every = {neuron for members in named.values() for neuron in members}
    assert set(total["neuron"]) == every
    expected = total.sort_values("estimate", ascending=False)["neuron"].tolist()[:3]
    assert table["neuron"].tolist() == expected
    share = effects.neurons.query("effect == 'mediated'").set_index("neuron")["estimate"]
    assert [float(text.split()[0]) for text in table["share"]] == pytest.approx(
        share[expected].tolist(), abs=0.005
    )


def test_overlaps_are_counted_beside_chance():
    frame = ways.overlaps({"a": [1, 2, 3], "b": [3, 4], "none": []}, neurons=12)
    rows = {(row["one"], row["other"]): row for row in frame.to_dict("records")}
    assert rows["a", "b"] == {
        "one": "a", "other": "b", "shared": 1, "by_chance": 0.5, "jaccard": 0.25,
    }  # fmt: skip
    assert rows["a", "none"]["jaccard"] == rows["a", "none"]["by_chance"] == 0
    assert len(rows) == 3


def test_chance_is_the_mean_overlap_of_random_sets():
    draws = torch.Generator().manual_seed(0)
    shared = [
        len({*torch.randperm(20, generator=draws)[:5].tolist()} & set(range(8)))
        for _ in range(4000)
    ]
    expected = ways.overlaps({"a": range(5), "b": range(8)}, 20)["by_chance"].iloc[0]
    assert sum(shared) / len(shared) == pytest.approx(expected, abs=0.06)


def test_who_names_a_neuron(measured):
    frame = ways.named_by(measured, {"one": [0, 1], "other": [1, 2]}).set_index("neuron")
    assert frame["named"].tolist()[:4] == ["one", ways.SEVERAL, "other", "others"]
    assert frame["ways"].tolist()[:4] == ["one", "one, other", "other", "none"]
    assert isinstance(frame["named"].dtype, pd.CategoricalDtype)
    assert frame["logit_var_share"].median() == pytest.approx(1)
