"""Pull-backs of a direction of the logits: best of many, planted, and in the right parts."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons_book.frequency_direction.pull_back import purest_direction, split_output

K = 3


def random_case():
    """The geometry of an unembedding with 3 weak directions, and a unit vector of logits."""
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(10, 40, generator=generator)
    unembedding[:K] *= 0.01
    direction = torch.randn(40, generator=generator)
    norm = FinalNorm(centres=False, eps=1e-5)
    space = cn.Geometry(unembedding, cn.spectrum(unembedding), K, None, norm)
    return space, direction / direction.norm()


def cosine(write, space, direction):
    """Of what a write does to the logits with a direction there."""
    return references.cosine(write @ space.unembedding, direction)


def test_no_other_visible_direction_is_purer():
    space, direction = random_case()
    pure = purest_direction(space, direction, K)
    assert float(pure.norm()) == pytest.approx(1)
    assert (space.null_space.T @ pure).norm() < 1e-5
    rivals = torch.randn(2000, 10, generator=torch.Generator().manual_seed(1))
    rivals = [*(rivals - rivals @ space.null_space @ space.null_space.T)]
    rivals.append(space.unembedding @ direction)  # the steepest
    best = cosine(pure, space, direction)
    assert best > max(cosine(rival, space, direction) for rival in rivals)


def test_the_purest_direction_is_the_least_squares_solution():
    space, direction = random_case()
    solution = torch.linalg.lstsq(space.unembedding.T.double(), direction.double()).solution
    found = purest_direction(space, direction, 0)
    assert references.cosine(found, solution) == pytest.approx(1, abs=1e-6)


def test_without_leaving_anything_out_the_purest_direction_hides_in_the_null_space():
    space, direction = random_case()
    naive, sensible = (purest_direction(space, direction, k) for k in (0, K))
    assert (space.null_space.T @ naive).norm() > 0.9
    speeds = [float(each @ space.unembedding @ direction) for each in (naive, sensible)]
    assert speeds[1] > 10 * speeds[0]


def test_a_planted_direction_is_found():
    space, _ = random_case()
    planted = space.spectrum.directions[:, 2]
    image = planted @ space.unembedding
    found = purest_direction(space, image / image.norm(), K)
    assert references.cosine(found, planted) == pytest.approx(1, abs=1e-5)


def test_parts_add_up_and_only_one_of_them_moves_the_logits_along_u():
    space, direction = random_case()
    w_out = torch.randn(10, generator=torch.Generator().manual_seed(5))
    parts = split_output(w_out, space.null_space, space.unembedding @ direction)
    assert list(parts) == ["null space", "along u", "rest"]
    stacked = torch.stack(list(parts.values()))
    assert torch.allclose(stacked.sum(dim=0), w_out, atol=1e-5)
    crossed = stacked @ stacked.T - torch.diag(stacked.square().sum(dim=1))
    assert crossed.abs().max() < 1e-5
    inside = space.null_space @ (space.null_space.T @ w_out)
    assert torch.allclose(inside, parts["null space"], atol=1e-5)
    moved = {name: float(part @ space.unembedding @ direction) for name, part in parts.items()}
    assert abs(moved["rest"]) < 1e-3 * abs(moved["along u"])
    assert abs(moved["null space"]) < 0.1 * abs(moved["along u"])


def test_on_prose_the_pure_pull_back_is_nearly_the_frequency_direction():
    space = cn.geometry(references.bundled("prose"))
    assert space.unigram is not None
    u = space.unigram.direction
    assert cosine(purest_direction(space, u, space.k), space, u) > 0.9
