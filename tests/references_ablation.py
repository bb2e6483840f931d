"""Slow, obvious versions of what `confidence_neurons.ablation` computes.

`by_formula` reads activations and the last residual stream off with hooks and
does the rest in double precision. `by_hooks` runs the whole model again, with
the neuron held at its mean. Both take one neuron at a time and give changes
at each measured token, ablated minus clean, in nats; `row` sums them up as
`scan` does.
"""

import math
import warnings
from collections.abc import Mapping
from functools import cache

import pytest
import torch
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import references
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.weights.unembedding import effective_unembedding
from tiny_models import tiny_network

SCALE = "ln_final.hook_scale"
HOOK_NOISE = 1e-6
FORMULA_NOISE = 1e-10
SINGLE_NOISE = 1.5e-7


def counts_for(vocab_size: int = 300, seed: int = 0) -> Tensor:
    """Random counts with a long tail, some of them 0."""
    generator = torch.Generator().manual_seed(seed)
    return (100 * torch.randn(vocab_size, generator=generator).mul(2).exp()).long() // 50


@cache
def loud_model(architecture: str) -> TransformerBridge:
    """A tiny random model whose neurons write ten times as much: ablations change a lot."""
    network = tiny_network(architecture)
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if name.endswith(OUTPUT_WEIGHTS):
                weights.mul_(10)
    return references.load_network(network)


OUTPUT_WEIGHTS = tuple(
    f"mlp.{name}.weight" for name in ("c_proj", "dense_4h_to_h", "down_proj", "fc2")
)


def mean_activation(
    model: TransformerBridge, tokens: Tensor, neuron: int, layer: int | None = None
) -> float:
    """Mean over the measured positions: not the first, not the last."""
    layer = model.cfg.n_layers - 1 if layer is None else layer
    name = f"blocks.{layer}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens, names_filter=name)
    values = [value for row in cache[name][:, 1:-1, neuron].tolist() for value in row]
    return sum(values) / len(values)


@torch.no_grad()
def by_formula(
    model: TransformerBridge,
    tokens: Tensor,
    neuron: int,
    *,
    reference: Tensor | None = None,
    counts: Tensor | None = None,
) -> dict[str, Tensor]:
    """A last-layer neuron: residual stream, norm and unembedding in double precision."""
    layer = model.cfg.n_layers - 1
    names = (f"blocks.{layer}.hook_resid_post", f"blocks.{layer}.mlp.hook_post")
    _, cache = model.run_with_cache(tokens, names_filter=lambda name: name in names)
    clean = cache[names[0]].double()
    activation = cache[names[1]][..., neuron].double()
    mean = mean_activation(model, tokens if reference is None else reference, neuron)
    ablated = clean + (mean - activation)[..., None] * model.blocks[layer].mlp.W_out[neuron]

    norm = FinalNorm.from_model(model)
    weights, bias = model.W_U.double(), model.b_U.double()

    def unembed(stream: Tensor, scale: Tensor) -> Tensor:
        return norm.apply(stream, scale) @ weights + bias

    return changes_of(
        unembed(clean, norm.scale(clean)),
        {
            "total": unembed(ablated, norm.scale(ablated)),
            "direct": unembed(ablated, norm.scale(clean)),
            "indirect": unembed(clean, norm.scale(ablated)),
        },
        tokens,
        counts,
    )


@torch.no_grad()
def by_hooks(
    model: TransformerBridge,
    tokens: Tensor,
    neuron: int,
    *,
    layer: int | None = None,
    reference: Tensor | None = None,
    counts: Tensor | None = None,
) -> dict[str, Tensor]:
    """A neuron of any layer: the whole model runs again, with the scale its own or put in."""
    layer = model.cfg.n_layers - 1 if layer is None else layer
    mean = mean_activation(model, tokens if reference is None else reference, neuron, layer)
    seen = []

    def hold(activations: Tensor, hook: object) -> Tensor:
        held = activations.clone()
        held[..., neuron] = mean
        return held

    def read(scale: Tensor, hook: object) -> None:
        seen.append(scale.clone())

    holding = (f"blocks.{layer}.mlp.hook_post", hold)
    clean = model.run_with_hooks(tokens, fwd_hooks=[(SCALE, read)])
    total = model.run_with_hooks(tokens, fwd_hooks=[holding, (SCALE, read)])
    clean_scale, ablated_scale = seen
    with warnings.catch_warnings():
        # TransformerLens warns that an edited scale takes its own, slower path.
        warnings.simplefilter("ignore", UserWarning)
        direct = model.run_with_hooks(
            tokens, fwd_hooks=[holding, (SCALE, lambda scale, hook: clean_scale.clone())]
        )
        indirect = model.run_with_hooks(
            tokens, fwd_hooks=[(SCALE, lambda scale, hook: ablated_scale.clone())]
        )
    return changes_of(
        clean, {"total": total, "direct": direct, "indirect": indirect}, tokens, counts
    )


