"""What needs a sum of exponentials of ablated logits: log-partition function, entropy, argmax.

All in bits: exp2 is several times faster than exp on a CPU.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.logits import AblatedLogits
from confidence_neurons.weights.unigram import Unigram

LN2 = math.log(2)
BYTES_AT_ONCE = {"cpu": 2**22, "cuda": 2**25}


def softmax_changes(
    logits: AblatedLogits,
    unigram: Unigram | None = None,
    restored: Float[Tensor, "token neuron"] | None = None,
) -> dict[str, Float[Tensor, "token neuron"]]:
    """Ablated minus clean for every token and neuron, block by block.

    Returns
    -------
    `log_z` and `entropy`, each with `_direct` and `_total`; `argmax_changed`.
    With `unigram`: also `direction_total`, the mean of its direction, and all
    three with `_frequency`: after `restored` times the direction has
    been taken off the logits.
    """
    clean = _CleanSums.build(logits, unigram, restored)
    rows = rows_at_once(logits.base)
    memory = logits.base.new_empty(2, rows, logits.base.shape[1])
    found: dict[str, Tensor] = {}
    for block in _blocks(len(logits.base), logits.push.shape[1], rows):
        tokens, neurons = block
        shape = logits.push[block].shape
        z, spare = memory[:, : shape.numel()].unflatten(1, shape)
        logits.direct(tokens, neurons, out=z)
        back = None if restored is None else restored[block].unsqueeze(-1)
        stretch = logits.stretch[block].unsqueeze(-1)
        changes = clean.tokens(tokens).changes(z, spare, stretch, logits.bias, unigram, back)
        for name, values in changes.items():
            found.setdefault(name, torch.empty_like(logits.push))[block] = values
    return found


def softmax_changes_at(
    logits: AblatedLogits, pairs: Int[Tensor, "pair 2"]
) -> dict[str, Float[Tensor, " pair"]]:
    """The same at some pairs of a token and a neuron only, where no norm follows the MLP."""
    clean = _CleanSums.build(logits)
    rows = rows_at_once(logits.base)
    memory = logits.base.new_empty(2, rows, logits.base.shape[1])
    parts = []
    for few in pairs.split(rows):
        tokens, neurons = few.unbind(dim=1)
        push, stretch = logits.push[tokens, neurons], logits.stretch[tokens, neurons]
        z, spare = memory[:, : len(few)].unsqueeze(2)
        readings = logits.panel.readings
        for row, (token, neuron) in enumerate(few.tolist()):
            torch.addcmul(logits.base[token], push[row], readings[neuron], out=z[row, 0])
        parts.append(clean.tokens(tokens).changes(z, spare, stretch[:, None, None], logits.bias))
    return {name: torch.cat([part[name] for part in parts]).squeeze(-1) for name in parts[0]}


@dataclass(frozen=True)
class _CleanSums:
    """The clean output, to which ablated ones are compared.

    `unit` is the clean sum of exponentials, or None where exponentials might
    overflow; `favourite` the most probable token.
    """

    unit: Float[Tensor, "token 1"] | None
    direction: Float[Tensor, " d_vocab"] | None
    favourite: Int[Tensor, " token"]
    sums: dict[str, Float[Tensor, "token 1"]]

    @classmethod
    def build(
        cls,
        logits: AblatedLogits,
        unigram: Unigram | None = None,
        restored: Float[Tensor, "token neuron"] | None = None,
    ) -> "_CleanSums":
        direction, further = None, 0.0
        if unigram is not None and restored is not None:
            # Any constant may be taken from u where its mean is to change; near 0 it keeps digits.
            direction = unigram.direction - unigram.mean_direction
            further = float(restored.abs().max() * unigram.restored.abs().max())
        unit = None
        if not logits.may_overflow(further):
            unit = logits.base.exp2().sum(dim=-1, keepdim=True)
        sums = distribution_in_bits(logits.base[:, None], unit, direction)
        return cls(unit, direction, logits.base.argmax(dim=-1), sums)

    def tokens(self, rows: slice | Tensor) -> "_CleanSums":
        unit = None if self.unit is None else self.unit[rows]
        sums = {name: values[rows] for name, values in self.sums.items()}
        return _CleanSums(unit, self.direction, self.favourite[rows], sums)

    def changes(
        self,
        z: Float[Tensor, "token neuron d_vocab"],
        spare: Float[Tensor, "token neuron d_vocab"],
        stretch: Float[Tensor, "token neuron 1"],
        bias: Float[Tensor, " d_vocab"],
        unigram: Unigram | None = None,
        restored: Float[Tensor, "token neuron 1"] | None = None,
    ) -> dict[str, Float[Tensor, "token neuron"]]:
        """From the logits z with the scale frozen, which are overwritten."""
        found = self._less_clean("direct", distribution_in_bits(z, self.unit, spare=spare))
        z.lerp_(bias, -stretch)
        total = distribution_in_bits(z, self.unit, self.direction, spare)
        found |= self._less_clean("total", total)
        before = z.gather(-1, self.favourite[:, None, None].expand(-1, z.shape[1], 1))
        found["argmax_changed"] = (z.amax(dim=-1) > before.squeeze(-1)).to(z.dtype)
        if unigram is not None and restored is not None:
            z.addcmul_(-restored, unigram.restored)
            back = distribution_in_bits(z, self.unit, self.direction, spare)
            found |= self._less_clean("frequency", back)
        return found

    def _less_clean(self, kind: str, values: dict[str, Tensor]) -> dict[str, Tensor]:
        return {f"{name}_{kind}": value - self.sums[name] for name, value in values.items()}


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


def rows_at_once(logits: Float[Tensor, "row d_vocab"]) -> int:
    """How many rows of logits to work on at once: a block fits the cache, or fills a GPU."""
    return max(1, bytes_at_once(logits.device) // (logits.itemsize * logits.shape[1]))


def bytes_at_once(device: torch.device) -> int:
    """Size of a block of logits."""
    return BYTES_AT_ONCE.get(device.type, BYTES_AT_ONCE["cpu"])


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
