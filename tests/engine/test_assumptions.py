"""What the closed form takes for granted: tried, found where it holds, missed where it does not."""

import pytest
import torch

import references
from confidence_neurons.engine.assumptions import check_logits, closed_form_holds, moves_stream
from confidence_neurons.model.architecture import own_logits
from confidence_neurons.model.bridge import BridgeEnd
from confidence_neurons.model.families import FAMILIES, PLAIN
from confidence_neurons.model.light import LightEnd
from confidence_neurons.text.reading import prose_tokens
from tiny_models import ARCHITECTURES, QUIRKY

EVERY_KIND = pytest.mark.parametrize(
    "kind", [torch.float32, torch.bfloat16, torch.float16, torch.float64]
)
BOTH_WAYS = pytest.mark.parametrize("hold", [references.load_network, references.light])
TOKENS = references.tokens_for()
SOFT_CAPPED = {"gemma2"}


def changed(architecture, hold=references.load_network, **settings):
    """A tiny model with another configuration."""
    network = references.tiny_network(architecture)
    for name, value in settings.items():
        setattr(network.config, name, value)
    again = type(network)(network.config)  # layers read it when they are made
    again.load_state_dict(network.state_dict())
    return hold(again.eval())


@EVERY_KIND
@pytest.mark.parametrize("architecture", sorted([*ARCHITECTURES, *QUIRKY]))
def test_they_hold_for_tiny_models_in_any_precision(architecture, kind):
    model = references.light(references.tiny_network(architecture).to(kind))
    check_logits(model, TOKENS)
    assert moves_stream(model, TOKENS)


@pytest.mark.parametrize("architecture", ["gemma3", "gpt2-tied", "granite-residual", "gemma2"])
def test_they_hold_for_bridges_whose_logits_are_linear_in_the_last_layer(architecture):
    model, _ = references.tiny_pair(architecture)
    assert closed_form_holds(model, TOKENS, 1) == (architecture not in SOFT_CAPPED)
    assert not closed_form_holds(model, TOKENS, 0)
    assert moves_stream(model, TOKENS)


@EVERY_KIND
def test_they_hold_for_a_bundled_model_in_any_precision(kind):
    model = references.load_model("prose", device="cpu").to(kind)
    tokens = prose_tokens(model, 24, 2)
    check_logits(model, tokens)
    assert moves_stream(model, tokens)


@BOTH_WAYS
def test_a_soft_cap_is_known(hold):
    model = changed("gemma2", hold, final_logit_softcapping=1.0)
    check_logits(model, TOKENS)
    assert not closed_form_holds(model, TOKENS, 1)


@BOTH_WAYS
@pytest.mark.parametrize("factor", [0.22, 0.995, 1.005])
def test_a_factor_after_the_mlp_that_is_not_known_is_found(factor, hold, monkeypatch):
    monkeypatch.setitem(FAMILIES, "granite", PLAIN)
    model = changed("granite-residual", hold, residual_multiplier=factor)
    check_logits(model, TOKENS)
    assert not moves_stream(model, TOKENS)


@BOTH_WAYS
@pytest.mark.parametrize("factor", [8, 0.995, 1.005])
def test_scaled_logits_that_are_not_known_are_refused(factor, hold, monkeypatch):
    monkeypatch.setitem(FAMILIES, "granite", PLAIN)
    model = changed("granite-logits", hold, logits_scaling=factor)
    with pytest.raises(NotImplementedError, match=r"norm\(x\) \* gain @ W_U \+ b_U"):
        check_logits(model, TOKENS)


@EVERY_KIND
def test_factors_that_are_not_known_are_found_in_any_precision(kind, monkeypatch):
    monkeypatch.setitem(FAMILIES, "granite", PLAIN)
    residual, logits = (
        references.light(references.tiny_network(f"granite-{where}").to(kind))
        for where in ("residual", "logits")
    )
    check_logits(residual, TOKENS)
    assert not moves_stream(residual, TOKENS)
    with pytest.raises(NotImplementedError, match="others"):
        check_logits(logits, TOKENS)


@BOTH_WAYS
def test_no_factor_is_no_fault(hold, monkeypatch):
    monkeypatch.setitem(FAMILIES, "granite", PLAIN)
    model = changed("granite-residual", hold, residual_multiplier=1.0)
    check_logits(model, TOKENS)
    assert moves_stream(model, TOKENS)


@BOTH_WAYS
def test_a_norm_after_the_mlp_that_is_not_known_is_found(hold, monkeypatch):
    model = changed("olmo2", hold)
    assert moves_stream(model, TOKENS)
    for end in (BridgeEnd, LightEnd):
        monkeypatch.setattr(end, "mlp_norm", lambda self, layer: None)
    assert not moves_stream(model, TOKENS)


def test_numbers_too_large_for_half_precision_are_not_taken_for_another_architecture():
    model = references.load_network(references.tiny_network("llama")).to(torch.float16)
    model.blocks[0].mlp.W_out[:] = 60_000
    with pytest.raises(ValueError, match=r"got NaN, .* too large for torch\.float16\?"):
        check_logits(model, TOKENS)


@pytest.mark.parametrize("end", [BridgeEnd, LightEnd])
def test_four_short_runs_are_enough_and_leave_the_model_as_it_was(end, monkeypatch):
    network = references.tiny_network("neox-serial")
    model = (references.load_network if end is BridgeEnd else references.light)(network)
    tokens = references.tokens_for(rows=5, length=40)
    before, shapes = own_logits(model, tokens), []
    for name in ("record", "own_logits"):
        own = getattr(end, name)

        def count(self, rows, *arguments, own=own):
            shapes.append(tuple(rows.shape))
            return own(self, rows, *arguments)

        monkeypatch.setattr(end, name, count)
    check_logits(model, tokens)
    assert moves_stream(model, tokens)
    assert shapes == [(1, 8)] * 4
    monkeypatch.undo()
    assert own_logits(model, tokens).equal(before)
