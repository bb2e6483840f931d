"""Entropy, loss, scale and confidence against one prediction at a time."""

import pytest
import torch

import references
import references_induction
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons_book.induction import readings
from confidence_neurons_book.induction.readings import read_output

QUANTITIES = ["entropy", "loss", "confidence", "wrong"]


@pytest.mark.parametrize("architecture", ["gpt2-untied", "neox-serial", "llama", "phi"])
@pytest.mark.parametrize("frozen", [False, True])
def test_readings_agree_with_one_prediction_at_a_time(architecture, frozen, monkeypatch):
    monkeypatch.setattr(readings, "TOKENS_AT_ONCE", 5)
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    residual = run_final(model, tokens).residual[:, :-1]
    scale = torch.full((2, 11, 1), 1.7) if frozen else None
    read = read_output(model, residual, tokens[:, 1:], scale)
    logits = logits_from_residual(model, residual, scale)
    if not frozen:
        with torch.no_grad():
            assert logits.log_softmax(-1).allclose(
                network(tokens).logits[:, :-1].log_softmax(-1), atol=1e-4
            )
    for row in range(2):
        for position in range(11):
            expected = references_induction.readings(
                logits[row, position].tolist(), int(tokens[row, position + 1])
            )
            for quantity in QUANTITIES:
                found = float(getattr(read, quantity)[row, position])
                assert found == pytest.approx(expected[quantity], rel=1e-5, abs=1e-6), quantity
    if frozen:
        assert (read.scale == 1.7).all()
    else:
        assert read.scale.allclose(FinalNorm.from_model(model).scale(residual).squeeze(-1))


def test_some_predictions_are_right_and_some_wrong():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    residual = run_final(model, tokens).residual
    best = logits_from_residual(model, residual).argmax(-1)
    assert not read_output(model, residual, best).wrong.any()
    assert read_output(model, residual, (best + 1) % 300).wrong.all()


def test_bad_input_is_refused():
    model, _ = references.tiny_pair("neox-serial")
    residual = torch.zeros(2, 5, 32)
    with pytest.raises(ValueError, match="one target for each position"):
        read_output(model, residual, torch.zeros(2, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="NaN"):
        read_output(model, residual * torch.nan, torch.zeros(2, 5, dtype=torch.long))


def test_soft_capped_logits_are_refused():
    model, _ = references.tiny_pair("gemma2")
    with pytest.raises(NotImplementedError, match="soft-caps"):
        read_output(model, torch.zeros(2, 32), torch.zeros(2, dtype=torch.long))
