"""Slow, obvious versions of what `mediation` computes: whole runs with hooks, Python loops."""

import warnings

import torch
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

SCALE = "ln_final.hook_scale"


@torch.no_grad()
def runs_by_hooks(
    model: TransformerBridge, tokens: Tensor, held: dict[int, float]
) -> dict[str, Tensor]:
    """Logits of the clean run, and with total, direct and indirect effect of holding neurons."""
    layer = model.cfg.n_layers - 1
    scales = {}

    def hold(activations: Tensor, hook: object) -> Tensor:
        replaced = activations.clone()
        for neuron, value in held.items():
            replaced[..., neuron] = value
        return replaced

    def keep(name: str):
        return lambda scale, hook: scales.__setitem__(name, scale.clone())

    def put(name: str):
        return lambda scale, hook: scales[name].clone()

    ablation = (f"blocks.{layer}.mlp.hook_post", hold)
    with warnings.catch_warnings():
        # TransformerLens warns that an edited scale takes its own, slower path.
        warnings.simplefilter("ignore", UserWarning)
        return {
            "clean": model.run_with_hooks(tokens, fwd_hooks=[(SCALE, keep("clean"))]),
            "total": model.run_with_hooks(tokens, fwd_hooks=[ablation, (SCALE, keep("ablated"))]),
            "direct": model.run_with_hooks(tokens, fwd_hooks=[ablation, (SCALE, put("clean"))]),
            "indirect": model.run_with_hooks(tokens, fwd_hooks=[(SCALE, put("ablated"))]),
        }


def mean_activation(activations: Tensor, neuron: int) -> float:
    """Mean over all positions but the first and the last of each row."""
    rows, length, _ = activations.shape
    values = [
        float(activations[row, position, neuron])
        for row in range(rows)
        for position in range(1, length - 1)
    ]
    return sum(values) / len(values)


def calibration_error(bins: list[tuple[float, float, int]]) -> float:
    """Weighted mean of |accuracy - confidence| over (confidence, accuracy, tokens)."""
    tokens = sum(size for _, _, size in bins)
    return sum(abs(right - sure) * size for sure, right, size in bins) / tokens


def overconfidence(bins: list[tuple[float, float, int]]) -> float:
    """Mean confidence minus accuracy over (confidence, accuracy, tokens)."""
    tokens = sum(size for _, _, size in bins)
    return sum((sure - right) * size for sure, right, size in bins) / tokens
