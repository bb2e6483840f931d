"""A group of neurons looks the same in every chart."""

import itertools

import pytest

from confidence_neurons.charts.looks import LOOKS, group_colours, group_encodings, group_shapes
from confidence_neurons.charts.theme import BLUE, ORANGE


@pytest.mark.parametrize(
    ("colour", "names"),
    [
        (ORANGE, ["entropy", "entropy neurons"]),
        (BLUE, ["frequency neurons", "token frequency", "along frequency"]),
    ],
)
def test_names_of_the_same_group_have_its_colour(colour, names):
    assert group_colours(names).to_dict() == {"domain": names, "range": [colour] * len(names)}


def test_a_frozen_scale_is_told_from_the_group_itself():
    colours = group_colours(["entropy", "entropy, frozen"]).to_dict()["range"]
    assert colours[0] != colours[1]


def test_all_groups_but_the_grey_ones_differ_in_colour_and_all_in_shape():
    names = list(LOOKS)
    shapes = group_shapes(names).to_dict()["range"]
    assert len(set(shapes)) == len(names)
    for one, other in itertools.combinations(set(names) - {"none", "others"}, 2):
        first, second = group_colours([one, other]).to_dict()["range"]
        assert first != second, (one, other)


def test_groups_keep_their_colour_whoever_stands_beside_them():
    names = ["random", "another", "entropy"]
    colours = group_colours(names).to_dict()
    assert colours["domain"] == names
    assert colours["range"][0] == LOOKS["random"][0]
    assert colours["range"][2] == LOOKS["entropy"][0]
    assert len(set(colours["range"])) == 3
    assert len(set(group_shapes(names).to_dict()["range"])) == 3


def test_groups_that_are_not_known_differ_from_each_other():
    for scale in (group_colours, group_shapes):
        one, other = scale(["both kinds", "the rest"]).to_dict()["range"]
        assert one != other


def test_a_group_that_is_not_known_has_a_look_of_its_own():
    known = set(group_colours(["entropy", "frequency", "norm", "random"]).to_dict()["range"])
    assert known.isdisjoint(group_colours(["both kinds"]).to_dict()["range"])


def test_entropy_neurons_come_first_and_the_others_last():
    colour, shape = group_encodings(["others", "along frequency", "entropy neurons", "others"])
    for channel in (colour, shape):
        domain = channel.to_dict()["scale"]["domain"]
        assert domain == ["entropy neurons", "along frequency", "others"]
