"""Exact changes of the output, by a rank-1 update of the clean logits.

The ablated logits are the clean ones plus a multiple of the neuron's reading
q, stretched by the new scale (see `readout`): nothing has to be unembedded
again. What remains is a softmax for each token and neuron.

Inside this module logits are in bits (times log2 e), since exp2 is several
times faster than exp on a CPU; and they have mean zero under the clean
distribution, so that differences of entropies keep their digits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.ablation.readout import Ablations, Clean, Readout
from confidence_neurons.frequency import Unigram

LOG2E = math.log2(math.e)
LN2 = math.log(2)
ELEMENTS_AT_ONCE = {"cpu": 2**20, "cuda": 2**26}
SAFE_BITS = 100.0

Changes = dict[str, Float[Tensor, "token neuron"]]


@torch.no_grad()
def exact_changes(
    readout: Readout,
    clean: Clean,
    ablations: Ablations,
    readings: Float[Tensor, "neuron d_vocab"],
    unigram: Unigram | None = None,
) -> Changes:
    """Ablated minus clean, in nats, for each token and neuron.

    Parameters
    ----------
    readings:
        q = w_out W of each neuron: what it adds to the logits, before the scale.
    unigram:
        With it, also what concerns the frequency direction.

    Returns
    -------
    `entropy_total`, `loss_total`: the scale is that of the ablated residual
    stream. `entropy_direct`, `loss_direct`: the scale is frozen.
    `kl_from_clean`: KL(clean || ablated). `argmax_changed`: 1 where the most
    probable next token is another one. With `unigram`: `kl_total` for
    KL(P_freq || P_model), `kl_reverse_total` for KL(P_model || P_freq), and
    `entropy_`, `loss_`, `kl_` and `kl_reverse_direct_frequency`, measured
    after the clean projection on the frequency direction has been put back.
    """
    logits = _AblatedLogits.build(readout, clean, ablations, readings)
    entropy = clean.entropy * LOG2E
    target = ablations.target
    of_target = logits.functional(
        logits.base.gather(1, target[:, None]), readings[:, target].T, logits.bias[target, None]
    )
    of_clean = logits.mean(clean.probability)
    of_direction = logits.mean(unigram.direction[None]) if unigram is not None else None
    restored = None if of_direction is None else of_direction.total - of_direction.clean
    sums = _softmax_sums(logits, unigram, restored)

    loss = entropy - of_target.clean
    changes = {
        "entropy_total": sums["entropy_total"] - entropy,
        "entropy_direct": sums["entropy_direct"] - entropy,
        "loss_total": sums["log_z_total"] - of_target.total - loss,
        "loss_direct": sums["log_z_direct"] - of_target.direct - loss,
        "kl_from_clean": (sums["log_z_total"] - of_clean.total - entropy).clamp(min=0),
    }
    if unigram is not None and restored is not None:
        of_unigram = logits.mean(unigram.probability[None])
        on_target = unigram.direction[target, None]
        clean_mean = clean.probability @ unigram.direction[:, None]
        for kind, offset in (("total", 0.0), ("direct_frequency", restored)):
            entropy_change = sums[f"entropy_{kind}"] - entropy
            mean_change = sums[f"direction_{kind}"] - clean_mean
            log_z = sums[f"log_z_{kind}"]
            changes |= {
                f"entropy_{kind}": entropy_change,
                f"loss_{kind}": log_z - (of_target.total - offset * on_target) - loss,
                f"kl_{kind}": (log_z - entropy)
                - (of_unigram.total - of_unigram.clean - offset * unigram.mean_direction),
                f"kl_reverse_{kind}": -entropy_change - unigram.spread * LOG2E * mean_change,
            }
    return {name: values * LN2 for name, values in changes.items()} | {
        "argmax_changed": sums["argmax_changed"]
    }


@dataclass(frozen=True)
class _Functional:
    """One linear functional of the logits: clean, and after each ablation."""

    clean: Float[Tensor, "token_or_1 1"]
    direct: Float[Tensor, "token neuron"]
    total: Float[Tensor, "token neuron"]


@dataclass(frozen=True)
class _AblatedLogits:
    """The logits after each ablation, in bits, up to a constant per token and neuron.

    direct = base + push * reading, total = (1 + stretch) direct - stretch * bias.
    """

    base: Float[Tensor, "token d_vocab"]
    bias: Float[Tensor, " d_vocab"]
    readings: Float[Tensor, "neuron d_vocab"]
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]

    @classmethod
    def build(
        cls,
        readout: Readout,
        clean: Clean,
        ablations: Ablations,
        readings: Float[Tensor, "neuron d_vocab"],
    ) -> "_AblatedLogits":
        return cls(
            base=clean.centred * LOG2E,
            bias=readout.bias * LOG2E,
            readings=readings,
            push=ablations.push * LOG2E,
            stretch=ablations.stretch,
        )

    def functional(
        self,
        of_base: Float[Tensor, "token_or_1 1"],
        of_readings: Float[Tensor, "token_or_1 neuron"],
        of_bias: Float[Tensor, "token_or_1 1"],
    ) -> _Functional:
        """A functional of the ablated logits, from its values on their parts."""
        direct = of_base + self.push * of_readings
        return _Functional(of_base, direct, direct + self.stretch * (direct - of_bias))

    def mean(self, weights: Float[Tensor, "token_or_1 d_vocab"]) -> _Functional:
        """The weighted sum over the vocabulary."""
        return self.functional(
            (weights * self.base).sum(dim=-1, keepdim=True),
            weights @ self.readings.T,
            (weights * self.bias).sum(dim=-1, keepdim=True),
        )

    def may_overflow(self) -> bool:
        """Whether exp2 of a logit might leave the range of float32."""
        highest = self.base.abs().amax(-1, keepdim=True) + self.bias.abs().max()
        pushed = self.push.abs() * self.readings.abs().amax(-1)
        return bool(((1 + self.stretch) * (highest + pushed)).max() > SAFE_BITS)


def _softmax_sums(
    logits: _AblatedLogits,
    unigram: Unigram | None,
    restored: Float[Tensor, "token neuron"] | None,
) -> dict[str, Float[Tensor, "token neuron"]]:
    """What needs a sum of exponentials over the vocabulary, block by block, in bits."""
    favourite = logits.base.argmax(dim=-1)
    shift = logits.may_overflow()
    direction = None if unigram is None else unigram.direction
    found: dict[str, Tensor] = {}

    def keep(kind: str, block: tuple[slice, slice], values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            whole = found.setdefault(f"{name}{kind}", torch.empty_like(logits.push))
            whole[block] = value

    for tokens, neurons in _blocks(logits):
        block = (tokens, neurons)
        push, stretch = logits.push[block].unsqueeze(-1), logits.stretch[block].unsqueeze(-1)
        z = torch.addcmul(logits.base[tokens, None], push, logits.readings[None, neurons])
        keep("_direct", block, distribution_in_bits(z, shift))
        z.lerp_(logits.bias, -stretch)
        keep("_total", block, distribution_in_bits(z, shift, direction))
        before = z.gather(-1, favourite[tokens, None, None].expand(-1, z.shape[1], 1))
        keep("", block, {"argmax_changed": (z.amax(dim=-1) > before.squeeze(-1)).float()})
        if direction is not None and restored is not None:
            z.addcmul_(-restored[block].unsqueeze(-1), direction)
            keep("_direct_frequency", block, distribution_in_bits(z, shift, direction))
    return found


def distribution_in_bits(
    z: Float[Tensor, "token neuron d_vocab"],
    shift: bool,
    direction: Float[Tensor, " d_vocab"] | None = None,
) -> dict[str, Float[Tensor, "token neuron"]]:
    """`log_z` and `entropy` of logits in bits, and the mean of `direction`; z stays as it is."""
    top = z.amax(dim=-1, keepdim=True) if shift else None
    weights = torch.exp2(z) if top is None else torch.exp2(z - top)
    total = weights.sum(dim=-1)
    log_z = total.log2() if top is None else total.log2() + top.squeeze(-1)
    found = {"log_z": log_z}
    if direction is not None:
        found["direction"] = (weights @ direction) / total
    return found | {"entropy": log_z - weights.mul_(z).sum(dim=-1) / total}


def _blocks(logits: _AblatedLogits) -> Iterator[tuple[slice, slice]]:
    """Tokens and neurons whose logits fit the processor's cache (or fill a GPU)."""
    (tokens, neurons), d_vocab = logits.push.shape, logits.readings.shape[1]
    rows = max(1, ELEMENTS_AT_ONCE.get(logits.base.device.type, 2**20) // d_vocab)
    token_step, neuron_step = max(1, rows // neurons), min(rows, neurons)
    for first in range(0, tokens, token_step):
        for start in range(0, neurons, neuron_step):
            yield slice(first, first + token_step), slice(start, start + neuron_step)
