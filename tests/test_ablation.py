"""Closed-form mean ablation against the whole model run again with hooks."""

import math

import pytest
import torch

import references
from confidence_neurons import ablation
from confidence_neurons.ablation import entropy_effects, neuron_weights
from confidence_neurons.text import prose_tokens

MEASURES = ["entropy_total", "entropy_direct", "entropy_shift", "entropy_ln_mediated"]


def assert_agrees_with_hooks(model, tokens, neurons):
    table = entropy_effects(model, tokens, neurons)
    assert table.columns.tolist() == ["neuron", *MEASURES]
    assert table["neuron"].tolist() == neurons
    for row in table.to_dict("records"):
        expected = references.entropy_effects(model, tokens, int(row["neuron"]))
        for measure in MEASURES[:3]:
            assert row[measure] == pytest.approx(expected[measure], rel=1e-4, abs=1e-6), measure
        noise = 3e-6 / expected["entropy_total"]
        assert row["entropy_ln_mediated"] == pytest.approx(
            expected["entropy_ln_mediated"], rel=1e-4, abs=noise
        )


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "neox-parallel", "llama"])
def test_effects_on_tiny_models_agree_with_hooks(architecture):
    model, _ = references.tiny_pair(architecture)
    assert_agrees_with_hooks(model, references.tokens_for(rows=3), [0, 5, 63])


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_effects_on_the_bundled_models_agree_with_hooks(name):
    model = references.bundled(name)
    strongest = int(neuron_weights(model).norm(dim=1).argmax())
    assert_agrees_with_hooks(model, prose_tokens(model, 32, 2), [strongest, (strongest + 1) % 512])


def test_without_a_scale_of_its_own_the_whole_effect_is_direct():
    model = references.bundled("prose-no-norm")
    neurons = neuron_weights(model).norm(dim=1).topk(4).indices.tolist()
    table = entropy_effects(model, prose_tokens(model, 32, 2), neurons)
    assert (table["entropy_total"] > 1e-5).all()
    assert (table["entropy_ln_mediated"].abs() < 0.02).all()


def test_a_neuron_planted_in_the_null_space_acts_through_the_scale_alone():
    network, direction = references.network_with_null_direction()
    with torch.no_grad():
        # Column n of the output matrix is w_out of neuron n.
        output = network.gpt_neox.layers[-1].mlp.dense_4h_to_h.weight
        output[:, 9] = 6 * direction
        output[:, 10] = 0
        output[:, 11] = 6
    model = references.load_network(network)
    table = entropy_effects(model, references.tokens_for(), [8, 9, 10, 11]).set_index("neuron")

    assert table.loc[9, "entropy_direct"] < 1e-6
    assert table.loc[9, "entropy_total"] > 1e-3
    assert table.loc[9, "entropy_ln_mediated"] == pytest.approx(1, abs=1e-3)
    for silent in (10, 11):  # writes nothing; writes the all-ones direction, which is centred away
        assert table.loc[silent, "entropy_total"] < 1e-6
    assert math.isnan(table.loc[10, "entropy_ln_mediated"])
    assert table.loc[8, "entropy_direct"] > 1e-5


def test_the_mediated_share_is_a_ratio_of_means():
    model, _ = references.tiny_pair("neox-serial")
    table = entropy_effects(model, references.tokens_for(), [1, 2, 3])
    ratio = 1 - table["entropy_direct"] / table["entropy_total"]
    assert table["entropy_ln_mediated"].tolist() == pytest.approx(ratio.tolist())
    assert (table["entropy_shift"].abs() <= table["entropy_total"]).all()


def test_neurons_keep_their_numbers_in_any_order():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    all_of_them = entropy_effects(model, tokens)
    assert all_of_them["neuron"].tolist() == list(range(model.cfg.d_mlp))
    some = entropy_effects(model, tokens, [40, 7])
    for row in (0, 1):
        expected = all_of_them.loc[some.loc[row, "neuron"]]
        assert some.loc[row, MEASURES].tolist() == pytest.approx(expected[MEASURES].tolist())


def test_the_size_of_a_chunk_does_not_change_the_result(monkeypatch):
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=3)
    whole = entropy_effects(model, tokens, [1, 2])
    monkeypatch.setattr(ablation, "TOKENS_AT_ONCE", 7)
    pieces = entropy_effects(model, tokens, [1, 2])
    for measure in MEASURES[:3]:
        assert pieces[measure].tolist() == pytest.approx(whole[measure].tolist(), abs=1e-6)


def test_bos_and_the_last_position_count_nowhere():
    model, _ = references.tiny_pair("neox-serial")
    one = references.tokens_for()
    other = one.clone()
    other[:, -1] = other[:, -1] % 299 + 1
    first, second = entropy_effects(model, one, [3]), entropy_effects(model, other, [3])
    assert first.to_numpy().tolist() == pytest.approx(second.to_numpy(), rel=1e-5)


@pytest.mark.parametrize("neuron", [-1, 64])
def test_a_neuron_that_is_not_there_is_refused(neuron):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="between 0 and 63"):
        entropy_effects(model, references.tokens_for(), [0, neuron])


def test_a_model_that_normalises_its_mlps_output_is_refused():
    model, _ = references.tiny_pair("gemma2")
    with pytest.raises(NotImplementedError, match="MLP's output"):
        entropy_effects(model, references.tokens_for(), [0])


def test_neuron_weights_are_the_networks_own_centred():
    model, network = references.tiny_pair("neox-serial")
    own = network.gpt_neox.layers[-1].mlp.dense_4h_to_h.weight.detach().T
    expected = own - own.mean(dim=1, keepdim=True)  # the weights that write are centred
    assert neuron_weights(model).allclose(expected, atol=1e-6)