def changes_of(
    clean: Tensor, ablated: dict[str, Tensor], tokens: Tensor, counts: Tensor | None
) -> dict[str, Tensor]:
    """Everything that is measured, from the logits at all positions."""
    clean = clean[:, 1:-1].flatten(0, 1).double()
    ablated = {name: value[:, 1:-1].flatten(0, 1).double() for name, value in ablated.items()}
    target = tokens[:, 2:].flatten()
    unigram = None
    if counts is not None:
        unigram = (counts.double() + 1) / (counts.double() + 1).sum()
        direction = unigram.log() - unigram.log().mean()
        direction = direction / direction.norm()
        moved = (ablated["total"] - clean) @ direction
        ablated["direct_frequency"] = ablated["total"] - torch.outer(moved, direction)
    before = levels(clean, target, unigram)
    changes = {
        f"{quantity}_{kind}": value - before[quantity]
        for kind, logits in ablated.items()
        for quantity, value in levels(logits, target, unigram).items()
        if not (quantity.startswith("kl") and kind in ("direct", "indirect"))
    }
    p, q = clean.softmax(dim=-1), ablated["total"].softmax(dim=-1)
    changes["kl_from_clean"] = (p * (p / q).log()).sum(dim=-1)
    changed = clean.argmax(dim=-1) != ablated["total"].argmax(dim=-1)
    return changes | {"argmax_changed": changed.double()}


def levels(logits: Tensor, target: Tensor, unigram: Tensor | None) -> dict[str, Tensor]:
    """Entropy, loss and both distances to the unigram distribution, token by token."""
    p = logits.softmax(dim=-1)
    found = {
        "entropy": -(p * p.log()).sum(dim=-1),
        "loss": torch.stack([-p[i, token].log() for i, token in enumerate(target.tolist())]),
    }
    if unigram is not None:
        found["kl"] = (unigram * (unigram / p).log()).sum(dim=-1)
        found["kl_reverse"] = (p * (p / unigram).log()).sum(dim=-1)
    return found


def row(changes: dict[str, Tensor]) -> dict[str, float]:
    """The effects of one neuron as in `scan`'s frame: means over tokens."""
    found = {name: float(values.abs().mean()) for name, values in changes.items()}
    for quantity in ("entropy", "loss", "kl"):
        if f"{quantity}_total" in changes:
            found[f"{quantity}_shift"] = float(changes[f"{quantity}_total"].mean())
    for name, (quantity, kept) in SHARES.items():
        if f"{quantity}_{kept}" in found:
            found[name] = 1 - found[f"{quantity}_{kept}"] / found[f"{quantity}_total"]
    return found


SHARES = {
    "entropy_ln_mediated": ("entropy", "direct"),
    "loss_ln_mediated": ("loss", "direct"),
    "frequency_mediated": ("kl", "direct_frequency"),
    "kl_reverse_frequency_mediated": ("kl_reverse", "direct_frequency"),
    "entropy_frequency_mediated": ("entropy", "direct_frequency"),
    "loss_frequency_mediated": ("loss", "direct_frequency"),
}


def properties(
    model: TransformerBridge, neuron: int, k: int, counts: Tensor | None, layer: int | None = None
) -> dict[str, float]:
    """What is known from the weights of one neuron."""
    layer = model.cfg.n_layers - 1 if layer is None else layer
    w_out = model.blocks[layer].mlp.W_out[neuron].double()
    unembedding = effective_unembedding(model).double()
    left, _, _ = torch.linalg.svd(unembedding, full_matrices=True)
    inside = [float(w_out @ left[:, -place]) for place in range(1, k + 1)]
    norm = math.sqrt(sum(value**2 for value in w_out.tolist()))
    cosine = math.nan
    if counts is not None:
        log_counts = (counts.double() + 1).log()
        cosine = references.cosine(w_out @ unembedding, log_counts - log_counts.mean())
    return {
        "weight_norm": norm,
        "null_fraction": math.sqrt(sum(value**2 for value in inside)) / norm,
        "logit_var": references.logit_var(w_out, unembedding),
        "frequency_cosine": cosine,
    }


def assert_agrees(found: Mapping, expected: dict[str, float], noise: float) -> None:
    """Each expected number within 1e-4 relative, or within the noise of its precision."""
    for name, value in expected.items():
        # The reverse KL is a difference of larger numbers.
        rounding = 4 * noise if name.startswith("kl_reverse") else noise
        allowed = 1e-4 * abs(value) + rounding
        if name in SHARES:
            relative = 1e-4 + rounding / expected[f"{SHARES[name][0]}_total"]
            allowed = relative * (1 + 2 * abs(1 - value))
        assert found[name] == pytest.approx(value, rel=0, abs=allowed, nan_ok=True), name
