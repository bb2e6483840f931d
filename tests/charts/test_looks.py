"""A group of neurons looks the same in every chart."""

import itertools

import pytest

from confidence_neurons.charts.looks import ALIASES, LOOKS, in_order, looks
from confidence_neurons.charts.theme import GREY, PALETTE
from confidence_neurons.groups.names import OTHERS

NAMED = ["entropy", "frequency", "equal norm", "equal rho", "random", "most changed", "others"]


def test_every_group_of_the_library_has_a_look():
    assert set(NAMED) <= set(LOOKS)


def test_no_two_groups_look_alike():
    shapes = [look.shape for look in LOOKS.values()]
    assert len(set(shapes)) == len(LOOKS)
    colours = [look.colour for look in LOOKS.values() if look.colour != GREY]
    assert len(set(colours)) == len(colours)
    assert set(colours) == set(PALETTE)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_another_name_of_a_group_has_its_look(alias, name):
    assert looks([alias])[alias] == LOOKS[name]


def test_names_are_matched_whole():
    assert looks(["not entropy"])["not entropy"] != LOOKS["entropy"]


@pytest.mark.parametrize("order", [*itertools.permutations(["random", "another", "entropy"])])
def test_groups_keep_their_look_whoever_stands_beside_them(order):
    found = looks(order)
    assert list(found) == list(order)
    assert found["random"] == LOOKS["random"]
    assert found["entropy"] == LOOKS["entropy"]
    assert len({look.colour for look in found.values()}) == 3
    assert len({look.shape for look in found.values()}) == 3


def test_names_without_a_look_take_what_is_free_in_their_order():
    names = ["both", "the rest", "neither"]
    assert looks(names) == looks(names)
    assert [look.colour for look in looks(names).values()] == PALETTE[:3]
    beside = looks([*NAMED, *names])
    assert len(set(beside.values())) == len(beside)


def test_more_names_than_shapes_are_refused():
    with pytest.raises(ValueError, match="at most 8 groups without a look"):
        looks([f"group {i}" for i in range(9)])


def test_the_others_come_last():
    assert in_order([OTHERS, "random", "entropy", OTHERS]) == ["random", "entropy", OTHERS]
