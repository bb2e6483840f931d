"""Random readouts, residual streams and neurons, for what lies below the scan."""

import torch

from confidence_neurons.engine.readout import Readout
from confidence_neurons.model.final_norm import FinalNorm


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def inputs(tokens=7, neurons=5, d_model=12, d_vocab=40, seed=0, loudness=1.0):
    """A random readout, clean residual streams, and neurons to ablate."""
    weights = loudness * random(d_model, d_vocab, seed=seed)
    bias = random(d_vocab, seed=seed + 1)
    readout = Readout(
        weights - weights.mean(dim=1, keepdim=True), bias - bias.mean(), FinalNorm(True, 1e-5)
    )
    target = torch.arange(tokens) * 3 % d_vocab
    return readout, (
        random(tokens, d_model, seed=seed + 2),
        target,
        random(neurons, d_model, seed=seed + 3),
        random(tokens, neurons, seed=seed + 4),
    )
