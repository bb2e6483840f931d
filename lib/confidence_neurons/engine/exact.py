"""Exact changes of the output, by a rank-1 update of the clean logits.

The ablated logits are the clean ones plus a multiple of the neuron's reading
q, stretched by the new scale (see `readout`): nothing has to be unembedded
again. What remains is a softmax for each token and neuron.

On the way there logits are in bits (see `logits`), and they have mean zero
under the clean distribution. Changes are worked out as such, not as
differences of levels, and sums of exponentials are compared with the clean one
before the logarithm, so that small effects keep their digits.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.logits import LOG2E, AblatedLogits, Functional, Panel
from confidence_neurons.engine.readout import Ablations, Clean, Readout, row_dot
from confidence_neurons.engine.softmax import LN2, softmax_changes, softmax_changes_at
from confidence_neurons.weights.unigram import Unigram

Changes = dict[str, Float[Tensor, "token neuron"]]


@torch.no_grad()
def exact_changes(
    readout: Readout,
    clean: Clean,
    ablations: Ablations,
    panel: Panel,
    unigram: Unigram | None = None,
) -> Changes:
    """Ablated minus clean, in nats, for each token and neuron.

    Parameters
    ----------
    panel:
        The neurons' readings q = w_out W: what they add to the logits, before the scale.
    unigram:
        With it, also what concerns the frequency direction.

    Returns
    -------
    `entropy_total`, `loss_total`: the scale is that of the ablated residual
    stream. `entropy_direct`, `loss_direct`: the scale is frozen.
    `kl_from_clean`: KL(clean || ablated). `argmax_changed`: 1 where the most
    probable next token is another one. With `unigram`: `kl_total` for
    KL(P_freq || P_model), `kl_reverse_total` for KL(P_model || P_freq), and
    `entropy_`, `loss_`, `kl_` and `kl_reverse_frequency`, measured
    after the clean projection on the frequency direction has been put back.
    """
    logits = AblatedLogits.build(readout, clean, ablations, panel)
    of_target, of_clean = logits.of_entry(ablations.target), logits.mean(clean.probability)
    restored = None
    if unigram is not None:
        along = unigram.restored - unigram.restored.mean()  # logits are known up to a constant
        restored = logits.mean(along[None]).total
    sums = softmax_changes(logits, unigram, restored)
    changes = _entropy_and_loss(sums, of_target, of_clean)
    if unigram is not None and restored is not None:
        of_unigram = logits.mean(unigram.probability[None])
        on_target = unigram.restored[ablations.target, None]
        on_unigram = unigram.probability @ unigram.restored
        for kind, offset in (("total", 0.0), ("frequency", restored)):
            entropy, log_z = sums[f"entropy_{kind}"], sums[f"log_z_{kind}"]
            along = unigram.spread * LOG2E * sums[f"direction_{kind}"]
            changes |= {
                f"entropy_{kind}": entropy,
                f"loss_{kind}": log_z - (of_target.total - offset * on_target),
                f"kl_{kind}": log_z - (of_unigram.total - offset * on_unigram),
                f"kl_reverse_{kind}": -entropy - along,
            }
    return _in_nats(changes, sums)


@torch.no_grad()
def exact_pairs(
    readout: Readout,
    clean: Clean,
    ablations: Ablations,
    panel: Panel,
    mean_readings: Float[Tensor, "token neuron"],
    pairs: Int[Tensor, "pair 2"],
) -> dict[str, Float[Tensor, " pair"]]:
    """The same, without the unigram's part, at some pairs of a token and a neuron only.

    `mean_readings` are means of the readings under the clean distribution.
    """
    if not len(pairs):
        return {}
    tokens, neurons = pairs.unbind(dim=1)
    chosen, place = neurons.unique(return_inverse=True)
    few = panel.neurons(chosen)
    logits = AblatedLogits.build(readout, clean, ablations.neurons(chosen), few)
    push, stretch = logits.push[tokens, place], logits.stretch[tokens, place]
    target = ablations.target[tokens]
    of_target = Functional.build(
        push * few.readings[place, target],
        stretch,
        logits.base[tokens, target],
        logits.bias[target],
    )
    sums = softmax_changes_at(logits, torch.stack([tokens, place], dim=1))
    of_clean = Functional.build(
        push * mean_readings[tokens, neurons],
        stretch,
        row_dot(clean.probability, logits.base)[tokens, 0],
        (clean.probability @ logits.bias)[tokens],
    )
    return _in_nats(_entropy_and_loss(sums, of_target, of_clean), sums)


def _entropy_and_loss(
    sums: dict[str, Tensor], of_target: Functional, of_clean: Functional
) -> dict[str, Tensor]:
    return {
        "entropy_total": sums["entropy_total"],
        "entropy_direct": sums["entropy_direct"],
        "loss_total": sums["log_z_total"] - of_target.total,
        "loss_direct": sums["log_z_direct"] - of_target.direct,
        "kl_from_clean": (sums["log_z_total"] - of_clean.total).clamp(min=0),
    }


def _in_nats(changes: dict[str, Tensor], sums: dict[str, Tensor]) -> dict[str, Tensor]:
    in_nats = {name: values * LN2 for name, values in changes.items()}
    return in_nats | {"argmax_changed": sums["argmax_changed"]}
