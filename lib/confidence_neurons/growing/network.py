"""The network that is grown: a small GPT-NeoX, with or without a final scale."""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.tokenizer import BOS_ID

FROZEN_EPS = 1e6


class FrozenScaleNorm(nn.Module):
    """A LayerNorm whose scale is a constant.

    LayerNorm computes (x - mean(x)) / sqrt(var(x) + eps) * gain + bias. Here
    the root is replaced by `scale`, so that the length of the residual stream
    reaches the logits unchanged.
    """

    def __init__(self, d_model: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.scale = scale

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """(x - mean(x)) / scale * gain."""
        centred = x - x.mean(dim=-1, keepdim=True)
        return centred / self.scale * self.weight + self.bias


def build_network(recipe: Recipe) -> GPTNeoXForCausalLM:
    """A freshly initialised network of the recipe's shape; the seed decides the weights.

    Serial residual stream (attention, then MLP), rotary positions on all of a
    head's dimensions, LayerNorm, exact GELU. The recipe's final norm is at the
    end alone.
    """
    config = GPTNeoXConfig(
        vocab_size=recipe.vocab_size,
        hidden_size=recipe.d_model,
        num_hidden_layers=recipe.n_layers,
        num_attention_heads=recipe.n_heads,
        intermediate_size=recipe.d_mlp,
        max_position_embeddings=recipe.sequence_length,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 1.0,
        },
        use_parallel_residual=False,
        tie_word_embeddings=recipe.tied,
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        use_cache=False,
        hidden_dropout=recipe.dropout,
    )
    torch.manual_seed(recipe.seed)
    network = GPTNeoXForCausalLM(config)
    if recipe.frozen_scale is not None:
        norm = FrozenScaleNorm(recipe.d_model, recipe.frozen_scale)
        network.gpt_neox.set_submodule("final_layer_norm", norm)
    if recipe.final_norm == "rms":
        norm = nn.RMSNorm(recipe.d_model, eps=config.layer_norm_eps)
        network.gpt_neox.set_submodule("final_layer_norm", norm)
    gain = network.gpt_neox.final_layer_norm.get_parameter("weight")
    gain.requires_grad_(recipe.learned_gain)
    return network


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


def named_weights(network: nn.Module) -> dict[str, Tensor]:
    """Every parameter by its name, a tied one once, ready to be written to a file."""
    return {name: weight.detach().contiguous() for name, weight in network.named_parameters()}


def set_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy what `named_weights` gave into the network."""
    for name, parameter in network.named_parameters():
        parameter.data.copy_(weights[name])
