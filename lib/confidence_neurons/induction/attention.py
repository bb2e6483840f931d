"""Switch attention heads off: let them look at BOS alone, where idle heads rest."""

from collections.abc import Callable, Sequence

from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.groups.controls import Head, check_heads
from confidence_neurons.model.state import FinalState, run_final


def attend_to_bos(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    heads: Sequence[Head],
    batch_size: int | None = None,
) -> FinalState:
    """BOS ablation: run the model with all attention of the given heads on position 0.

    The heads' attention patterns are replaced together, in one forward pass;
    what later layers do follows from it (Stolfo et al. 2024, section 6). On a
    head that already looks at BOS alone nothing changes. Unlike setting a
    head's output to zero this keeps the constant that it adds at rest.

    Parameters
    ----------
    heads:
        Pairs (layer, head).

    Returns
    -------
    The residual stream that enters the final norm and the last layer's
    activations, as `run_final` gives them for the model left alone.

    Raises
    ------
    ValueError
        If `heads` is empty, out of range or names one twice; for tokens, as
        `run_final`.
    """
    check_heads(heads, model.cfg.n_layers, model.cfg.n_heads)
    by_layer: dict[int, list[int]] = {}
    for layer, head in heads:
        by_layer.setdefault(layer, []).append(head)
    hooks = [
        (f"blocks.{layer}.attn.hook_pattern", _look_at_bos(chosen))
        for layer, chosen in by_layer.items()
    ]
    with model.hooks(fwd_hooks=hooks):
        return run_final(model, tokens, batch_size)


def _look_at_bos(heads: list[int]) -> Callable[[Tensor, object], Tensor]:
    def replace(
        pattern: Float[Tensor, "batch head query key"], hook: object
    ) -> Float[Tensor, "batch head query key"]:
        replaced = pattern.clone()
        replaced[:, heads] = 0
        replaced[:, heads, :, 0] = 1
        return replaced

    return replace
