"""Means and bands along a repeated sequence."""

import pytest

import references
import references_induction
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.altered import repeated_prose, repeated_random
from confidence_neurons_book.induction.along import along_repeats

PERIOD = 5
COLUMNS = ["position", "copy", "quantity", "neuron", "mean", "low", "high"]


@pytest.mark.parametrize("architecture", ["neox-serial", "llama"])
def test_means_agree_with_a_loop_over_places(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = repeated_random(300, PERIOD, count=6)
    frame = along_repeats(model, tokens, PERIOD, [7, 1])
    assert frame.columns.tolist() == COLUMNS
    assert len(frame) == 6 * (2 * PERIOD - 1)
    state = run_final(model, tokens)
    logits = logits_from_residual(model, state.residual)
    for position in range(1, 2 * PERIOD):
        here = frame[frame["position"] == position]
        assert (here["copy"] == (1 if position <= PERIOD else 2)).all()
        assert (here["low"] <= here["mean"]).all()
        assert (here["mean"] <= here["high"]).all()
        assert (here["low"] < here["high"]).all()
        read = [
            references_induction.readings(
                logits[row, position].tolist(), int(tokens[row, position + 1])
            )
            for row in range(6)
        ]
        means = here[here["neuron"].isna()].set_index("quantity")["mean"]
        assert sorted(means.index) == ["confidence", "entropy", "loss", "scale"]
        for quantity in ("entropy", "loss", "confidence"):
            expected = sum(one[quantity] for one in read) / 6
            assert means[quantity] == pytest.approx(expected, rel=1e-5)
        activations = here[here["quantity"] == "activation"].set_index("neuron")["mean"]
        assert activations.index.tolist() == [7, 1]
        for neuron in (7, 1):
            expected = state.activations[:, position, neuron].mean().item()
            assert activations[neuron] == pytest.approx(expected, abs=1e-6)


def test_bands_are_bootstrapped_over_sequences():
    model, _ = references.tiny_pair("gpt2-tied")
    tokens = repeated_random(300, PERIOD, count=8)
    frame = along_repeats(model, tokens, PERIOD, [3], level=0.8, seed=5)
    values = run_final(model, tokens).activations[:, 1:-1, 3]
    interval = bootstrap_interval(values, level=0.8, seed=5)
    rows = frame[frame["quantity"] == "activation"]
    assert rows["low"].tolist() == pytest.approx(interval.low.tolist())
    assert rows["high"].tolist() == pytest.approx(interval.high.tolist())


def test_an_ablated_state_is_followed_instead():
    model, _ = references.tiny_pair("neox-serial")
    tokens = repeated_prose(references.tokens_for(rows=4), PERIOD)
    state = attend_to_bos(model, tokens, [(0, 0), (1, 1)])
    ablated = along_repeats(model, tokens, PERIOD, [3], state=state)
    clean = along_repeats(model, tokens, PERIOD, [3])
    assert (ablated["mean"] - clean["mean"]).abs().max() > 1e-3
    values = ablated.loc[ablated["quantity"] == "activation", "mean"].tolist()
    assert values == pytest.approx(state.activations[:, 1:-1, 3].mean(dim=0).tolist(), abs=1e-6)


def test_prose_grows_sure_on_the_second_copy():
    model = references.bundled("prose")
    frame = along_repeats(model, repeated_random(model.cfg.d_vocab, 20, count=10), 20)
    mean = frame.groupby(["quantity", "copy"])["mean"].mean()
    assert mean["loss", 2] < 0.2 * mean["loss", 1]
    assert mean["entropy", 2] < 0.5 * mean["entropy", 1]


@pytest.mark.parametrize(
    ("period", "count", "neurons", "match"),
    [
        (PERIOD + 1, 4, [], "two copies"),
        (PERIOD, 1, [], "at least 2 sequences"),
        (PERIOD, 4, [64], "between 0 and 63"),
        (PERIOD, 4, [1, 1], "more than once"),
    ],
)
def test_bad_input_is_refused(period, count, neurons, match):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match=match):
        along_repeats(model, repeated_random(300, PERIOD, count=count), period, neurons)
