"""The stepper: every step and head of every sequence can be reached, and nothing is lost."""

import pandas as pd
import pytest

from confidence_neurons_book.induction.stepper import Walk
from confidence_neurons_book.induction.stepper_charts import stepper_chart

PERIOD, HEADS, NEURONS = 3, ["1.0", "0.2"], [5, 9]
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


def test_chart_is_valid_described_and_narrow():
    spec = stepper_chart(WALKS, PERIOD).to_dict()
    assert spec["title"]["text"]
    assert len(spec["description"]) > 80
    assert len(spec["vconcat"]) == 4
    assert all(panel["width"] <= 300 for panel in spec["vconcat"])


def test_every_sequence_head_and_step_can_be_chosen():
    params = {p["name"]: p for p in stepper_chart(WALKS, PERIOD).to_dict()["params"]}
    assert params["walk_sequence"]["bind"]["options"] == ["random", "prose"]
    assert params["walk_head"]["bind"]["options"] == HEADS
    slider = params["walk_now"]
    assert (slider["bind"]["min"], slider["bind"]["max"], slider["bind"]["step"]) == (1, 5, 1)
    assert slider["value"] == PERIOD + 1
    started = {p["name"]: p for p in stepper_chart(WALKS, PERIOD, start=2).to_dict()["params"]}
    assert started["walk_now"]["value"] == 2


def test_attention_is_packed_in_the_order_of_the_sources():
    datasets = stepper_chart(WALKS, PERIOD).to_dict()["datasets"].values()
    (attention,) = [rows for rows in datasets if "weight" in rows[0]]
    assert len(attention) == len(WALKS) * len(HEADS) * len(STEPS)
    assert all(len(row["weight"]) == row["position"] + 1 for row in attention)


def test_predictions_and_activations_are_packed_without_loss():
    datasets = list(stepper_chart(WALKS, PERIOD).to_dict()["datasets"].values())
    (predictions,) = [rows for rows in datasets if "probability" in rows[0]]
    assert sum(len(row["token"]) for row in predictions) == len(WALKS) * len(STEPS) * 2
    (activations,) = [rows for rows in datasets if "activation" in rows[0]]
    assert all(row["neuron"] == NEURONS for row in activations)


@pytest.mark.parametrize("start", [0, 2 * PERIOD])
def test_a_start_that_is_no_step_is_refused(start):
    with pytest.raises(ValueError, match="start from 1 to 5"):
        stepper_chart(WALKS, PERIOD, start=start)


def test_no_walk_or_one_of_another_length_is_refused():
    with pytest.raises(ValueError, match="at least one walk"):
        stepper_chart({}, PERIOD)
    with pytest.raises(ValueError, match="two copies of 4 tokens"):
        stepper_chart(WALKS, 4)
