"""A text run once, against hooks and the Hugging Face model; which positions count."""

import pytest
import torch

import references
from confidence_neurons.measure.distributions import entropy
from confidence_neurons.model import state as state_module
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.state import run, unembed
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.unembedding import effective_unembedding
from tiny_models import ARCHITECTURES

EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))


@EVERY_ARCHITECTURE
def test_logits_from_the_final_residual_are_the_networks_own(architecture):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    with torch.no_grad():
        expected = network(tokens).logits.log_softmax(dim=-1)
    logits = unembed(model, run(model, tokens).residual)
    assert logits.log_softmax(dim=-1).allclose(expected, atol=1e-5, rtol=0)


@EVERY_ARCHITECTURE
def test_the_effective_unembedding_gives_the_networks_entropy(architecture):
    model, network = references.tiny_pair(architecture)
    tokens = references.tokens_for(seed=1)
    with torch.no_grad():
        own_logits = network(tokens).logits
    residual = run(model, tokens).residual
    normalised = final_norm(model).apply(residual)
    ours = entropy(normalised @ effective_unembedding(model) + model.b_U)
    for row, position in [(0, 0), (0, 7), (1, 11)]:
        assert ours[row, position].item() == pytest.approx(
            references.entropy(own_logits[row, position].tolist()), abs=1e-5
        )


@EVERY_ARCHITECTURE
def test_activations_are_what_the_last_layers_output_weights_multiply(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    layer = model.cfg.n_layers - 1
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter=f"blocks.{layer}.hook_mlp_out")
    mlp = model.blocks[layer].mlp
    output = run(model, tokens).activations @ mlp.W_out
    constant = cache[f"blocks.{layer}.hook_mlp_out"] - output
    assert constant.allclose(constant[:1, :1].expand_as(constant), atol=1e-5)
    assert output.std() > 0.01


@pytest.mark.parametrize("architecture", ["gpt2-tied", "llama", "gemma2"])
def test_activations_of_another_layer_come_with_the_same_final_residual(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter="blocks.0.mlp.hook_post")
    first, last = run(model, tokens, layer=0), run(model, tokens)
    assert first.activations.allclose(cache["blocks.0.mlp.hook_post"], atol=1e-6)
    assert not first.activations.allclose(last.activations, atol=1e-3)
    assert first.residual.equal(last.residual)


def test_naming_the_last_layer_is_the_default():
    model, _ = references.tiny_pair("neox-serial")
    named = run(model, references.tokens_for(), layer=1)
    assert named.activations.equal(run(model, references.tokens_for()).activations)


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_logits_of_a_bundled_model_are_its_own(name):
    model = references.bundled(name)
    tokens = prose_tokens(model, length=24, count=2)
    with torch.no_grad():
        expected = model(tokens).log_softmax(dim=-1)
    logits = unembed(model, run(model, tokens).residual)
    assert logits.log_softmax(dim=-1).allclose(expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "llama"])
def test_a_frozen_scale_is_what_a_hook_on_the_scale_does(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    residual = run(model, tokens).residual
    scale = 3 * final_norm(model).scale(residual)
    with torch.no_grad():
        expected = model.run_with_hooks(
            tokens, fwd_hooks=[("ln_final.hook_scale", lambda value, hook: 3 * value)]
        )
    found = unembed(model, residual, scale)
    assert found.log_softmax(-1).allclose(expected.log_softmax(-1), atol=1e-5)
    assert not found.log_softmax(-1).allclose(unembed(model, residual).log_softmax(-1), atol=1e-2)


def test_no_attention_pattern_stays_in_memory():
    model = references.bundled("prose")
    run(model, prose_tokens(model, 32, 2))
    for block in model.blocks:
        assert block.attn._pattern is None


state_module_row_blocks = state_module.row_blocks


def test_long_texts_go_through_in_pieces(monkeypatch):
    model = references.bundled("prose")
    monkeypatch.setattr(
        state_module, "row_blocks", lambda tokens: state_module_row_blocks(tokens, 70)
    )
    rows = []
    with model.hooks(fwd_hooks=[("hook_embed", lambda value, hook: rows.append(len(value)))]):
        run(model, prose_tokens(model, 32, 5))
        run(model, prose_tokens(model, 100, 2))
    assert rows == [2, 2, 1, 1, 1]


def test_pieces_do_not_change_the_state(monkeypatch):
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=5)
    whole = run(model, tokens)
    monkeypatch.setattr(
        state_module, "row_blocks", lambda tokens: state_module_row_blocks(tokens, 24)
    )
    pieces = run(model, tokens)
    assert whole.residual.shape == (5, 12, model.cfg.d_model)
    assert whole.activations.shape == (5, 12, model.cfg.d_mlp)
    assert pieces.residual.allclose(whole.residual, atol=1e-5)
    assert pieces.activations.allclose(whole.activations, atol=1e-5)
    assert pieces.scale.allclose(whole.scale, atol=1e-5)


@EVERY_ARCHITECTURE
def test_the_scale_is_the_models_own(architecture):
    model, _ = references.tiny_pair(architecture)
    tokens = references.tokens_for()
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter="ln_final.hook_scale")
    assert run(model, tokens).scale.allclose(cache["ln_final.hook_scale"], rtol=1e-5)


def test_by_default_all_but_the_first_and_the_last_position_count():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=2, length=5)
    state = run(model, tokens)
    assert state.counted.tolist() == [[False, True, True, True, False]] * 2
    assert state.targets().tolist() == tokens[:, 2:].flatten().tolist()
    assert state.places().to_numpy().tolist() == [[row, t] for row in (0, 1) for t in (1, 2, 3)]


def test_other_positions_can_count():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=2, length=5)
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    mask[0, 3] = mask[1, 0] = True
    for state in (run(model, tokens, at=mask), run(model, tokens).at(mask)):
        assert state.places().to_numpy().tolist() == [[0, 3], [1, 0]]
        assert state.targets().tolist() == [int(tokens[0, 4]), int(tokens[1, 1])]
        expected = (state.activations[0, 3] + state.activations[1, 0]) / 2
        assert state.mean_activations().allclose(expected, atol=1e-6)


def test_a_last_position_has_no_target():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for()
    state = run(model, tokens, at=torch.ones_like(tokens, dtype=torch.bool))
    with pytest.raises(ValueError, match="got a last position: leave it out"):
        state.targets()


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (torch.zeros(2, 12, dtype=torch.bool), ValueError, "at least one position"),
        (torch.ones(2, 11, dtype=torch.bool), ValueError, r"the shape \[2, 12\] of the text"),
        (torch.ones(2, 12), TypeError, "of booleans"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, error, message):
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for())
    with pytest.raises(error, match=message):
        state.at(mask)


def test_rows_and_frozen_scales():
    model, _ = references.tiny_pair("llama")
    state = run(model, references.tokens_for(rows=3))
    last = state.rows(slice(2, 3))
    assert last.residual.equal(state.residual[2:])
    assert last.counted.equal(state.counted[2:])
    other = run(model, references.tokens_for(rows=3, seed=4))
    assert state.frozen(other).scale is other.scale
    assert state.frozen(other).residual is state.residual
