"""The effective unembedding, its spectrum, and neurons planted in and out of its null space."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.weights import unembedding as unembedding_module
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    gram,
    logit_var,
    null_fraction,
    spectrum,
    weight_norm,
)
from tiny_models import ARCHITECTURES

RMS = {"llama", "mistral", "qwen2"}
FEW = settings(max_examples=30, deadline=None)


def random_matrix(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def orthonormal(size: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(random_matrix(size, size, seed).double())[0].float()


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_effective_unembedding_is_the_networks_own_folded_and_centred(architecture):
    model, network = references.tiny_pair(architecture)
    gain = {
        "gpt2-tied": lambda: network.transformer.ln_f.weight,
        "gpt2-untied": lambda: network.transformer.ln_f.weight,
        "neox-serial": lambda: network.gpt_neox.final_layer_norm.weight,
        "neox-parallel": lambda: network.gpt_neox.final_layer_norm.weight,
        "phi": lambda: network.model.final_layernorm.weight,
    }.get(architecture, lambda: network.model.norm.weight)()
    columns = []
    for row in network.get_output_embeddings().weight.detach().double():
        column = row * gain.detach().double()
        columns.append(column if architecture in RMS else column - column.mean())
    expected = torch.stack(columns, dim=1)
    for row in expected:
        row -= row.mean()
    assert effective_unembedding(model).double().allclose(expected, atol=1e-6)


@pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "phi"])
def test_layer_norms_centring_makes_the_all_ones_direction_null(architecture):
    model, _ = references.tiny_pair(architecture)
    found = spectrum(effective_unembedding(model))
    assert found.values[-1] < 1e-5 * found.values[0]
    assert found.values[-2] > 1e-2 * found.values[0]
    ones = torch.ones(model.cfg.d_model) / model.cfg.d_model**0.5
    assert abs(found.null_space(1)[:, 0] @ ones).item() == pytest.approx(1, abs=1e-5)


def test_rms_norm_has_no_exact_null_direction():
    model, _ = references.tiny_pair("llama")
    found = spectrum(effective_unembedding(model))
    assert found.values[-1] > 1e-2 * found.values[0]


def test_an_unembedding_with_nan_is_refused():
    network = references.tiny_network("neox-serial")
    model = references.load_network(network)
    model.unembed.original_component.weight.data[3, 4] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        effective_unembedding(model)


@FEW
@given(st.integers(2, 12), st.integers(1, 30), st.integers(0, 100))
def test_spectrum_agrees_with_svd(d_model, d_vocab, seed):
    weights = random_matrix(d_model, d_vocab, seed)
    found = spectrum(weights)
    expected = torch.zeros(d_model, dtype=torch.float64)
    svd_values = torch.linalg.svdvals(weights.double())
    expected[: len(svd_values)] = svd_values
    assert found.values.double().allclose(expected, rtol=1e-5, atol=1e-5)
    assert (found.values.diff() <= 0).all()
    assert (found.directions.T @ found.directions).allclose(torch.eye(d_model), atol=1e-5)


def test_directions_are_the_left_singular_vectors_up_to_sign():
    weights = random_matrix(6, 40)
    left, _, _ = torch.linalg.svd(weights.double(), full_matrices=True)
    cosines = (left * spectrum(weights).directions.double()).sum(dim=0)
    assert cosines.abs().allclose(torch.ones(6, dtype=torch.float64), atol=1e-5)


def test_the_weights_can_be_put_together_again():
    weights = random_matrix(6, 40)
    found = spectrum(weights)
    right = found.directions.T @ weights / found.values[:, None]
    assert (right @ right.T).allclose(torch.eye(6), atol=1e-4)
    rebuilt = found.directions @ torch.diag(found.values) @ right
    assert rebuilt.allclose(weights, atol=1e-4)


def test_a_unit_step_along_a_direction_moves_the_logits_by_its_value():
    weights = random_matrix(6, 40)
    found = spectrum(weights)
    for direction, value in zip(found.directions.T, found.values, strict=True):
        assert (direction @ weights).norm().item() == pytest.approx(value.item(), rel=1e-4)


def test_a_spectrum_of_something_else_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 3, 4\)"):
        spectrum(torch.zeros(2, 3, 4))


def test_the_null_space_holds_the_smallest_directions():
    found = spectrum(torch.diag(torch.tensor([3.0, 0.1, 2.0, 0.5])))
    null = found.null_space(2)
    assert null.shape == (4, 2)
    assert null.norm(dim=1).tolist() == pytest.approx([0, 1, 0, 1], abs=1e-6)


@pytest.mark.parametrize("k", [0, -1, 5])
def test_a_null_space_of_impossible_size_is_refused(k):
    with pytest.raises(ValueError, match=f"got {k}"):
        spectrum(torch.eye(4)).null_space(k)


@FEW
@given(
    d_model=st.integers(24, 160),
    share=st.floats(0.01, 0.99),
    gap=st.floats(3, 100),
    step=st.floats(1.0, 1.08),
    exact=st.booleans(),
)
def test_a_planted_gap_in_the_tail_is_found(d_model, share, gap, step, exact):
    quarter = round(0.25 * d_model)
    planted = 1 + int(share * (quarter - 2))
    smallest_first = [1.0]
    for place in range(1, d_model):
        smallest_first.append(smallest_first[-1] * (gap if place == planted else step))
    assume(smallest_first[-1] < 1e4)
    if exact:
        smallest_first = [1e-7, *smallest_first[:-1]]
        planted += 1
    values = torch.tensor(smallest_first[::-1])
    assert choose_null_dimension(values) == planted


def test_the_gap_above_an_exact_direction_is_no_candidate():
    values = torch.tensor([9.0, 8, 7, 6, 5, 4.5, 4, 3.9, 3.8, 3.7, 1.0, 1e-6])
    assert choose_null_dimension(values) == 2


def test_a_gap_outside_the_smallest_quarter_is_not_looked_at():
    values = torch.tensor([100.0] + [5.0] * 12 + [4.0, 2.0, 2.0])
    assert choose_null_dimension(values) == 2


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor([3.0, 2.0, 1.0]),
        torch.tensor([1.0, 2.0, 3.0, 4.0]),
        torch.ones(4, 4),
        torch.tensor([4.0, torch.nan, 2.0, 1.0]),
    ],
)
def test_what_is_no_spectrum_is_refused(values):
    with pytest.raises(ValueError, match="descending"):
        choose_null_dimension(values)


@pytest.mark.parametrize("values", [[5.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0]])
def test_a_spectrum_with_next_to_nothing_in_it_is_refused(values):
    with pytest.raises(ValueError, match="zero"):
        choose_null_dimension(torch.tensor(values))


@pytest.mark.parametrize("k", [1, 3])
def test_planted_neurons_are_wholly_inside_or_wholly_outside(k):
    basis = orthonormal(8)
    null, rest = basis[:, -k:], basis[:, :-k]
    inside = 4.0 * null @ torch.ones(k)
    outside = rest @ torch.arange(1.0, 9 - k)
    found = null_fraction(torch.stack([inside, outside]), null)
    assert found.tolist() == pytest.approx([1, 0], abs=1e-6)


def test_null_fraction_is_a_ratio_of_norms():
    basis = orthonormal(8)
    neuron = 0.6 * basis[:, -1] + 0.8 * basis[:, 0]
    assert null_fraction(10 * neuron[None], basis[:, -2:]).item() == pytest.approx(0.6, abs=1e-6)


@FEW
@given(st.integers(0, 200), st.integers(1, 8))
def test_inside_and_outside_make_up_the_whole(seed, k):
    basis, w_out = orthonormal(8, seed), random_matrix(5, 8, seed + 1)
    inside = null_fraction(w_out, basis[:, -k:])
    assert ((inside >= 0) & (inside <= 1 + 1e-6)).all()
    if k < 8:
        outside = null_fraction(w_out, basis[:, :-k])
        assert (inside**2 + outside**2).allclose(torch.ones(5), atol=1e-5)


def test_a_neuron_that_writes_nothing_has_no_null_fraction():
    assert null_fraction(torch.zeros(1, 8), orthonormal(8)[:, :2]).isnan().all()


def test_a_null_space_of_another_model_is_refused():
    with pytest.raises(ValueError, match=r"d_model 6.*\(5, 8\)"):
        null_fraction(random_matrix(5, 8), random_matrix(6, 2))


def test_weight_norm_by_hand():
    assert weight_norm(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).tolist() == [5, 0]


def test_logit_var_agrees_with_a_loop():
    w_out, unembedding = random_matrix(4, 8, 1), random_matrix(8, 30, 2)
    expected = [references.logit_var(neuron, unembedding) for neuron in w_out]
    assert logit_var(w_out, unembedding).tolist() == pytest.approx(expected, rel=1e-4)


@FEW
@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_logit_var_knows_directions_not_lengths(neuron_factor, token_factor):
    w_out, unembedding = random_matrix(4, 8, 1), random_matrix(8, 30, 2)
    factors = torch.linspace(token_factor, 1, 30)
    scaled = logit_var(neuron_factor * w_out, unembedding * factors)
    assert scaled.allclose(logit_var(w_out, unembedding), rtol=1e-4)


def test_logit_var_is_zero_where_a_neuron_moves_all_logits_alike():
    unembedding = torch.cat([random_matrix(3, 30), torch.zeros(1, 30)])
    unembedding = torch.nn.functional.normalize(unembedding, dim=0)
    unembedding = torch.cat([unembedding, torch.ones(1, 30)])  # the same cosine with every token
    w_out = torch.tensor([[0.0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]])
    found = logit_var(w_out, unembedding)
    assert found[:2].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert found[2] > 0.01


def test_logit_var_with_a_token_whose_unembedding_is_zero():
    unembedding = torch.tensor([[1.0, 0.0], [0.0, 0.0]])  # cosines 1 and 0
    assert logit_var(torch.tensor([[2.0, 0.0]]), unembedding).item() == pytest.approx(0.25)


def test_logit_var_refuses_an_unembedding_of_another_model():
    with pytest.raises(ValueError, match="d_model"):
        logit_var(random_matrix(4, 8), random_matrix(6, 30))


@FEW
@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 100))
def test_gram_is_the_dot_product_of_every_pair_of_rows(rows, columns, seed):
    matrix = random_matrix(rows, columns, seed)
    expected = [
        [sum(a * b for a, b in zip(one, other, strict=True)) for other in matrix.tolist()]
        for one in matrix.tolist()
    ]
    found = gram(matrix)
    assert found.dtype == torch.float64
    assert found.allclose(torch.tensor(expected, dtype=torch.float64), atol=1e-12)


def test_columns_at_once_do_not_change_gram_and_logit_var(monkeypatch):
    w_out, unembedding = random_matrix(4, 8, 1), random_matrix(8, 30, 2)
    whole, spread = gram(unembedding), logit_var(w_out, unembedding)
    monkeypatch.setattr(unembedding_module, "COLUMNS_AT_ONCE", 7)
    assert gram(unembedding).allclose(whole, atol=1e-12)
    assert logit_var(w_out, unembedding).allclose(spread, rtol=1e-6)


def test_logit_var_of_a_neuron_that_writes_nothing_is_zero():
    assert logit_var(torch.zeros(1, 8), random_matrix(8, 30)).item() == 0
