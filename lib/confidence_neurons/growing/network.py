"""The network that is grown: a small GPT-NeoX, with or without a final scale."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from confidence_neurons.growing.recipe import Recipe


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
        centred = x - x.mean(dim=-1, keepdim=True)
        return centred / self.scale * self.weight + self.bias


def build_network(recipe: Recipe) -> GPTNeoXForCausalLM:
    """A freshly initialised network of the recipe's shape; the seed decides the weights.

    Serial residual stream (attention, then MLP), rotary positions on all of a
    head's dimensions, LayerNorm, exact GELU.
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
        bos_token_id=0,
        eos_token_id=0,
        use_cache=False,
    )
    torch.manual_seed(recipe.seed)
    network = GPTNeoXForCausalLM(config)
    if recipe.frozen_scale is not None:
        norm = FrozenScaleNorm(recipe.d_model, recipe.frozen_scale)
        network.gpt_neox.set_submodule("final_layer_norm", norm)
    return network
