"""Tiny random Hugging Face models with a tokenizer, saved where tests can load them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GlmConfig,
    GlmForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
    OlmoConfig,
    OlmoForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2MoeConfig,
    Qwen2MoeForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from confidence_neurons.growing.tokenizer import train_tokenizer

D_MODEL, N_LAYERS, N_HEADS, D_MLP, N_CTX = 32, 2, 4, 64, 64

TRAINING_TEXT = [
    "It was upon a cold morning that the letter came, and nobody in the house would open it.",
    "The coach had gone, the lamps were out, and there was nothing to be done but to wait.",
    "My uncle said that he would not hear of it; and my aunt, who had heard of it, said nothing.",
]


def tiny_tokenizer(vocab_size: int = 300) -> PreTrainedTokenizerFast:
    """Byte-level BPE: 256 bytes, one special token with id 0, a few merges."""
    return train_tokenizer(TRAINING_TEXT, vocab_size, N_CTX)


def _gpt2(vocab_size: int, *, tied: bool) -> PreTrainedModel:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocab_size,
            n_embd=D_MODEL,
            n_layer=N_LAYERS,
            n_head=N_HEADS,
            n_inner=D_MLP,
            n_positions=N_CTX,
            tie_word_embeddings=tied,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def _sizes(vocab_size: int) -> dict[str, Any]:
    return {
        "vocab_size": vocab_size,
        "hidden_size": D_MODEL,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": N_HEADS,
        "intermediate_size": D_MLP,
        "max_position_embeddings": N_CTX,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
    }


def _gpt_neox(vocab_size: int, *, parallel: bool) -> PreTrainedModel:
    config = GPTNeoXConfig(**_sizes(vocab_size), use_parallel_residual=parallel)
    return GPTNeoXForCausalLM(config)


def _grouped(vocab_size: int) -> dict[str, Any]:
    return {**_sizes(vocab_size), "num_key_value_heads": N_HEADS // 2}


def _with_heads(vocab_size: int) -> dict[str, Any]:
    return {**_grouped(vocab_size), "head_dim": D_MODEL // N_HEADS}


def _windowed(vocab_size: int) -> dict[str, Any]:
    """One layer that looks a few tokens back, one that looks at all."""
    return {
        **_with_heads(vocab_size),
        "query_pre_attn_scalar": D_MODEL // N_HEADS,
        "sliding_window": 4,
        "layer_types": ["sliding_attention", "full_attention"],
    }


ARCHITECTURES: dict[str, Callable[[int], PreTrainedModel]] = {
    "gemma": lambda v: GemmaForCausalLM(GemmaConfig(**_with_heads(v))),
    "gpt2-tied": lambda v: _gpt2(v, tied=True),
    "gpt2-untied": lambda v: _gpt2(v, tied=False),
    "neox-serial": lambda v: _gpt_neox(v, parallel=False),
    "neox-parallel": lambda v: _gpt_neox(v, parallel=True),
    "llama": lambda v: LlamaForCausalLM(LlamaConfig(**_grouped(v))),
    "mistral": lambda v: MistralForCausalLM(MistralConfig(**_grouped(v))),
    "phi": lambda v: PhiForCausalLM(PhiConfig(**_sizes(v))),
    "qwen2": lambda v: Qwen2ForCausalLM(Qwen2Config(**_grouped(v))),
    "qwen3": lambda v: Qwen3ForCausalLM(Qwen3Config(**_with_heads(v))),
}

# A norm or a factor after the MLP, logits that are soft-capped or divided, a gain of their own.
QUIRKY: dict[str, Callable[[int], PreTrainedModel]] = {
    "gemma2": lambda v: Gemma2ForCausalLM(Gemma2Config(**_windowed(v))),
    "gemma3": lambda v: Gemma3ForCausalLM(Gemma3TextConfig(**_windowed(v))),
    "granite-residual": lambda v: GraniteForCausalLM(
        GraniteConfig(**_grouped(v), residual_multiplier=0.22)
    ),
    "granite-logits": lambda v: GraniteForCausalLM(GraniteConfig(**_grouped(v), logits_scaling=8)),
    "olmo2": lambda v: Olmo2ForCausalLM(Olmo2Config(**_grouped(v))),
}

# Load, but have no MLP, or no final norm, of the kind that is measured.
UNSUPPORTED: dict[str, Callable[[int], PreTrainedModel]] = {
    "glm": lambda v: GlmForCausalLM(GlmConfig(**_with_heads(v))),
    "mixtral": lambda v: MixtralForCausalLM(MixtralConfig(**_grouped(v), num_local_experts=4)),
    "olmo": lambda v: OlmoForCausalLM(OlmoConfig(**_grouped(v))),
    "qwen2-moe": lambda v: Qwen2MoeForCausalLM(
        Qwen2MoeConfig(**_grouped(v), num_experts=4, moe_intermediate_size=D_MLP)
    ),
}


def tiny_network(architecture: str, seed: int = 0, vocab_size: int = 300) -> PreTrainedModel:
    """A random network in which no parameter is trivial: gains near 1, biases near 0.

    `architecture` is a key of `ARCHITECTURES`, `QUIRKY` or `UNSUPPORTED`.
    """
    torch.manual_seed(seed)
    network = (ARCHITECTURES | QUIRKY | UNSUPPORTED)[architecture](vocab_size)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network.eval()


def save_tiny_model(
    directory: Path, architecture: str = "neox-serial", seed: int = 0, vocab_size: int = 300
) -> PreTrainedModel:
    """Save a tiny random model and its tokenizer into `directory`; returns the network."""
    network = tiny_network(architecture, seed, vocab_size)
    network.save_pretrained(directory)
    tiny_tokenizer(vocab_size).save_pretrained(directory)
    return network
