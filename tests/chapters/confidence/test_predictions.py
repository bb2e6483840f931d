"""Frames of predictions against one-token-at-a-time references, on a tiny random model."""

import math

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.confidence import predictions

TEXT = "It was upon a cold morning that the letter came, and nobody would open it."


@pytest.fixture(scope="module")
def model():
    return references.tiny_pair("neox-serial")[0]


@pytest.fixture(scope="module")
def tokens(model):
    return model.to_tokens(TEXT[:40], prepend_bos=True)


@pytest.fixture(scope="module")
def state(model, tokens):
    return cn.run(model, tokens)


def logits_after(model, ids):
    return model(torch.tensor([ids]))[0, -1].double().tolist()


def test_top_predictions_match_the_definition(model):
    frame = predictions.top_predictions(model, ["It was upon", "the letter"], top=5)
    logits = logits_after(
        model, [0, *model.tokenizer("It was upon", add_special_tokens=False)["input_ids"]]
    )
    expected = references.softmax(logits)
    first = frame[frame["context"] == "It was upon"]
    assert list(first["rank"]) == [1, 2, 3, 4, 5]
    assert list(first["probability"]) == pytest.approx(sorted(expected)[::-1][:5], rel=1e-4)
    assert first["entropy"].unique() == pytest.approx([references.entropy(logits)], rel=1e-4)
    best = max(range(len(expected)), key=expected.__getitem__)
    assert first["token"].iloc[0] == cn.token_labels(model, [best])[0]
    assert list(frame["context"].unique()) == ["It was upon", "the letter"]


def test_long_contexts_are_named_by_their_last_whole_words(model):
    name = predictions.top_predictions(model, [TEXT[:55]], top=1)["context"].iloc[0]
    assert name.startswith("… ")
    assert TEXT[:55].endswith(" " + name.removeprefix("… "))
    assert len(name) <= predictions.LABEL_CHARACTERS


def test_temperature_sweep_keeps_the_order_and_never_lowers_the_entropy(model):
    logits = 3 * torch.randn(300, generator=torch.Generator().manual_seed(0))
    frame = predictions.temperature_sweep(model, logits, [0.5, 1, 2, 4], top=6)
    for temperature, group in frame.groupby("temperature"):
        tempered = (logits / temperature).tolist()
        expected = sorted(references.softmax(tempered), reverse=True)[:6]
        assert list(group["probability"]) == pytest.approx(expected, rel=1e-4)
        assert group["entropy"].iloc[0] == pytest.approx(references.entropy(tempered), rel=1e-4)
        assert list(group["token"]) == list(frame["token"][:6])
    assert frame.groupby("temperature")["entropy"].first().is_monotonic_increasing


def test_along_text_matches_one_prediction_at_a_time(model, tokens):
    frame = predictions.along_text(model, TEXT[:40])
    ids = tokens[0].tolist()
    assert list(frame["position"]) == list(range(2, len(ids)))
    for row in frame.itertuples():
        logits = logits_after(model, ids[: row.position])
        expected = references.softmax(logits)
        assert row.entropy == pytest.approx(references.entropy(logits), rel=1e-3)
        assert row.surprisal == pytest.approx(-math.log(expected[ids[row.position]]), rel=1e-3)
        assert row.probability == pytest.approx(max(expected), rel=1e-3)
        guess = expected.index(max(expected))
        assert [row.token, row.guess] == cn.token_labels(model, [ids[row.position], guess])


def test_the_likeliest_token_never_surprises_more_than_the_entropy(model):
    frame = predictions.along_text(model, TEXT[:40])
    assert (-frame["probability"].map(math.log) <= frame["entropy"] + 1e-6).all()


def test_scale_and_temperature_differ_by_the_bias(model, state):
    frame = predictions.scale_against_temperature(model, state, [0.5, 1, 4])
    assert frame.loc[1, "divergence"] == pytest.approx(0, abs=1e-6)
    assert frame.loc[1, "same_choice"] == 1
    assert (frame.loc[[0, 2], "divergence"] > 1e-6).all()
    numerator = (state.residual - state.residual.mean(-1, keepdim=True))[0, 1:-1] @ model.W_U
    for row in frame.itertuples():
        scale = row.factor * state.scale[0, 1:-1]
        scaled = (numerator / scale + model.b_U).tolist()
        tempered = (numerator / scale + model.b_U / row.factor).tolist()
        kl = [
            references.kl_divergence(references.softmax(warm), references.softmax(long))
            for warm, long in zip(tempered, scaled, strict=True)
        ]
        assert row.divergence == pytest.approx(sum(kl) / len(kl), abs=1e-6, rel=1e-3)
        for entropy, logits in ((row.entropy_scale, scaled), (row.entropy_temperature, tempered)):
            expected = sum(map(references.entropy, logits)) / len(logits)
            assert entropy == pytest.approx(expected, rel=1e-4)


def test_without_a_bias_scale_and_temperature_are_the_same():
    model = references.tiny_pair("llama")[0]
    assert not model.b_U.any()
    state = cn.run(model, references.tokens_for())
    frame = predictions.scale_against_temperature(model, state, [0.5, 1, 4])
    assert list(frame["divergence"]) == pytest.approx([0, 0, 0], abs=1e-5)
    assert list(frame["entropy_scale"]) == pytest.approx(list(frame["entropy_temperature"]))


def test_calibration_sweep_divides_the_logits(model, tokens, state):
    frame = predictions.calibration_sweep(model, state, [0.5, 2])
    for temperature, error in zip(frame["temperature"], frame["error"], strict=True):
        expected = references.reliability(model(tokens) / temperature, tokens, bins=10)
        table = pd.DataFrame(expected, columns=["low", "high", "confidence", "accuracy", "tokens"])
        gap = (table["accuracy"] - table["confidence"]).abs()
        assert error == pytest.approx((gap * table["tokens"]).sum() / table["tokens"].sum())
    assert frame["error"].nunique() == 2
