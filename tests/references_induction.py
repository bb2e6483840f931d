"""Slow, obvious versions of what `confidence_neurons.induction` computes."""

import math
from copy import deepcopy

import torch
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge
from transformers import AttentionInterface, PreTrainedModel

import references


@torch.no_grad()
def bos_ablated_by_hooks(
    model: TransformerBridge, tokens: Tensor, heads: list[tuple[int, int]]
) -> Tensor:
    """Logits with the heads' patterns overwritten, one row and one query at a time."""

    def overwrite(pattern: Tensor, hook) -> Tensor:
        layer = int(hook.name.split(".")[1])
        replaced = pattern.clone()
        for ablated_layer, head in heads:
            if ablated_layer == layer:
                for query in range(pattern.shape[2]):
                    for key in range(pattern.shape[3]):
                        replaced[0, head, query, key] = 1.0 if key == 0 else 0.0
        return replaced

    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    rows = [
        model.run_with_hooks(row.unsqueeze(0), fwd_hooks=[(name, overwrite) for name in names])
        for row in tokens
    ]
    return torch.cat(rows)


@torch.no_grad()
def bos_ablated_by_hugging_face(
    network: PreTrainedModel, tokens: Tensor, heads: list[tuple[int, int]]
) -> Tensor:
    """Logits of the Hugging Face model with an attention function of our own: no hooks."""

    def attention(module, query, key, value, attention_mask, scaling=None, **options):
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
        scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
        scores = scaling * query @ key.transpose(2, 3)
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        pattern = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
        for layer, head in heads:
            if layer == module.layer_idx:
                pattern[:, head] = 0
                pattern[:, head, :, 0] = 1
        return (pattern @ value).transpose(1, 2).contiguous(), pattern

    AttentionInterface.register("on_bos", attention)
    ablated = deepcopy(network)
    ablated.set_attn_implementation("on_bos")
    return ablated(tokens, use_cache=False).logits


def readings(logits: list[float], target: int) -> dict[str, float]:
    """Entropy, loss, confidence and wrongness of one prediction."""
    probabilities = references.softmax(logits)
    best = max(probabilities)
    return {
        "entropy": references.entropy(logits),
        "loss": -math.log(probabilities[target]),
        "confidence": best,
        "wrong": float(probabilities.index(best) != target),
    }


def natural_repeats(row: list[int], length: int) -> list[tuple[int, int, int, bool]]:
    """(position, source, target, copied): look back from each position, nearest first."""
    found = []
    for position in range(1, len(row) - 1):
        for end in range(position - length, 0, -1):
            places = range(length)
            if end - length < 0 or position - length < 0:
                continue
            if all(row[end - back] == row[position - back] for back in places):
                target = row[position + 1]
                found.append((position, end + 1, target, row[end + 1] == target))
                break
    return found


def offers_nothing(row: list[int], position: int, length: int) -> bool:
    """Whether neither the last tokens nor the pair of current and next token stood earlier."""
    if position < length or any(place[0] == position for place in natural_repeats(row, length)):
        return False
    pair = row[position : position + 2]
    return all(row[earlier : earlier + 2] != pair for earlier in range(1, position))
