"""Write a grown network as a Hugging Face GPT-NeoX directory."""

import copy
import math
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerFast

from confidence_neurons.growing.network import FrozenScaleNorm, build_network
from confidence_neurons.growing.recipe import Recipe

FROZEN_EPS = 1e6


def load_snapshot(recipe: Recipe, path: Path) -> GPTNeoXForCausalLM:
    """The network with the weights of one snapshot, as an ordinary GPT-NeoX."""
    network = build_network(recipe)
    weights = load_file(path)
    missing = {name for name, _ in network.named_parameters()} - weights.keys()
    if missing:
        raise ValueError(f"{path}: the snapshot lacks {', '.join(sorted(missing))}")
    network.load_state_dict(weights, strict=not recipe.tied)
    return with_ordinary_norm(network).eval()


def with_ordinary_norm(network: GPTNeoXForCausalLM) -> GPTNeoXForCausalLM:
    """Replace a frozen final scale by a LayerNorm with a huge epsilon; changes in place.

    sqrt(var + eps) is sqrt(eps) whatever the residual stream does, as long as
    var is small beside eps, and the gain makes up for it:
    gain' = gain * sqrt(eps) / scale. The variance of the residual stream,
    some tens at most, shifts the scale by a few parts in 100,000.
    """
    norm = network.gpt_neox.final_layer_norm
    if isinstance(norm, FrozenScaleNorm):
        ordinary = nn.LayerNorm(len(norm.weight), eps=FROZEN_EPS)
        ordinary.weight.data = norm.weight.data * math.sqrt(FROZEN_EPS) / norm.scale
        ordinary.bias.data = norm.bias.data
        network.gpt_neox.final_layer_norm = ordinary
        network.config.final_layer_norm_eps = FROZEN_EPS
    return network


def export_model(
    network: GPTNeoXForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    counts: Int[np.ndarray, " d_vocab"],
    directory: Path,
) -> None:
    """Weights in half precision, configuration, tokenizer and unigram counts."""
    directory.mkdir(parents=True, exist_ok=True)
    copy.deepcopy(network).half().save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    save_file(
        {"counts": torch.from_numpy(counts.astype(np.int64))},
        directory / "unigram_counts.safetensors",
    )
