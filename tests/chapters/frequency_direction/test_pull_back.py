"""Pull-backs of a direction of the logits: best of many, planted, and in the right parts."""

import pytest
import torch

import references
from confidence_neurons import unigram_counts
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    spectrum,
)
from confidence_neurons.weights.unigram import frequency_direction
from confidence_neurons_book.frequency_direction.pull_back import (
    purest_direction,
    reach,
    split_output,
    steepest_direction,
    written,
)

K = 3


def random_case(seed=0):
    """An unembedding with 3 weak directions, its spectrum, and a unit vector of logits."""
    generator = torch.Generator().manual_seed(seed)
    unembedding = torch.randn(10, 40, generator=generator)
    unembedding[:K] *= 0.01
    direction = torch.randn(40, generator=generator)
    return unembedding, spectrum(unembedding), direction / direction.norm()


def visible_rivals(decomposition, count=2000):
    """Random directions of the stream that have no part in the null space."""
    rivals = torch.randn(count, 10, generator=torch.Generator().manual_seed(1))
    null_space = decomposition.null_space(K)
    return rivals - rivals @ null_space @ null_space.T


def test_no_other_direction_is_steeper():
    unembedding, _, direction = random_case()
    best = written(steepest_direction(unembedding, direction), unembedding, direction).speed
    rivals = torch.randn(2000, 10, generator=torch.Generator().manual_seed(1))
    assert best > written(rivals, unembedding, direction).speed.max()


def test_no_other_visible_direction_is_purer():
    unembedding, decomposition, direction = random_case()
    pure = purest_direction(unembedding, decomposition, direction, K)
    best = written(pure, unembedding, direction).cosine
    assert best > written(visible_rivals(decomposition), unembedding, direction).cosine.max()
    steep = steepest_direction(unembedding, direction)
    assert best > written(steep, unembedding, direction).cosine
    assert (decomposition.null_space(K).T @ pure).norm() < 1e-5


def test_the_purest_direction_is_the_least_squares_solution():
    unembedding, decomposition, direction = random_case()
    solution = torch.linalg.lstsq(unembedding.T.double(), direction.double()).solution
    found = purest_direction(unembedding, decomposition, direction, 0)
    assert references.cosine(found, solution) == pytest.approx(1, abs=1e-6)


def test_without_leaving_anything_out_the_purest_direction_hides_in_the_null_space():
    unembedding, decomposition, direction = random_case()
    naive = purest_direction(unembedding, decomposition, direction, 0)
    assert (decomposition.null_space(K).T @ naive).norm() > 0.9
    sensible = purest_direction(unembedding, decomposition, direction, K)
    speeds = [written(each, unembedding, direction).speed for each in (naive, sensible)]
    assert speeds[1] > 10 * speeds[0]


def test_reach_is_the_length_of_the_projection_on_what_writing_can_make():
    unembedding, decomposition, direction = random_case()
    visible = decomposition.directions[:, :-K].T @ unembedding
    basis = torch.linalg.qr(visible.T)[0]
    expected = float((basis.T @ direction).norm())
    assert reach(unembedding, decomposition, direction, K) == pytest.approx(expected, abs=1e-4)


def test_planted_directions_are_found():
    unembedding, decomposition, _ = random_case()
    planted = decomposition.directions[:, 2]
    image = planted @ unembedding
    direction = image / image.norm()
    for found in (
        steepest_direction(unembedding, direction),
        purest_direction(unembedding, decomposition, direction, K),
    ):
        assert references.cosine(found, planted) == pytest.approx(1, abs=1e-5)


def test_parts_add_up_and_only_one_of_them_moves_the_logits_along_u():
    unembedding, decomposition, direction = random_case()
    w_out = torch.randn(10, generator=torch.Generator().manual_seed(5))
    null_space = decomposition.null_space(K)
    parts = split_output(w_out, null_space, steepest_direction(unembedding, direction))
    assert list(parts) == ["null space", "along u", "rest"]
    assert torch.allclose(sum(parts.values()), w_out, atol=1e-5)
    stacked = torch.stack(list(parts.values()))
    crossed = stacked @ stacked.T - torch.diag(stacked.square().sum(dim=1))
    assert crossed.abs().max() < 1e-5
    assert torch.allclose(null_space @ (null_space.T @ w_out), parts["null space"], atol=1e-5)
    projections = {name: float(part @ unembedding @ direction) for name, part in parts.items()}
    assert abs(projections["rest"]) < 1e-3 * abs(projections["along u"])
    assert abs(projections["null space"]) < 0.1 * abs(projections["along u"])


def test_on_prose_the_pure_pull_back_is_nearly_the_frequency_direction():
    unembedding = effective_unembedding(references.bundled("prose"))
    direction = frequency_direction(unigram_counts("prose"))
    decomposition = spectrum(unembedding)
    k = choose_null_dimension(decomposition.values)
    assert reach(unembedding, decomposition, direction, k) > 0.9


def test_bad_input_is_refused():
    unembedding, decomposition, direction = random_case()
    with pytest.raises(ValueError, match="another vocabulary"):
        steepest_direction(unembedding, direction[:-1])
    with pytest.raises(ValueError, match="another vocabulary"):
        written(unembedding[:, 0], unembedding, direction[:-1])
    for k in (-1, 10):
        with pytest.raises(ValueError, match="expected k between 0 and d_model - 1 = 9"):
            purest_direction(unembedding, decomposition, direction, k)
    blind = torch.zeros_like(unembedding)
    with pytest.raises(ValueError, match="does not"):
        steepest_direction(blind, direction)
    null_space = decomposition.null_space(K)
    with pytest.raises(ValueError, match="does not"):
        split_output(torch.ones(10), null_space, null_space[:, 0])
