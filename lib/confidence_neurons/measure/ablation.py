"""Hold last-layer neurons at their mean, or cut off what exceeds it.

The last layer's neurons act on the output through the residual stream alone.
To set the activations a_n of a set of neurons to b_n is therefore to add

    sum_n (b_n - a_n) w_out,n

to the residual stream that enters the final norm; nothing has to be run
again. The final norm then computes its scale from the new residual stream.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.model.state import FinalState, normalises_mlp_output
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights


def ablate_neurons(
    model: TransformerBridge,
    state: FinalState,
    neurons: Sequence[int],
    mean: Float[Tensor, " d_mlp"],
    rises: Bool[Tensor, " d_mlp"] | None = None,
) -> FinalState:
    """Mean ablation of a set of last-layer neurons or, with `rises`, clip mean-ablation.

    Mean ablation holds each neuron at its mean. Clip mean-ablation takes away
    only how far it goes beyond its mean in the direction in which it responds
    to a task: min(activation, mean) for a neuron that rises, max(activation,
    mean) for one that falls (Stolfo et al. 2024, section 6).

    Parameters
    ----------
    state:
        Of the model left alone (`run_final`) or of one whose heads are
        ablated (`attend_to_bos`).
    neurons:
        Changed together.
    mean, rises:
        One entry for each neuron of the layer, not only for those of the set.

    Returns
    -------
    Residual stream and activations after the ablation; new tensors.

    Raises
    ------
    ValueError
        If `neurons` is empty, out of range or names one twice, or `mean` or
        `rises` has another size than the layer.
    NotImplementedError
        If a norm or a factor follows the MLP: there an ablation is no such sum.
    """
    _check_mlp_output_is_added(model)
    w_out = neuron_weights(model)
    chosen = chosen_neurons(neurons, len(w_out))
    for name, given in (("mean", mean), ("rises", rises)):
        if given is not None and given.shape != (len(w_out),):
            raise ValueError(
                f"expected {name} of all {len(w_out)} neurons of the layer, "
                f"got shape {tuple(given.shape)}"
            )
    before = state.activations[..., chosen]
    after = mean.to(before)[chosen].expand_as(before)
    if rises is not None:
        up = rises.to(before.device)[chosen]
        after = torch.where(up, torch.minimum(before, after), torch.maximum(before, after))
    activations = state.activations.clone()
    activations[..., chosen] = after
    return FinalState(state.residual + (after - before) @ w_out[chosen], activations)


def _check_mlp_output_is_added(model: TransformerBridge) -> None:
    if normalises_mlp_output(model):
        raise NotImplementedError(
            f"{model.cfg.model_name} normalises the MLP's output before adding it: "
            "ablating a neuron does not add a multiple of w_out to the residual stream"
        )
    multiplier = getattr(model.original_model.config, "residual_multiplier", 1)
    if multiplier != 1:
        raise NotImplementedError(
            f"{model.cfg.model_name} adds the MLP's output times {multiplier}, its "
            "residual_multiplier: ablating a neuron does not add the change times w_out to the "
            "residual stream; use ablation.scan, which runs the network again"
        )
