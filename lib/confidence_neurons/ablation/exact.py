"""Exact changes of the output, by a rank-1 update of the clean logits.

The ablated logits are the clean ones plus a multiple of the neuron's reading
q, stretched by the new scale (see `readout`): nothing has to be unembedded
again. What remains is a softmax for each token and neuron.

Inside this module logits are in bits (times log2 e), since exp2 is several
times faster than exp on a CPU; and they have mean zero under the clean
distribution. Changes are worked out as such, not as differences of levels, and
sums of exponentials are compared with the clean one before the logarithm, so
that small effects keep their digits.
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
    target = ablations.target
    of_target = logits.functional(
        logits.base.gather(1, target[:, None]), readings[:, target].T, logits.bias[target, None]
    )
    of_clean = logits.mean(clean.probability)
    restored = None if unigram is None else logits.mean(unigram.direction[None]).total
    sums = _softmax_changes(logits, unigram, restored)

    changes = {
        "entropy_total": sums["entropy_total"],
        "entropy_direct": sums["entropy_direct"],
        "loss_total": sums["log_z_total"] - of_target.total,
        "loss_direct": sums["log_z_direct"] - of_target.direct,
        "kl_from_clean": (sums["log_z_total"] - of_clean.total).clamp(min=0),
    }
    if unigram is not None and restored is not None:
        of_unigram = logits.mean(unigram.probability[None])
        on_target = unigram.direction[target, None]
        for kind, offset in (("total", 0.0), ("direct_frequency", restored)):
            entropy, log_z = sums[f"entropy_{kind}"], sums[f"log_z_{kind}"]
            along = unigram.spread * LOG2E * sums[f"direction_{kind}"]
            changes |= {
                f"entropy_{kind}": entropy,
                f"loss_{kind}": log_z - (of_target.total - offset * on_target),
                f"kl_{kind}": log_z - (of_unigram.total - offset * unigram.mean_direction),
                f"kl_reverse_{kind}": -entropy - along,
            }
    return {name: values * LN2 for name, values in changes.items()} | {
        "argmax_changed": sums["argmax_changed"]
    }


@dataclass(frozen=True)
class _Functional:
    """How each ablation changes one linear functional of the logits."""

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
        """Changes of a functional, from its values on the parts of the logits."""
        direct = self.push * of_readings
        return _Functional(direct, direct + self.stretch * (of_base + direct - of_bias))

    def mean(self, weights: Float[Tensor, "token_or_1 d_vocab"]) -> _Functional:
        """The weighted sum over the vocabulary."""
        return self.functional(
            (weights * self.base).sum(dim=-1, keepdim=True),
            weights @ self.readings.T,
            (weights * self.bias).sum(dim=-1, keepdim=True),
        )

    def may_overflow(self) -> bool:
        """Whether exp2 of a logit might leave the range of float32."""
        highest = _largest(self.base)[:, None] + self.bias.abs().max()
        pushed = self.push.abs() * _largest(self.readings)
        return bool(((1 + self.stretch) * (highest + pushed)).max() > SAFE_BITS)


def _largest(values: Float[Tensor, "row d_vocab"]) -> Float[Tensor, " row"]:
    """Largest absolute value of each row, without a copy of them all."""
    return torch.maximum(values.amax(dim=-1), -values.amin(dim=-1))


def _softmax_changes(
    logits: _AblatedLogits,
    unigram: Unigram | None,
    restored: Float[Tensor, "token neuron"] | None,
) -> dict[str, Float[Tensor, "token neuron"]]:
    """What needs a sum of exponentials over the vocabulary, block by block, in bits."""
    favourite = logits.base.argmax(dim=-1)
    # Any constant may be taken from u where its mean is to change; a mean near 0 keeps digits.
    direction = None if unigram is None else unigram.direction - unigram.mean_direction
    unit = None if logits.may_overflow() else logits.base.exp2().sum(dim=-1, keepdim=True)
    clean = distribution_in_bits(logits.base[:, None], unit, direction)
    found: dict[str, Tensor] = {}

    def keep(kind: str, block: tuple[slice, slice], values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            whole = found.setdefault(f"{name}{kind}", torch.empty_like(logits.push))
            whole[block] = value - clean[name][block[0]] if name in clean else value

    rows = max(1, ELEMENTS_AT_ONCE.get(logits.base.device.type, 2**20) // logits.base.shape[1])
    memory = logits.base.new_empty(2, rows, logits.base.shape[1])
    for block in _blocks(len(logits.base), len(logits.readings), rows):
        tokens, neurons = block
        push, stretch = logits.push[block].unsqueeze(-1), logits.stretch[block].unsqueeze(-1)
        near = None if unit is None else unit[tokens]
        z, spare = memory[:, : push.numel()].unflatten(1, push.shape[:2])
        torch.addcmul(logits.base[tokens, None], push, logits.readings[None, neurons], out=z)
        keep("_direct", block, distribution_in_bits(z, near, spare=spare))
        z.lerp_(logits.bias, -stretch)
        keep("_total", block, distribution_in_bits(z, near, direction, spare))
        before = z.gather(-1, favourite[tokens, None, None].expand(-1, z.shape[1], 1))
        keep("", block, {"argmax_changed": (z.amax(dim=-1) > before.squeeze(-1)).float()})
        if unigram is not None and restored is not None:
            z.addcmul_(-restored[block].unsqueeze(-1), unigram.direction)
            keep("_direct_frequency", block, distribution_in_bits(z, near, direction, spare))
    return found


def distribution_in_bits(
    z: Float[Tensor, "token neuron d_vocab"],
    unit: Float[Tensor, "token 1"] | None,
    direction: Float[Tensor, " d_vocab"] | None = None,
    spare: Float[Tensor, "token neuron d_vocab"] | None = None,
) -> dict[str, Float[Tensor, "token neuron"]]:
    """`log_z` and `entropy` of logits in bits, and the mean of `direction`; z stays as it is.

    Parameters
    ----------
    unit:
        A number near the sums of exponentials, the clean one: `log_z` and
        `entropy` are short of its log2, so that differences keep their digits.
        None where exponentials might overflow: the highest logit is taken out
        of them instead, and nothing is left out.
    spare:
        Memory to work in. Fresh memory of this size costs more time than the
        exponentials: the operating system hands it out page by page.
    """
    weights = torch.empty_like(z) if spare is None else spare
    if unit is None:
        top = z.amax(dim=-1, keepdim=True)
        total = torch.sub(z, top, out=weights).exp2_().sum(dim=-1)
        log_z = total.log2() + top.squeeze(-1)
    else:
        total = torch.exp2(z, out=weights).sum(dim=-1)
        log_z = (total / unit).log2()
    found = {"log_z": log_z}
    if direction is not None:
        found["direction"] = (weights @ direction) / total
    return found | {"entropy": log_z - weights.mul_(z).sum(dim=-1) / total}


def _blocks(tokens: int, neurons: int, rows: int) -> Iterator[tuple[slice, slice]]:
    """Tokens and neurons whose logits fit the processor's cache (or fill a GPU).

    About as many tokens as neurons, so that what a block reads is small beside
    what it computes; the readings stay in the cache from one block to the next.
    """
    token_step = min(tokens, max(1, math.isqrt(rows)))
    neuron_step = rows // token_step
    for start in range(0, neurons, neuron_step):
        for first in range(0, tokens, token_step):
            yield slice(first, first + token_step), slice(start, start + neuron_step)
