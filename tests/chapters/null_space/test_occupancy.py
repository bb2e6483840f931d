"""How much lies in the null space, against slow references."""

import pytest
import torch

from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.loading import load_model
from confidence_neurons.text.altered import corrupt
from confidence_neurons.weights.unembedding import effective_unembedding, spectrum
from confidence_neurons_book.null_space.occupancy import neuron_occupancy, stream_occupancy
from tiny_models import save_tiny_model

K = 5


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("neox")
    save_tiny_model(directory, "neox-serial")
    return load_model(directory, device="cpu")


@pytest.fixture(scope="module")
def null_space(model):
    return spectrum(effective_unembedding(model)).null_space(K)


def test_stream_agrees_with_a_token_by_token_reference(model, null_space):
    tokens = torch.randint(1, 300, (2, 12), generator=torch.Generator().manual_seed(0))
    unigram = torch.arange(1, 301)
    frame = stream_occupancy(model, tokens, unigram, null_space, rates=(0.0, 0.5))
    norm = FinalNorm.from_model(model)
    for _, row in frame.iterrows():
        noisy = corrupt(tokens, row["rate"], unigram, seed=0)
        _, cache = model.run_with_cache(noisy)
        stream = cache["blocks.1.hook_resid_post"]
        shares, scales, entropies = [], [], []
        for x in stream[:, 1:-1].flatten(0, 1):
            centred = x - x.mean()
            shares.append((null_space @ (null_space.T @ centred)).norm() / centred.norm())
            scales.append((centred.pow(2).mean() + norm.eps).sqrt())
        p = model(noisy)[:, 1:-1].softmax(-1)
        entropies = -(p * p.log()).sum(-1)
        assert row["null_fraction"] == pytest.approx(torch.stack(shares).mean().item(), rel=1e-4)
        assert row["scale"] == pytest.approx(torch.stack(scales).mean().item(), rel=1e-4)
        assert row["entropy"] == pytest.approx(entropies.mean().item(), rel=1e-4)
    assert frame["scale_ratio"][0] == 1
    assert frame["scale_ratio"][1] == pytest.approx(frame["scale"][1] / frame["scale"][0])


def test_neurons_agree_with_projections(model, null_space):
    frame = neuron_occupancy(model, null_space)
    weights = model.blocks[1].mlp.W_out
    assert list(frame["neuron"]) == list(range(len(weights)))
    for neuron in (0, 17, 63):
        w = weights[neuron]
        inside = null_space @ (null_space.T @ w)
        assert frame["weight_norm"][neuron] == pytest.approx(w.norm().item(), rel=1e-4)
        assert frame["null_fraction"][neuron] == pytest.approx(
            (inside.norm() / w.norm()).item(), rel=1e-3
        )
