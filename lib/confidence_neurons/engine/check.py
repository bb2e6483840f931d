"""The error of second-order effects, from exact values at a few ablations.

Every estimate comes with a risk, in nats, that its error goes with. The exact
values of some ablations, drawn in proportion to their risk, tell the factor
between the two: in each piece the mean of error over risk among them is, on
average over many draws, the sum of all errors over the sum of all risks,
whatever the risk is worth. Neurons differ in their factor, and the largest risks
overstate the error most: in the models that were looked at, 95 % of the neurons
are within `MARGIN` times the common factor. So that is what is taken, or the
neuron's own where it is larger still; and where few were drawn, it is drawn
towards 1, where an error is as large as its risk.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

CHECKED = 1 / 3000  # share of the ablations
MARGIN = 8
AS_IF_DRAWN = 30  # ablations whose error is their risk, beside those that were drawn
ROUNDING = 2e-7  # nats: what float32 makes of an exact change of entropy


class ErrorCheck:
    """Draws ablations to check, and collects risks of all and errors of those.

    Parameters
    ----------
    seed:
        Decides which are drawn.
    share:
        How many of all are drawn.
    """

    def __init__(self, neurons: int, seed: int = 0, share: float = CHECKED) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.share = share
        self.missed = torch.zeros((), dtype=torch.float64)
        self.risks = torch.zeros(neurons, dtype=torch.float64)
        self.ratios = torch.zeros_like(self.risks)
        self.drawn = torch.zeros_like(self.risks)

    def draw(self, risk: Float[Tensor, "token neuron"]) -> Int[Tensor, "pair 2"]:
        """Some ablations of a piece, in proportion to their risk."""
        weights = risk.flatten().cpu().double()
        count = min(math.ceil(self.share * len(weights)), int((weights > 0).sum()))
        if count == 0:
            return torch.empty(0, 2, dtype=torch.int64, device=risk.device)
        keys = torch.empty_like(weights).exponential_(generator=self.generator) / weights
        chosen = keys.topk(count, largest=False).indices.sort().values.to(risk.device)
        return torch.stack([chosen // risk.shape[1], chosen % risk.shape[1]], dim=1)

    def add(
        self,
        neurons: slice,
        risk: Float[Tensor, "token neuron"],
        drawn: Int[Tensor, "pair 2"],
        missed: Float[Tensor, " pair"],
    ) -> None:
        """Take in a piece.

        Parameters
        ----------
        risk:
            Of each estimate, 0 where it was exact.
        missed:
            |estimated - exact|, in nats, of the ablations that were drawn.
        """
        of_each = risk.sum(dim=0, dtype=torch.float64).cpu()
        self.risks[neurons] += of_each
        if not len(drawn):
            return
        ratio = (missed - ROUNDING).clamp(min=0).double() / risk[tuple(drawn.T)].double()
        ratio, own = ratio.cpu(), drawn[:, 1].cpu()
        self.missed += ratio.mean() * of_each.sum()
        self.ratios[neurons].index_add_(0, own, ratio)
        self.drawn[neurons].index_add_(0, own, torch.ones_like(ratio))

    def relative_error(
        self, effect: Float[Tensor, " neuron"], tokens: int
    ) -> Float[Tensor, " neuron"]:
        """What the error of a mean over so many tokens seldom exceeds, as a share of the effect.

        NaN where nothing is at risk and the effect is 0.
        """
        own = (self.ratios / self.drawn).nan_to_num(0)
        common = MARGIN * (self.missed / self.risks.sum()).nan_to_num(0)
        drawn = self.drawn.sum()
        common = (drawn * common + AS_IF_DRAWN) / (drawn + AS_IF_DRAWN)
        return torch.maximum(own, common) * self.risks / tokens / effect
