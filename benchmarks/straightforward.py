"""The straightforward way to measure ablations: neuron by neuron, through the whole readout.

For every neuron: add its change to the residual stream, normalise, unembed,
take the softmax; once with the scale recomputed, once with the clean scale.
Tokens go through in batches, so that the products are matrix products; the
size of a batch is the one that was fastest on the machine of the results.
"""

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from shapes import Problem

BATCH = 128


@torch.no_grad()
def straightforward_effects(problem: Problem, batch: int = BATCH) -> pd.DataFrame:
    """Mean absolute changes of entropy and loss, in nats, a row for each neuron.

    Returns
    -------
    `entropy_total`, `loss_total`: the final norm computes its scale from the
    ablated residual stream. `entropy_direct`, `loss_direct`: the scale is the
    clean one.
    """
    sources = problem.sources
    clean_scale = problem.readout.norm.scale(sources.residual)
    clean = _in_batches(problem, sources.residual, None, batch)
    rows = []
    for neuron, w_out in enumerate(sources.w_out):
        ablated = sources.residual + sources.delta[:, neuron, None] * w_out
        row = {}
        for kind, scale in (("total", None), ("direct", clean_scale)):
            changed = _in_batches(problem, ablated, scale, batch)
            change = (changed - clean).abs().mean(dim=0)
            row |= {f"entropy_{kind}": float(change[0]), f"loss_{kind}": float(change[1])}
        rows.append(row)
    return pd.DataFrame(rows)


def _in_batches(
    problem: Problem,
    residual: Float[Tensor, "token d_model"],
    scale: Float[Tensor, "token 1"] | None,
    batch: int,
) -> Float[Tensor, "token 2"]:
    """Entropy and loss at each token, in nats."""
    readout, results = problem.readout, []
    for first in range(0, len(residual), batch):
        rows = slice(first, first + batch)
        normalised = readout.norm.apply(residual[rows], None if scale is None else scale[rows])
        logits = (normalised * readout.gain) @ readout.unembedding + readout.bias
        results.append(_entropy_and_loss(logits, problem.sources.target[rows]))
    return torch.cat(results)


def _entropy_and_loss(
    logits: Float[Tensor, "token d_vocab"], target: Int[Tensor, " token"]
) -> Float[Tensor, "token 2"]:
    log_p = logits.log_softmax(dim=-1)
    entropy = -(log_p.exp() * log_p).sum(dim=-1)
    loss = -log_p.gather(1, target[:, None]).squeeze(-1)
    return torch.stack([entropy, loss], dim=-1)
