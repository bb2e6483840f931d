"""Tiny GGUF files of random networks, written with the `gguf` package as llama.cpp writes them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tiny_models import D_MLP, D_MODEL, N_HEADS, N_LAYERS, tiny_network, tiny_tokenizer

VOCABULARY = 300
GEMMAS_OWN = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
HEADS_INTERLEAVED = ("llama", "mistral")
GAINS_PLUS_ONE = ("gemma2", "gemma3")
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
QUANTISED = gguf.GGMLQuantizationType.Q8_0
WITH_OWN_HEADS: dict[str, tuple[Any, Any]] = {
    "gemma2": (Gemma2Config, Gemma2ForCausalLM),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}
# What is called otherwise in GGUF, or told otherwise.
ARCHITECTURES = {"gpt2-tied": "gpt2", "gpt2-untied": "gpt2", "mistral": "llama"}


def write_tiny_gguf(
    path: Path,
    architecture: str = "llama",
    *,
    quantised: bool = False,
    fields: Mapping[str, Any] | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
    family: str | None = None,
    network: PreTrainedModel | None = None,
) -> PreTrainedModel:
    """Write a tiny network, by default a random one, and a tokenizer; returns the network.

    More fields or tensors can be added, or a wrong family be told.
    """
    network = network or gguf_network(architecture)
    known_as = ARCHITECTURES.get(architecture, architecture)
    writer = gguf.GGUFWriter(path, family or known_as)
    _write_sizes(writer, network.config, fields or {})
    _write_tokenizer(writer, sentence_pieces=known_as in GAINS_PLUS_ONE)
    names = gguf.get_tensor_name_map(_number_of(known_as), network.config.num_hidden_layers)
    for name, weights in network.named_parameters():
        stem, _, kind = name.rpartition(".")
        found = names.get_name(stem)
        assert found is not None, name
        _write_tensor(writer, f"{found}.{kind}", _as_gguf(network, name, weights), quantised)
    for name, array in (tensors or {}).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return network


def gguf_network(architecture: str) -> PreTrainedModel:
    """A tiny network, which has the sizes that GGUF files leave to the family, where they do."""
    if architecture.startswith("gpt2"):
        config = GPT2Config(
            vocab_size=VOCABULARY,
            n_embd=D_MODEL,
            n_layer=N_LAYERS,
            n_head=N_HEADS,
            n_inner=4 * D_MODEL,
            tie_word_embeddings=architecture == "gpt2-tied",
            bos_token_id=0,
            eos_token_id=0,
        )
        return _random(GPT2LMHeadModel(config))
    if architecture in WITH_OWN_HEADS:
        configuration, network = WITH_OWN_HEADS[architecture]
        return _random(
            network(
                configuration(
                    vocab_size=VOCABULARY,
                    hidden_size=D_MODEL,
                    num_hidden_layers=N_LAYERS,
                    num_attention_heads=N_HEADS,
                    num_key_value_heads=N_HEADS // 2,
                    intermediate_size=D_MLP,
                    bos_token_id=0,
                    eos_token_id=0,
                    pad_token_id=0,
                )
            )
        )
    return tiny_network(architecture)


def _random(network: PreTrainedModel) -> PreTrainedModel:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.1 * torch.randn(weights.shape, generator=generator))
    return network.eval()


def _number_of(family: str) -> Any:
    return next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == family)


def _as_gguf(network: PreTrainedModel, name: str, weights: Any) -> np.ndarray:
    """Weights as GGUF keeps them: heads' rows interleaved, Gemma's gains whole."""
    config: Any = network.config
    array = weights.detach().numpy()
    if config.model_type in HEADS_INTERLEAVED and name.endswith(("q_proj.weight", "k_proj.weight")):
        heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        halves = array.reshape(heads, 2, array.shape[0] // heads // 2, -1)
        return halves.swapaxes(1, 2).reshape(array.shape)
    if config.model_type.removesuffix("_text") in GAINS_PLUS_ONE and "norm" in name:
        return array + 1
    return array.T if config.model_type == "gpt2" and name.endswith(TRANSPOSED) else array


def _write_tensor(writer: Any, name: str, array: np.ndarray, quantised: bool) -> None:
    array = np.ascontiguousarray(array)
    if quantised and array.ndim == 2:
        writer.add_tensor(name, gguf.quantize(array, QUANTISED), raw_dtype=QUANTISED)
    else:
        writer.add_tensor(name, array)


def _write_sizes(writer: Any, config: Any, fields: Mapping[str, Any]) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    if config.model_type == "gpt2":
        writer.add_feed_forward_length(config.n_inner)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
    else:
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        turning = config.rope_parameters.get("full_attention", config.rope_parameters)
        writer.add_rope_freq_base(turning["rope_theta"])
        writer.add_vocab_size(config.vocab_size)
        head = getattr(config, "head_dim", config.hidden_size // config.num_attention_heads)
        writer.add_rope_dimension_count(head)
        writer.add_key_length(head)
        writer.add_value_length(head)
    for name, value in fields.items():
        add = writer.add_string if isinstance(value, str) else writer.add_float32
        add(f"{writer.arch}.{name}", value)


def _write_tokenizer(writer: Any, *, sentence_pieces: bool) -> None:
    (_write_sentence_pieces if sentence_pieces else _write_byte_pairs)(writer)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    count = len(GEMMAS_OWN) if sentence_pieces else 1
    writer.add_token_types([control] * count + [normal] * (VOCABULARY - count))


def _write_byte_pairs(writer: Any) -> None:
    state = json.loads(tiny_tokenizer(VOCABULARY).backend_tokenizer.to_str())["model"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(sorted(state["vocab"], key=state["vocab"].get))
    writer.add_token_merges([" ".join(pair) for pair in state["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)


def _write_sentence_pieces(writer: Any) -> None:
    characters = [chr(code) for code in range(33, 127)]
    pieces = [*GEMMAS_OWN, "\u2581", *characters]
    pieces += [f"<{number}>" for number in range(VOCABULARY - len(pieces))]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores([-float(number) for number in range(VOCABULARY)])
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_unk_token_id(3)
