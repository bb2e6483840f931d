"""Frames of predictions against one-token-at-a-time references, on a tiny random model."""

import math

import pytest
import torch

from confidence_neurons import load_model
from confidence_neurons.measure.calibration import expected_calibration_error, reliability
from confidence_neurons.model.state import run_final
from confidence_neurons_book.confidence import predictions
from tiny_models import save_tiny_model

TEXT = "It was upon a cold morning that the letter came, and nobody would open it."


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiny")
    save_tiny_model(directory)
    return load_model(directory, device="cpu")


@pytest.fixture(scope="module")
def tokens(model):
    ids = model.tokenizer(TEXT, add_special_tokens=False)["input_ids"][:40]
    return torch.tensor([[model.tokenizer.bos_token_id, *ids]])


def slow_distribution(model, ids):
    """Next-token probabilities after the given ids, from the definition of softmax."""
    logits = model(torch.tensor([ids]))[0, -1].double()
    weights = [math.exp(value) for value in logits - logits.max()]
    return [weight / sum(weights) for weight in weights]


def slow_entropy(probabilities):
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def test_token_labels_show_white_space_and_partial_characters(model):
    ids = model.tokenizer(" t\n", add_special_tokens=False)["input_ids"]
    part_of_a_character = model.tokenizer("é", add_special_tokens=False)["input_ids"][0]
    assert "".join(predictions.token_labels(model, ids)) == "␣t⏎"
    assert predictions.token_labels(model, [part_of_a_character]) == [f"<{part_of_a_character}>"]
    control = model.tokenizer("\x07", add_special_tokens=False)["input_ids"][0]
    assert predictions.token_labels(model, [control]) == [f"<{control}>"]


def test_top_predictions_match_the_definition(model):
    frame = predictions.top_predictions(model, ["It was upon", "the letter"], top=5)
    ids = [0, *model.tokenizer("It was upon", add_special_tokens=False)["input_ids"]]
    expected = slow_distribution(model, ids)
    first = frame[frame["context"] == "It was upon"]
    assert list(first["rank"]) == [1, 2, 3, 4, 5]
    assert list(first["probability"]) == pytest.approx(sorted(expected)[::-1][:5], rel=1e-4)
    assert first["entropy"].unique() == pytest.approx([slow_entropy(expected)], rel=1e-4)
    best = max(range(len(expected)), key=expected.__getitem__)
    assert first["token"].iloc[0] == predictions.token_labels(model, [best])[0]
    assert list(frame["context"].unique()) == ["It was upon", "the letter"]


def test_long_contexts_are_named_by_their_last_whole_words(model):
    name = predictions.top_predictions(model, [TEXT[:55]], top=1)["context"].iloc[0]
    assert name.startswith("… ")
    assert TEXT[:55].endswith(" " + name.removeprefix("… "))
    assert len(name) <= predictions.LABEL_CHARACTERS


@pytest.mark.parametrize("context", ["", "  ", "It was upon ", "the letter\n"])
def test_contexts_that_end_in_white_space_are_refused(model, context):
    with pytest.raises(ValueError, match="ends in a word"):
        predictions.context_logits(model, context)


def test_texts_that_do_not_fit_are_refused(model):
    with pytest.raises(ValueError, match="of 2 to 63 tokens, got 1"):
        predictions.along_text(model, "I")
    with pytest.raises(ValueError, match="of 2 to 63 tokens"):
        predictions.along_text(model, TEXT * 5)
    with pytest.raises(ValueError, match="at least one context"):
        predictions.top_predictions(model, [])


def test_temperature_sweep_keeps_the_order_and_never_lowers_the_entropy(model):
    logits = 3 * torch.randn(300, generator=torch.Generator().manual_seed(0))
    frame = predictions.temperature_sweep(model, logits, [0.5, 1, 2, 4], top=6)
    for temperature, group in frame.groupby("temperature"):
        expected = (logits / temperature).softmax(-1)
        assert list(group["probability"]) == pytest.approx(expected.topk(6).values.tolist())
        assert group["entropy"].iloc[0] == pytest.approx(slow_entropy(expected.tolist()), rel=1e-4)
        assert list(group["token"]) == list(frame["token"][:6])
    assert frame.groupby("temperature")["entropy"].first().is_monotonic_increasing


