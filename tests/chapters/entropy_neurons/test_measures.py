"""Matched temperatures, cosines with the stream, other thresholds: against plain arithmetic."""

import pandas as pd
import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.entropy_neurons import alignment, heating, variants


@pytest.fixture(scope="module")
def model():
    return references.tiny_pair("llama")[0]


@pytest.fixture(scope="module")
def state(model):
    return cn.run(model, references.tokens_for(rows=3, length=14))


@pytest.mark.parametrize("change", [-0.02, 0.005, 0.0])
def test_the_matched_temperature_changes_the_mean_entropy_by_so_much(model, state, change):
    found = heating.matched_temperature(model, state, change)
    assert found["entropy_total"].mean() == pytest.approx(change, abs=2e-4)
    assert (found["temperature"] > 1).all() == (change > 0)
    assert list(found["group"].unique()) == [heating.MATCHED]


def test_it_divides_the_logits_at_every_token(model, state):
    found = heating.matched_temperature(model, state, -0.02)
    temperature = found["temperature"].iloc[0]
    logits = model(state.tokens)[:, 1:-1].double().flatten(0, 1)
    targets = state.tokens[:, 2:].flatten()
    for row, values, target in zip(found.itertuples(), logits, targets, strict=True):
        cold, warm = ((values / t).log_softmax(-1)[target].item() for t in (temperature, 1.0))
        assert row.loss_total == pytest.approx(warm - cold, abs=1e-4)


def test_cosines_with_the_stream_agree_with_scalar_products(model, state):
    found = alignment.along_stream(model, state).set_index("neuron")
    streams = state.residual[state.counted]
    for neuron in (0, 7):
        w_out = model.blocks[-1].mlp.W_out[neuron]
        cosines = [references.cosine(stream, w_out) for stream in streams]
        assert found.loc[neuron, "cosine"] == pytest.approx(sum(cosines) / len(cosines), abs=1e-5)
        sizes = [abs(cosine) for cosine in cosines]
        assert found.loc[neuron, "along"] == pytest.approx(sum(sizes) / len(sizes), abs=1e-5)


SCANNED = pd.DataFrame(
    {
        "neuron": range(6),
        "null_fraction": [0.9, 0.65, 0.55, 0.9, 0.2, 0.9],
        "frequency_cosine": 0.0,
        "entropy_total": [0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
        "entropy_ln_mediated": [0.9, 0.55, 0.9, 0.45, 0.9, 0.9],
    }
)


def test_each_threshold_is_changed_by_itself():
    found = variants.other_thresholds(SCANNED)
    assert found == {
        variants.AS_DEFINED: [0, 1],
        "rho over 0.5": [0, 1, 2],
        "rho over 0.7": [0],
        "share over 0.4": [0, 1],
        "share over 0.6": [0],
    }


def test_another_null_space_is_that_of_the_library(model, state):
    scanned = cn.scan(model, state.tokens, k=2)
    found = variants.other_null_spaces(model, scanned, [2, 8])
    for k in (2, 8):
        again = cn.scan(model, state.tokens, k=k)
        assert found[f"k = {k}"] == cn.find_groups(again)["entropy"]


def test_lists_are_set_beside_the_named_neurons():
    frame = variants.beside({"a": [3, 1], "b": [9, 2, 1], "c": []}, [1, 3])
    assert frame["neurons"].tolist() == [2, 3, 0]
    assert frame["of the 2"].tolist() == [2, 1, 0]
    assert frame["new"].tolist() == ["none", "2 9", "none"]
