"""The stepper: every step and head of every sequence can be reached, and nothing is lost."""

import pandas as pd

from charts.reading import controls, datasets, options, rows_of
from confidence_neurons_book.induction.stepper import Walk
from confidence_neurons_book.induction.stepper_charts import COMES_NEXT, stepper_chart

PERIOD, HEADS, NEURONS = 6, ["1.0", "0.2"], [5, 9]
STEPS = range(1, 2 * PERIOD)


def made_up_walk(token: str) -> Walk:
    return Walk(
        tokens=pd.DataFrame({"position": range(2 * PERIOD + 1), "token": token}),
        steps=pd.DataFrame(
            {
                "position": STEPS,
                "target": token,
                "entropy": 1.0,
                "loss": 2.0,
                "scale": 3.0,
                "confidence": 0.5,
            }
        ),
        attention=pd.DataFrame(
            [(p, head, s, 1 / (p + 1)) for p in STEPS for head in HEADS for s in range(p + 1)],
            columns=["position", "head", "source", "weight"],
        ),
        predictions=pd.DataFrame(
            [(p, rank, f"{token}{rank}", 0.4, rank == 1) for p in STEPS for rank in (1, 2)],
            columns=["position", "rank", "token", "probability", "right"],
        ),
        activations=pd.DataFrame(
            [(p, neuron, 0.1 * neuron) for p in STEPS for neuron in NEURONS],
            columns=["position", "neuron", "activation"],
        ),
    )


WALKS = {"random": made_up_walk("a"), "prose": made_up_walk("b")}
CHARTS = {"stepper": lambda: stepper_chart(WALKS, PERIOD, title="Twice")}


def test_every_sequence_head_and_step_can_be_chosen():
    chart = CHARTS["stepper"]()
    assert options(chart, "Sequence") == ["random", "prose"]
    assert options(chart, "Head (layer.head)") == HEADS
    slider = controls(chart)["Position"]
    assert (slider["min"], slider["max"], slider["step"]) == (1, 2 * PERIOD - 1, 1)
    assert slider["value"] == PERIOD + 4


def test_each_copy_begins_a_row_and_bos_has_its_own():
    (tokens,) = [
        each
        for each in datasets(CHARTS["stepper"]())
        if {"row", "step", "token"} <= set(each) and "weight" not in each
    ]
    placed = tokens[tokens["sequence"] == "prose"].set_index("step")
    assert set(placed["token"]) == {"b"}
    assert placed.loc[[0, 1, PERIOD + 1], "column"].tolist() == [0, 0, 0]
    assert placed.loc[[0, 1, PERIOD + 1], "row"].tolist() == [0, 1, 3]


def test_attention_reaches_every_source_up_to_the_step():
    attention = rows_of(CHARTS["stepper"](), "weight")
    assert len(attention) == len(WALKS) * sum(len(one.attention) for one in [WALKS["random"]])
    by_step = attention.groupby(["sequence", "head", "step"])["source"]
    assert all(list(sources) == list(range(step + 1)) for (_, _, step), sources in by_step)


def test_predictions_and_activations_are_there_without_loss():
    predictions = rows_of(CHARTS["stepper"](), "probability")
    assert len(predictions) == len(WALKS) * len(STEPS) * 2
    right = predictions[predictions["which"] == COMES_NEXT[True]]
    assert right["token"].str.endswith("1").all()
    activations = rows_of(CHARTS["stepper"](), "activation")
    assert (
        activations.groupby(["sequence", "step"])["neuron"]
        .apply(list)
        .map(lambda found: found == NEURONS)
        .all()
    )
