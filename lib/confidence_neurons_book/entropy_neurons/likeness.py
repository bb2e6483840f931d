"""How much of a change of the logits is a change of confidence.

Let d be a small change of the logits l, and p = softmax(l). To first order

    H' - H = -Cov_p(d, log p),     KL(p || p') = Var_p(d) / 2  (to second order),

so by Cauchy and Schwarz no change with this divergence moves the entropy by
more than sqrt(Var_p(d) Var_p(log p)), and the share of it that d reaches is
the absolute correlation of d with log p under p. It is 1 where d is a
multiple of log p, that is, for a temperature.
"""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons import State
from confidence_neurons.engine.closed_form import Held, prepare
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.readout import Ablations, Clean, Readout

TOKENS_AT_ONCE = 512


@torch.no_grad()
def temperature_likeness(model: TransformerBridge, state: State) -> pd.DataFrame:
    """For each last-layer neuron, how alike its mean ablation is to a temperature.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    state : State
        From `run`.

    Returns
    -------
    pd.DataFrame
        One row per neuron: `neuron`; `entropy_slope`, the mean over tokens of
        |Cov_p(d, log p)|, in nats; `entropy_bound`, the mean of
        sqrt(Var_p(d) Var_p(log p)), the most that an equally large change
        could do; and `likeness`, their ratio, from 0 to 1, NaN where the
        ablation changes nothing. d is the total change of the logits (scale
        recomputed).
    """
    held = Held.of(state, None, None, None)
    readout, sources, _ = prepare(model, state, held, DEFAULT_BUDGET)
    readout = readout.to(torch.float64)
    readings = readout.readings(sources.heard(readout, slice(None)))
    sums = readings.new_zeros(2, len(readings))
    for rows in torch.arange(len(sources.target)).split(TOKENS_AT_ONCE):
        part = sources.ablations(readout, rows.to(readings.device), slice(None))
        covariance, variance, of_log_p = _moments(readout, part, readings)
        bound = (variance.clamp(min=0) * of_log_p).sqrt()
        sums += torch.stack([covariance.abs(), bound]).sum(dim=1)
    slope, bound = (sums / len(sources.target)).cpu().numpy()
    frame = pd.DataFrame({"neuron": held.neurons, "entropy_slope": slope, "entropy_bound": bound})
    return frame.assign(likeness=slope / frame["entropy_bound"].where(bound > 0))


def _moments(
    readout: Readout, ablations: Ablations, readings: Float[Tensor, "neuron d_vocab"]
) -> tuple[Float[Tensor, "token neuron"], Float[Tensor, "token neuron"], Float[Tensor, "token 1"]]:
    """Cov_p(d, log p), Var_p(d) and Var_p(log p).

    With q the neuron's reading and g the part of the logits that the scale
    divides, d = stretch g + pushed q (see `engine.readout`).
    """
    clean = Clean.build(readout, ablations)
    p, log_p, scaled = clean.probability, clean.centred, clean.scaled(readout)
    stretch = ablations.stretch
    pushed = ablations.push * (1 + stretch)
    q_q = p @ readings.pow(2).T - (p @ readings.T).pow(2)
    g_q = (p * scaled) @ readings.T
    l_q = (p * log_p) @ readings.T
    g_g = (p * scaled.pow(2)).sum(dim=-1, keepdim=True)
    l_g = (p * scaled * log_p).sum(dim=-1, keepdim=True)
    l_l = (p * log_p.pow(2)).sum(dim=-1, keepdim=True)
    covariance = stretch * l_g + pushed * l_q
    variance = stretch.pow(2) * g_g + 2 * stretch * pushed * g_q + pushed.pow(2) * q_q
    return covariance, variance, l_l
