"""The causal graph: described, and each effect carried by the right arrows."""

import pandas as pd
import pytest

from confidence_neurons_book.causal_effects.causal_graph import (
    DIRECT,
    EFFECTS,
    INDIRECT,
    TOTAL,
    causal_graph,
)

CHARTS = {"graph": causal_graph}


@pytest.fixture(scope="module")
def spec():
    return causal_graph().to_dict()


def rows(spec, column):
    frames = [pd.DataFrame(data) for data in spec["datasets"].values()]
    return next(frame for frame in frames if column in frame)


def test_it_fits_a_phone(spec):
    assert spec["title"]["text"]
    assert spec["width"] <= 300
    assert all(layer["encoding"]["tooltip"] for layer in spec["layer"])


def test_each_effect_can_be_chosen(spec):
    (param,) = spec["params"]
    assert param["bind"]["options"] == EFFECTS
    assert param["value"] == TOTAL


@pytest.mark.parametrize(
    ("effect", "carried"),
    [
        (TOTAL, ["writes", "direct path", "length", "mediated path", "softmax"]),
        (DIRECT, ["writes", "direct path", "softmax"]),
        (INDIRECT, ["writes", "length", "mediated path", "softmax"]),
    ],
)
def test_arrows_carry_the_effect_along_its_path(spec, effect, carried):
    arrows = rows(spec, "meaning")
    meanings = [row.meaning for row in arrows.itertuples() if effect in row.effects]
    assert len(meanings) == len(carried)
    assert all(word in meaning for word, meaning in zip(carried, meanings, strict=True))


def test_the_scale_is_as_in_the_clean_run_for_the_direct_effect(spec):
    boxes = rows(spec, "label").set_index("label")
    assert boxes.loc["final scale s", "effects"] == [TOTAL, INDIRECT]
    assert boxes.loc["entropy, loss", "effects"] == EFFECTS


def test_boxes_lie_inside_the_picture(spec):
    boxes = rows(spec, "label")
    assert boxes["left"].min() >= 0
    assert boxes["right"].max() <= spec["width"]
    assert boxes["low"].min() >= 0
    assert boxes["high"].max() <= spec["height"]
