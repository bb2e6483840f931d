"""Mean-ablate neurons of the last layer: effect on entropy, total and direct.

Ablating neuron n at a token replaces its activation a by its mean, which adds
delta * w_out to the residual stream, delta = mean - a. The clean logits are
known, so nothing has to be run again: with x the centred residual stream,
w the centred w_out and s the final scale,

    logits' = (x W_U + delta * w W_U) / s' + b_U,
    s'^2 = (|x|^2 + 2 delta x.w + delta^2 |w|^2) / d_model + eps.

The total effect uses the new scale s', the direct effect the clean scale s.
"""

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.final_norm import FinalNorm
from confidence_neurons.forward import check_linear_unembedding, run_final
from confidence_neurons.text import measured
from confidence_neurons.unembedding import effective_unembedding

TOKENS_AT_ONCE = 512


@torch.no_grad()
def entropy_effects(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    neurons: list[int] | None = None,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """What mean-ablating each last-layer neuron does to the entropy, in nats.

    Measured positions are all but the first (BOS) and the last (no target)
    of each sequence; the mean activation is taken over the same positions.

    Returns
    -------
    One row per neuron: `neuron`; `entropy_total` and `entropy_direct`, means
    over tokens of the absolute change; `entropy_shift`, the signed mean of
    the total change; `entropy_ln_mediated` = 1 - direct / total, the share
    of the effect that the final norm's scale carries (NaN where total is 0).

    Raises
    ------
    ValueError
        If tokens are out of range or a neuron is.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped: there an
        ablation is not an update of the residual stream and the logits.
    """
    _check_architecture(model)
    w_out = neuron_weights(model)
    neurons = list(range(len(w_out))) if neurons is None else neurons
    if not all(0 <= neuron < len(w_out) for neuron in neurons):
        raise ValueError(f"expected neurons between 0 and {len(w_out) - 1}, got {neurons}")

    state = run_final(model, tokens)
    norm = FinalNorm.from_model(model)
    residual = norm.centre(measured(state.residual).flatten(0, 1))
    activations = measured(state.activations).flatten(0, 1)
    deltas = activations.mean(dim=0) - activations
    weights = norm.centre(w_out)
    unembedding = effective_unembedding(model)
    bias = model.b_U.detach().float()

    sums = torch.zeros(len(neurons), 3, dtype=torch.float64)
    chunks = list(zip(residual.split(TOKENS_AT_ONCE), deltas.split(TOKENS_AT_ONCE), strict=True))
    for x, delta in tqdm(chunks, desc="ablating", disable=not progress):
        scale = norm.scale(x)
        unscaled = x @ unembedding
        clean = _entropy(unscaled / scale + bias)
        for row, neuron in enumerate(neurons):
            update = delta[:, neuron : neuron + 1]
            w = weights[neuron]
            logits = unscaled + update * (w @ unembedding)
            total = _entropy(logits / norm.scale(x + update * w) + bias) - clean
            direct = _entropy(logits / scale + bias) - clean
            sums[row] += torch.stack([total.abs().sum(), direct.abs().sum(), total.sum()]).cpu()
    means = (sums / len(residual)).numpy()
    frame = pd.DataFrame(means, columns=["entropy_total", "entropy_direct", "entropy_shift"])
    frame.insert(0, "neuron", neurons)
    effect = frame["entropy_total"].where(frame["entropy_total"] > 0)
    frame["entropy_ln_mediated"] = 1 - frame["entropy_direct"] / effect
    return frame


def neuron_weights(model: TransformerBridge) -> Float[Tensor, "d_mlp d_model"]:
    """Output weights of the last layer's neurons, one row per neuron."""
    return model.blocks[model.cfg.n_layers - 1].mlp.W_out.detach().float()


def _check_architecture(model: TransformerBridge) -> None:
    if getattr(model.blocks[0], "ln2_post", None) is not None:
        raise NotImplementedError(
            f"{model.cfg.model_name} normalises the MLP's output before adding it: "
            "ablating a neuron does not add a multiple of w_out to the residual stream"
        )
    check_linear_unembedding(model)


def _entropy(logits: Float[Tensor, "token d_vocab"]) -> Float[Tensor, " token"]:
    """As `distributions.entropy`, without its checks: it runs twice per neuron."""
    log_p = logits.log_softmax(dim=-1)
    return -torch.linalg.vecdot(log_p.exp(), log_p)
