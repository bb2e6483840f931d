"""What is measured of a grown model, against what is known of the bundled one."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.growing.measures import is_dial, measure_model
from confidence_neurons.growing.probes import Probe


@pytest.fixture(scope="module")
def model():
    return cn.load_light("prose", device="cpu")


@pytest.fixture(scope="module")
def tokens(model):
    return cn.prose_tokens(model, length=40, count=14)


@pytest.fixture(scope="module")
def rows(model, tokens) -> pd.DataFrame:
    at = torch.ones_like(tokens, dtype=torch.bool)
    at[:, [0, -1]] = False
    counts = cn.unigram_counts("prose")
    noise = cn.corrupt(tokens, 0.5, counts)
    return pd.DataFrame(
        measure_model(model, {"prose": Probe(tokens, at), "noise": Probe(noise, at)}, counts)
    )


def value(rows: pd.DataFrame, measure: str, kind: str = "weights", index: int = 0) -> float:
    found = rows.query("measure == @measure and kind == @kind and index == @index")["value"]
    return float(found.item())


def test_no_number_is_measured_twice(rows):
    assert not rows.duplicated(["measure", "kind", "index"]).any()


def test_the_null_space_of_prose_is_made_by_the_gain(rows):
    """Chapter 2: two directions are quiet, each a coordinate whose gain is near 0."""
    assert value(rows, "quiet") == 2
    assert value(rows, "quiet_without_gain") == 0
    assert value(rows, "smallest_over_median_without_gain") == pytest.approx(0.49, abs=0.02)
    assert value(rows, "null_dimension") == 3
    for place in (0, 1):
        assert value(rows, "axis", index=place) > 0.95
        assert value(rows, "axis_gain", index=place) < 0.1
    assert value(rows, "axis_gain", index=2) > 0.1


def test_the_spectrum_is_the_librarys(rows, model):
    values = rows.query("measure == 'singular_value'")["value"].to_numpy()
    assert values == pytest.approx(cn.geometry(model).spectrum.values[:-1].numpy(), rel=1e-5)


def test_readings_are_the_librarys(rows, model, tokens):
    read = cn.read(model, cn.run(model, tokens), ("loss", "confidence", "right", "scale"))
    for measure in ("loss", "scale", "right"):
        assert value(rows, measure, "prose") == pytest.approx(read[measure].mean(), rel=1e-5)
    gap = read["confidence"].mean() - read["right"].mean()
    assert value(rows, "overconfidence", "prose") == pytest.approx(gap, abs=1e-6)


def test_on_noise_the_scale_and_the_null_share_rise(rows):
    assert value(rows, "scale", "noise") > 2 * value(rows, "scale", "prose")
    assert value(rows, "null_share", "noise") > 1.2 * value(rows, "null_share", "prose")
    assert 0 < value(rows, "null_share", "prose") < value(rows, "null_share", "noise") < 1


def test_entropy_neurons_are_the_librarys(rows, model, tokens):
    noise = cn.corrupt(tokens, 0.5, cn.unigram_counts("prose"))[:12]
    neurons = cn.scan(model, noise)
    assert value(rows, "entropy_neurons", "noise") == len(cn.find_groups(neurons)["entropy"]) > 0
    strongest = neurons.loc[neurons["entropy_total"].idxmax()]
    assert value(rows, "strongest_rho", "noise") == pytest.approx(strongest["null_fraction"])
    assert value(rows, "highest_rho", "noise") == pytest.approx(neurons["null_fraction"].max())


def neurons(**changes) -> pd.DataFrame:
    """Four neurons of which the first is a dial, unless it is changed."""
    frame = pd.DataFrame(
        {
            "null_fraction": [0.9, 0.3, 0.3, 0.3],
            "logit_var": [0.1, 1.0, 1.0, 1.0],
            "entropy_ln_mediated": [0.8, 0.0, 0.0, 0.0],
            "entropy_total": [0.5, 0.1, 0.2, 0.1],
        }
    )
    for name, first in changes.items():
        frame.loc[0, name] = first
    return frame


def test_a_dial_meets_all_four_criteria():
    assert is_dial(neurons()).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"null_fraction": 0.7},
        {"logit_var": 0.6},
        {"entropy_ln_mediated": 0.4},
        {"entropy_total": 0.05},
        {"entropy_ln_mediated": float("nan")},
    ],
)
def test_a_neuron_that_misses_one_is_none(changes):
    assert not is_dial(neurons(**changes)).any()
