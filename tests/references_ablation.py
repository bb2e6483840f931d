"""Slow, obvious versions of what `confidence_neurons.engine` and `measure.effects` compute.

`by_formula` reads activations and the last residual stream off with hooks and
does the rest in double precision. `by_hooks` runs the whole model again, with
the neuron held at its mean. Both take one neuron at a time and give changes
at each measured token, ablated minus clean, in nats; `row` sums them up as
`scan` does.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from functools import cache

import pytest
import torch
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge
from transformers import PreTrainedModel

import references
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
    return references.load_network(loud_network(architecture))


def loud_network(architecture: str) -> PreTrainedModel:
    """The same as a network of transformers."""
    network = tiny_network(architecture)
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if name.endswith(OUTPUT_WEIGHTS):
                weights.mul_(10)
    return network


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
    to: float | None = None,
    counts: Tensor | None = None,
) -> dict[str, Tensor]:
    """A last-layer neuron: residual stream, norm and unembedding in double precision."""
    layer = model.cfg.n_layers - 1
    names = (f"blocks.{layer}.hook_resid_post", f"blocks.{layer}.mlp.hook_post")
    _, cache = model.run_with_cache(tokens, names_filter=lambda name: name in names)
    clean = cache[names[0]].double()
    activation = cache[names[1]][..., neuron].double()
    level = mean_activation(model, tokens, neuron) if to is None else to
    ablated = clean + (level - activation)[..., None] * model.blocks[layer].mlp.W_out[neuron]
    weights, bias = model.W_U.double(), model.b_U.double()
    norm = model.ln_final.original_component
    eps = getattr(norm, "eps", None) or norm.variance_epsilon

    def centre(stream: Tensor) -> Tensor:
        return stream if model.ln_final.uses_rms_norm else stream - stream.mean(-1, keepdim=True)

    def scale(stream: Tensor) -> Tensor:
        return (centre(stream).pow(2).mean(-1, keepdim=True) + eps).sqrt()

    def unembed(stream: Tensor, divided_by: Tensor) -> Tensor:
        return centre(stream) / divided_by @ weights + bias

    return changes_of(
        unembed(clean, scale(clean)),
        {
            "total": unembed(ablated, scale(ablated)),
            "direct": unembed(ablated, scale(clean)),
            "indirect": unembed(clean, scale(ablated)),
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
    to: float | None = None,
    counts: Tensor | None = None,
) -> dict[str, Tensor]:
    """A neuron of any layer: the whole model runs again, with the scale its own or put in."""
    level = mean_activation(model, tokens, neuron, layer) if to is None else to
    runs = runs_by_hooks(model, tokens, {neuron: level}, layer=layer)
    clean = runs.pop("clean")
    return changes_of(clean, runs, tokens, counts)


@torch.no_grad()
def runs_by_hooks(
    model: TransformerBridge,
    tokens: Tensor,
    held: Mapping[int, float],
    *,
    rises: Mapping[int, bool] | None = None,
    layer: int | None = None,
) -> dict[str, Tensor]:
    """Logits of whole runs: "clean", and along each path with neurons held, or clipped.

    The one slow reference for whatever holds neurons: position by position,
    and the scale put in by a hook of its own.
    """
    layer = model.cfg.n_layers - 1 if layer is None else layer
    scales: dict[str, Tensor] = {}

    def hold(activations: Tensor, hook: object) -> Tensor:
        replaced = activations.clone()
        for neuron, value in held.items():
            for row in range(activations.shape[0]):
                for position in range(activations.shape[1]):
                    own = float(activations[row, position, neuron])
                    limit = None if rises is None else min if rises[neuron] else max
                    replaced[row, position, neuron] = limit(own, value) if limit else value
        return replaced

    def keep(name: str) -> Callable[[Tensor, object], None]:
        return lambda scale, hook: scales.__setitem__(name, scale.clone())

    def put(name: str) -> Callable[[Tensor, object], Tensor]:
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


def changes_of(
    clean: Tensor,
    ablated: dict[str, Tensor],
    tokens: Tensor,
    counts: Tensor | None,
    at: Tensor | None = None,
) -> dict[str, Tensor]:
    """Everything that is measured at some positions (all but the first and the last)."""
    if at is None:
        at = torch.ones_like(tokens, dtype=torch.bool)
        at[:, [0, -1]] = False
    clean = clean[at].double()
    ablated = {name: value[at].double() for name, value in ablated.items()}
    target = tokens.roll(-1, dims=1)[at]
    unigram = None
    if counts is not None:
        unigram = (counts.double() + 1) / (counts.double() + 1).sum()
        direction = unigram.log() - unigram.log().mean()
        direction = direction / direction.norm()
        moved = (ablated["total"] - clean) @ direction
        ablated["frequency"] = ablated["total"] - torch.outer(moved, direction)
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
    "frequency_mediated": ("kl", "frequency"),
    "kl_reverse_frequency_mediated": ("kl_reverse", "frequency"),
    "entropy_frequency_mediated": ("entropy", "frequency"),
    "loss_frequency_mediated": ("loss", "frequency"),
}


def properties(
    model: TransformerBridge, neuron: int, k: int, counts: Tensor | None, layer: int | None = None
) -> dict[str, float]:
    """What is known from the weights of one neuron."""
    layer = model.cfg.n_layers - 1 if layer is None else layer
    w_out = model.blocks[layer].mlp.W_out[neuron].double()
    unembedding = references.effective_unembedding(model)
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
