"""Each mark: what it draws of a frame, what it says, what it refuses."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from charts.reading import (
    axis_titles,
    categories,
    datasets,
    domain,
    found,
    look_of,
    options,
    panels,
    rows_of,
    spec_of,
    title_of,
    tooltip_titles,
)
from confidence_neurons.charts import (
    Axis,
    Category,
    StepBars,
    StepLines,
    bands,
    bars,
    dots,
    neurons,
    stepper,
)
from confidence_neurons.charts.looks import LOOKS

WORDS: dict[str, Any] = {
    "title": "What was found",
    "description": "Made-up numbers. They mean nothing.",
}
TABLE = pd.DataFrame(
    {
        "row": ["b", "a", "b", "a"],
        "group": ["entropy", "entropy", "others", "others"],
        "quantity": ["loss", "loss", "entropy", "entropy"],
        "neuron": [4, 5, 6, 7],
        "estimate": [0.1, 0.2, 0.3, 0.4],
        "low": [0.0, 0.1, 0.2, 0.3],
        "high": [0.2, 0.3, 0.4, 0.5],
        "rank": [1, 2, 3, 4],
    }
)
CHANGE = "change (nats)"
ESTIMATE, RANK = Axis("estimate", CHANGE), Axis("rank", "rank of it")
PANELS = Axis("estimate", {"entropy": "entropy (nats)", "loss": "loss (nats)", "kl": "KL (nats)"})
ROW = Category("row", "row")
DRAWN = {
    "dots": lambda **more: dots(TABLE, **{"x": ESTIMATE, "category": ROW, **WORDS, **more}),
    "bars": lambda **more: bars(TABLE, **{"x": ESTIMATE, "category": ROW, **WORDS, **more}),
    "bands": lambda **more: bands(TABLE, **{"x": RANK, "y": ESTIMATE, **WORDS, **more}),
    "neurons": lambda **more: neurons(TABLE, **{"x": RANK, "y": ESTIMATE, **WORDS, **more}),
}
WITH_PANELS = {"dots": "x", "bars": "x", "bands": "y"}


def marks(chart) -> list[str]:
    spec = {key: value for key, value in spec_of(chart).items() if key != "config"}
    return [each["type"] for each in found(spec, "mark")]


@pytest.mark.parametrize("name", DRAWN)
def test_words_come_from_the_caller(name):
    chart = DRAWN[name]()
    assert title_of(chart) == WORDS["title"]
    assert spec_of(chart)["description"] == WORDS["description"]
    assert CHANGE in axis_titles(chart, "x") + axis_titles(chart, "y")


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("word", ["title", "description"])
def test_without_words_there_is_no_chart(name, word):
    with pytest.raises(ValueError, match="got an empty one"):
        DRAWN[name](**{word: " "})


@pytest.mark.parametrize("name", DRAWN)
def test_every_row_is_drawn_and_says_what_it_is(name):
    chart = DRAWN[name](group="group", details={"neuron": "neuron number"})
    rows = rows_of(chart, "neuron")
    assert sorted(rows["estimate"]) == TABLE["estimate"].tolist()
    assert {"neuron number", "group", CHANGE} <= tooltip_titles(chart)


@pytest.mark.parametrize("name", DRAWN)
def test_groups_have_their_looks_and_the_others_come_last(name):
    chart = DRAWN[name](group="group")
    assert domain(chart, "color") == ["entropy", "others"]
    assert look_of(chart, "entropy") == LOOKS["entropy"].colour
    if name in ("dots", "neurons"):
        assert look_of(chart, "entropy", "shape") == LOOKS["entropy"].shape


@pytest.mark.parametrize("name", DRAWN)
def test_a_control_chooses_among_the_values_of_a_column(name):
    chart = DRAWN[name](choose={"quantity": "Effect on"})
    assert options(chart, "Effect on") == ["loss", "entropy"]
    rows = rows_of(chart, "estimate")
    assert len(rows) == len(TABLE)
    assert set(rows["quantity"]) == {"loss", "entropy"}


@pytest.mark.parametrize("name", DRAWN)
def test_rules_stand_where_the_axis_says(name):
    axis = replace(ESTIMATE, rules={"by chance": 0.25})
    chart = DRAWN[name](**{WITH_PANELS.get(name, "y"): axis})
    (rules,) = [each for each in datasets(chart) if "rule" in each]
    assert rules.to_dict("records") == [{"estimate": 0.25, "rule": "by chance"}]


@pytest.mark.parametrize(("name", "side"), WITH_PANELS.items())
def test_panels_stand_in_the_order_of_their_titles_where_there_is_something(name, side):
    chart = DRAWN[name](**{side: PANELS}, panel="quantity")
    assert axis_titles(chart, side) == ["entropy (nats)", "loss (nats)"]
    assert len(panels(chart)) == 2


@pytest.mark.parametrize(("name", "side"), WITH_PANELS.items())
def test_panels_that_are_not_titled_have_their_names(name, side):
    drawn = panels(DRAWN[name](panel="quantity"))
    assert [panel["title"]["text"] for panel in drawn] == ["loss", "entropy"]


@pytest.mark.parametrize(("name", "mark"), [("dots", "rule"), ("bars", "rule"), ("bands", "area")])
def test_intervals_are_drawn_where_there_are_any(name, mark, monkeypatch):
    chart = DRAWN[name]()
    assert mark in marks(chart)
    assert {"from", "to"} <= tooltip_titles(chart)
    monkeypatch.setitem(globals(), "TABLE", TABLE.drop(columns=["low", "high"]))
    assert mark not in marks(DRAWN[name]())


def test_rows_keep_the_order_in_which_they_come():
    assert categories(DRAWN["dots"](), "row") == ["b", "a"]


def test_bars_begin_at_zero():
    encoding = found(spec_of(DRAWN["bars"]()), "encoding")
    assert all(each["x"]["scale"]["zero"] for each in encoding if "scale" in each.get("x", {}))


def test_bars_stand_side_by_side_only_where_a_row_has_several():
    assert "yOffset" not in str(
        spec_of(DRAWN["bars"](category=Category("neuron", ""), group="row"))
    )
    assert "yOffset" in str(spec_of(DRAWN["bars"](group="group")))


def test_a_slider_chooses_bars():
    chart = DRAWN["bars"](slide={"rank": "Rank"}, initially={"rank": 3})
    (param,) = spec_of(chart)["params"]
    assert (param["value"], param["bind"]["min"], param["bind"]["max"]) == (3, 1, 4)


def test_members_have_a_line_each_and_the_group_their_mean():
    chart = DRAWN["bands"](group="group", member="neuron")
    details = [
        each["detail"]["field"] for each in found(spec_of(chart), "encoding") if "detail" in each
    ]
    assert details == ["neuron"]
    assert "mean" in str(spec_of(chart))


def test_pointing_at_a_neuron_tells_all_that_is_known():
    said = tooltip_titles(DRAWN["neurons"]())
    assert said == {
        "rank of it",
        CHANGE,
        "row",
        "group",
        "quantity",
        "neuron",
        "low",
        "high",
    }


def test_neurons_of_a_group_are_drawn_over_the_others():
    shuffled = neurons(TABLE[::-1], x=RANK, y=ESTIMATE, group="group", **WORDS)
    assert rows_of(shuffled)["group"].tolist() == ["others", "others", "entropy", "entropy"]


def test_boxes_in_two_panels_choose_the_same_neurons():
    spec = spec_of(DRAWN["neurons"](beside=[(ESTIMATE, RANK)]))
    boxes = {param["name"] for param in spec["params"]}
    assert len(boxes) == 2
    conditions = [
        each["condition"] for each in found(spec, "fillOpacity") if isinstance(each, dict)
    ]
    assert len(conditions) == 2
    assert all(box in str(condition) for box in boxes for condition in conditions)


@pytest.mark.parametrize(("direction", "sign"), [("rising", 1), ("falling", -1)])
def test_the_diagonal_is_where_both_are_equal_or_cancel(direction, sign):
    (line,) = [each for each in datasets(DRAWN["neurons"](diagonal=direction)) if len(each) == 2]
    assert (line["rank"] == sign * line["estimate"]).all()


def test_intervals_of_both_axes_are_drawn():
    axis = replace(ESTIMATE, interval=("low", "high"))
    assert marks(DRAWN["neurons"](y=axis)) == ["rule", "point"]
    assert {"from", "to"} <= tooltip_titles(DRAWN["neurons"](y=axis))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"x": "rank"}, TypeError, "expected an Axis, such as"),
        ({"x": Axis("nowhere", "x")}, ValueError, "expected a column of the frame .*'nowhere'"),
        ({"x": Axis("row", "x")}, ValueError, "expected numbers in the column row"),
        ({"x": Axis("rank", " ")}, ValueError, "the title of an axis"),
        ({"x": Axis("rank", "x", scale="cubic")}, ValueError, "among linear, log, sqrt"),
        ({"y": Axis("low", "x", scale="log")}, ValueError, "positive numbers in the column low"),
        ({"y": PANELS}, ValueError, "expected one title, or a column `panel`"),
        ({"group": "nowhere"}, ValueError, "expected a column of the frame"),
        ({"choose": ["quantity"]}, TypeError, "as a mapping"),
        ({"choose": {"nowhere": "Where"}}, ValueError, "expected a column of the frame"),
        ({"details": {"row": ""}}, ValueError, "the label of a column"),
        ({"diagonal": "upright"}, ValueError, "among rising, falling"),
        ({"height": 0}, ValueError, "a height in pixels from 1"),
        ({"title": 3}, TypeError, "a title as str"),
        ({"beside": [(ESTIMATE, "rank")]}, TypeError, "expected an Axis"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        DRAWN["neurons"](**wrong)


@pytest.mark.parametrize("frame", [TABLE.iloc[:0], TABLE.to_dict(), None])
def test_what_is_no_frame_with_rows_is_refused(frame):
    with pytest.raises((TypeError, ValueError), match=r"DataFrame|at least one row"):
        dots(frame, x=ESTIMATE, category=ROW, **WORDS)


def test_infinity_is_refused_by_name():
    endless = TABLE.assign(estimate=[1, 2, 3, float("inf")])
    with pytest.raises(ValueError, match="finite numbers in the column estimate, got infinity"):
        dots(endless, x=ESTIMATE, category=ROW, **WORDS)


TOKENS = pd.DataFrame(
    {
        "text": ["one"] * 3 + ["two"] * 3,
        "step": [1, 2, 3] * 2,
        "token": list("abcdef"),
        "row": 0,
        "column": [0, 1, 2] * 2,
    }
)
SURE = TOKENS[["text", "step"]].assign(nats=[3.0, 2.0, 1.0] * 2)
NEXT = SURE.assign(word="x", right="yes")
LOOKED_AT = pd.DataFrame({"text": "one", "step": [1, 2, 2], "source": [1, 1, 2], "weight": 0.5})


def a_stepper(**more):
    given = {
        "panels": [
            StepLines(SURE, Axis("nats", "nats")),
            StepBars(NEXT, Axis("nats", "how sure"), Category("word", "word"), group="right"),
        ],
        "choose": {"text": "Text"},
        "shading": LOOKED_AT,
        "step_label": "Position",
        **WORDS,
    }
    return stepper(TOKENS, **{**given, **more})


def test_the_stepper_reaches_every_step_of_every_text():
    chart = a_stepper(initially={"step": 2})
    assert options(chart, "Text") == ["one", "two"]
    (slider,) = [p for p in spec_of(chart)["params"] if p["bind"]["input"] == "range"]
    assert (slider["bind"]["min"], slider["bind"]["max"], slider["value"]) == (1, 3, 2)


def test_the_stepper_keeps_tokens_shading_and_panels():
    chart = a_stepper()
    assert set(rows_of(chart, "token")["token"]) >= set("abc")
    shaded = rows_of(chart, "weight")
    assert shaded[["step", "source"]].to_numpy().tolist() == [[1, 1], [2, 1], [2, 2]]
    assert shaded["token"].tolist() == ["a", "a", "b"]
    assert len(rows_of(chart, "word")) == len(NEXT)
    assert axis_titles(chart, "x") == ["how sure"]


def test_panels_of_a_stepper_are_bars_or_lines():
    with pytest.raises(TypeError, match="StepBars or StepLines, got str"):
        a_stepper(panels=["bars"])


def test_names_with_an_order_keep_it():
    ordered = TABLE.assign(group=pd.Categorical(TABLE["group"], ["others", "entropy"]))
    assert domain(dots(ordered, x=ESTIMATE, category=ROW, group="group", **WORDS), "color") == [
        "entropy",
        "others",
    ]
    kinds = TABLE.assign(kind=pd.Categorical(["b", "a", "b", "a"], ["a", "b"]))
    assert domain(dots(kinds, x=ESTIMATE, category=ROW, group="kind", **WORDS), "color") == [
        "a",
        "b",
    ]
