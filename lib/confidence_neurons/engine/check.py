"""The error of second-order effects, from exact values at a few tokens.

The first term that the estimate leaves out is of third order in the change d
of the logits, so the error of one ablation goes with the cube of the standard
deviation of d, which is known for all tokens. The exact values of a few tokens
tell the factor between the two. A neuron's factor is the larger of its own and
the common one: most neurons fire at few tokens, and those few may not be in
the sample.
"""

import torch
from jaxtyping import Float
from torch import Tensor

CHECKED_TOKENS = 16
ROUNDING = 2e-7  # nats: what float32 makes of an exact change of entropy


class ErrorCheck:
    """Collects sizes of changes at all tokens, and errors at a random sample of them.

    Parameters
    ----------
    seed:
        Decides the sample.
    sample:
        How many tokens it has, if there are as many.
    """

    def __init__(
        self, tokens: int, neurons: int, seed: int = 0, sample: int = CHECKED_TOKENS
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.is_sampled = torch.zeros(tokens, dtype=torch.bool)
        self.is_sampled[torch.randperm(tokens, generator=generator)[:sample]] = True
        self.cubes = torch.zeros(neurons, dtype=torch.float64)
        self.sampled_cubes = torch.zeros_like(self.cubes)
        self.missed = torch.zeros_like(self.cubes)

    def sampled(self, tokens: slice) -> Tensor:
        """Places within these tokens that are in the sample."""
        return self.is_sampled[tokens].nonzero().squeeze(-1)

    def add_sizes(self, neurons: slice, size: Float[Tensor, "token neuron"]) -> None:
        """Take in the standard deviation of each change of the logits, 0 where it was exact."""
        self.cubes[neurons] += size.double().pow(3).sum(dim=0).cpu()

    def add_errors(
        self,
        neurons: slice,
        size: Float[Tensor, "sampled neuron"],
        missed: Float[Tensor, "sampled neuron"],
    ) -> None:
        """Take in |estimated - exact|, in nats, at sampled tokens; 0 both where it was exact."""
        self.sampled_cubes[neurons] += size.double().pow(3).sum(dim=0).cpu()
        self.missed[neurons] += (missed - ROUNDING).clamp(min=0).double().sum(dim=0).cpu()

    def relative_error(self, effect: Float[Tensor, " neuron"]) -> Float[Tensor, " neuron"]:
        """Mean error over the tokens, as a share of each neuron's mean absolute effect.

        NaN where the effect is 0.
        """
        own = self.missed / self.sampled_cubes
        common = self.missed.sum() / self.sampled_cubes.sum()
        factor = torch.maximum(own.nan_to_num(0), common.nan_to_num(0))
        return factor * self.cubes / len(self.is_sampled) / effect
