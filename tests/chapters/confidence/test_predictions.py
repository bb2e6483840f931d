"""Frames of predictions against one-token-at-a-time references, on a tiny random model."""

import math

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.confidence import predictions

TEXT = "It was upon a cold morning that the letter came, and nobody would open it."


@pytest.fixture(scope="module")
def model():
    return references.tiny_pair("neox-serial")[0]


def logits_after(model, ids):
    return model(torch.tensor([ids]))[0, -1].double().tolist()


def test_a_row_begins_with_bos_and_holds_the_text(model):
    row = predictions.as_row(model, TEXT)
    assert row[0, 0] == model.tokenizer.bos_token_id
    assert model.tokenizer.decode(row[0, 1:]) == TEXT


def test_next_logits_are_those_of_the_last_position(model):
    ids = predictions.as_row(model, TEXT)[0].tolist()
    found = predictions.next_logits(model, TEXT)
    assert found.tolist() == pytest.approx(logits_after(model, ids), abs=1e-4)


def test_temperature_sweep_keeps_the_order_and_never_lowers_the_entropy(model):
    logits = 3 * torch.randn(300, generator=torch.Generator().manual_seed(0))
    frame = predictions.temperature_sweep(model, logits, [0.5, 1, 2, 4], top=6)
    for temperature, group in frame.groupby("temperature"):
        tempered = (logits / temperature).tolist()
        expected = sorted(references.softmax(tempered), reverse=True)[:6]
        assert list(group["probability"]) == pytest.approx(expected, rel=1e-4)
        assert group["entropy"].iloc[0] == pytest.approx(references.entropy(tempered), rel=1e-4)
        assert group["held"].unique() == pytest.approx([sum(expected)], rel=1e-4)
        assert list(group["token"]) == list(frame["token"][:6])
    assert frame.groupby("temperature")["entropy"].first().is_monotonic_increasing


def test_along_text_matches_one_prediction_at_a_time(model):
    frame = predictions.along_text(model, TEXT[:40])
    ids = predictions.as_row(model, TEXT[:40])[0].tolist()
    assert list(frame["position"]) == list(range(2, len(ids)))
    for row in frame.itertuples():
        logits = logits_after(model, ids[: row.position])
        expected = references.softmax(logits)
        assert row.entropy == pytest.approx(references.entropy(logits), rel=1e-3)
        assert row.surprisal == pytest.approx(-math.log(expected[ids[row.position]]), rel=1e-3)
        assert row.probability == pytest.approx(max(expected), rel=1e-3)
        guess = expected.index(max(expected))
        assert [row.token, row.guess] == cn.token_labels(model, [ids[row.position], guess])
        assert row.came == (guess == ids[row.position])


def test_the_likeliest_token_never_surprises_more_than_the_entropy(model):
    frame = predictions.along_text(model, TEXT[:40])
    assert (-frame["probability"].map(math.log) <= frame["entropy"] + 1e-6).all()
