"""The effect of an ablation through the final scale alone, which the stretch alone decides."""

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.engine.exact import Changes
from confidence_neurons.engine.logits import LOG2E
from confidence_neurons.engine.readout import Ablations, Clean, Readout
from confidence_neurons.engine.stretching import Rows, interpolated, response


@torch.no_grad()
def indirect_changes(readout: Readout, clean: Clean, ablations: Ablations) -> Changes:
    """`entropy_indirect` and `loss_indirect`, ablated minus clean, in nats."""
    scaled = clean.scaled(readout)
    log_p = (clean.centred - clean.entropy) * LOG2E

    def evaluate(
        rows: Rows, stretch: Float[Tensor, "row node"]
    ) -> tuple[Float[Tensor, "row node"], Float[Tensor, "row node"]]:
        level = clean.centred[rows]
        g = level if scaled is clean.centred else scaled[rows]
        found = response(log_p[rows], level, g, stretch)
        on_target = g.gather(1, ablations.target[rows, None])
        return found.log_mass - found.mean, found.log_mass - stretch * on_target

    entropy, loss = interpolated(ablations.stretch, evaluate, clean.rounding)
    return {"entropy_indirect": entropy, "loss_indirect": loss}