@pytest.mark.parametrize("temperatures", [[], [0.0], [1, -1], [float("inf")], [float("nan")]])
def test_temperatures_must_be_positive(model, temperatures):
    with pytest.raises(ValueError, match="positive temperatures"):
        predictions.temperature_sweep(model, torch.zeros(300), temperatures)


@pytest.mark.parametrize(("shape", "top"), [((2, 300), 5), ((4,), 5), ((300,), 0)])
def test_temperature_sweep_refuses_other_shapes(model, shape, top):
    with pytest.raises(ValueError, match="expected logits"):
        predictions.temperature_sweep(model, torch.zeros(shape), [1.0], top)


def test_along_text_matches_one_prediction_at_a_time(model, tokens):
    text = model.tokenizer.decode(tokens[0, 1:].tolist())
    frame = predictions.along_text(model, text)
    ids = tokens[0].tolist()
    assert list(frame["position"]) == list(range(2, len(ids)))
    for position, row in zip(frame["position"], frame.itertuples(), strict=True):
        expected = slow_distribution(model, ids[:position])
        assert row.entropy == pytest.approx(slow_entropy(expected), rel=1e-3)
        assert row.surprisal == pytest.approx(-math.log(expected[ids[position]]), rel=1e-3)
        assert row.probability == pytest.approx(max(expected), rel=1e-3)
        assert row.token == predictions.token_labels(model, [ids[position]])[0]


def test_confidence_frame_has_a_row_per_measured_token(model, tokens):
    state = run_final(model, tokens)
    frame = predictions.confidence_frame(model, state.residual, tokens)
    along = predictions.along_text(model, model.tokenizer.decode(tokens[0, 1:].tolist()))
    assert len(frame) == tokens.shape[1] - 2
    assert list(frame["entropy"]) == pytest.approx(list(along["entropy"]), rel=1e-4)
    assert list(frame["loss"]) == pytest.approx(list(along["surprisal"]), rel=1e-4)
    deviations = state.residual[0, 1:-1].std(dim=-1, correction=0)
    assert list(frame["scale"]) == pytest.approx(deviations.tolist(), rel=1e-3)


def test_scale_and_temperature_agree_at_one_and_without_a_bias(model, tokens, monkeypatch):
    residual = run_final(model, tokens).residual[0]
    frame = predictions.scale_against_temperature(model, residual, [0.5, 1, 4])
    assert frame.loc[1, "divergence"] == pytest.approx(0, abs=1e-6)
    assert frame.loc[1, "same_choice"] == 1
    assert (frame.loc[[0, 2], "divergence"] > 1e-6).all()

    monkeypatch.setattr(
        predictions,
        "logits_from_residual",
        lambda model, residual, scale=None: WITH_BIAS(model, residual, scale) - model.b_U,
    )
    frame = predictions.scale_against_temperature(model, residual, [0.5, 1, 4])
    assert list(frame["divergence"]) == pytest.approx([0, 0, 0], abs=1e-5)
    assert list(frame["entropy_scale"]) == pytest.approx(list(frame["entropy_temperature"]))


WITH_BIAS = predictions.logits_from_residual


def test_calibration_sweep_divides_the_logits():
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(2, 30, 20, generator=generator)
    tokens = torch.randint(20, (2, 30), generator=generator)
    frame = predictions.calibration_sweep(logits, tokens, [0.5, 2])
    for temperature, error in zip(frame["temperature"], frame["error"], strict=True):
        expected = expected_calibration_error(reliability(logits / temperature, tokens))
        assert error == pytest.approx(expected)
    assert frame["error"].nunique() == 2
