"""Slow, obvious versions of what the library computes fast, and the models to try them on.

Everything that is a formula is written with Python numbers and loops, one
token and one neuron at a time, in double precision.
"""

import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge
from transformers import GPTNeoXForCausalLM, PreTrainedModel

from confidence_neurons import load_model
from confidence_neurons.model.light import LightModel
from tiny_models import N_LAYERS, save_tiny_model, tiny_network, tiny_tokenizer


def tokens_for(vocab_size: int = 300, rows: int = 2, length: int = 12, seed: int = 0) -> Tensor:
    """Random rows that begin with BOS (token 0) and have it nowhere else."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, vocab_size, (rows, length), generator=generator)
    tokens[:, 0] = 0
    return tokens


@cache
def tiny_pair(architecture: str) -> tuple[TransformerBridge, PreTrainedModel]:
    """A tiny random model as `load_model` loads it, and as Hugging Face runs it."""
    with TemporaryDirectory() as directory:
        network = save_tiny_model(Path(directory), architecture)
        return load_model(directory, device="cpu"), network


@cache
def bundled(name: str) -> TransformerBridge:
    """A bundled model, loaded once for all tests. Leave it as it is."""
    return load_model(name, device="cpu")


def load_network(network: PreTrainedModel) -> TransformerBridge:
    """Save a Hugging Face model with a tokenizer, and load it again."""
    with TemporaryDirectory() as directory:
        network.save_pretrained(directory)
        tiny_tokenizer(network.config.vocab_size).save_pretrained(directory)
        return load_model(directory, device="cpu")


def light(network: PreTrainedModel) -> LightModel:
    """The same network as `load_light` holds it."""
    return LightModel.of(network, tiny_tokenizer(network.config.vocab_size), "tiny")


def network_with_null_direction() -> tuple[GPTNeoXForCausalLM, Tensor]:
    """A tiny GPT-NeoX whose unembedding cannot see one direction of mean zero."""
    network = tiny_network("neox-serial")
    assert isinstance(network, GPTNeoXForCausalLM)
    direction = torch.randn(network.config.hidden_size, generator=torch.Generator().manual_seed(7))
    direction -= direction.mean()
    direction /= direction.norm()
    with torch.no_grad():
        network.gpt_neox.final_layer_norm.weight.fill_(1.0)
        unembedding = network.get_output_embeddings().weight  # [d_vocab, d_model]
        unembedding -= torch.outer(unembedding @ direction, direction)
    return network, direction


def write_w_out(network: PreTrainedModel, neuron: int, w_out: Tensor | float) -> None:
    """Make `w_out` the output weights of one last-layer neuron of a tiny GPT-NeoX."""
    name = f"gpt_neox.layers.{N_LAYERS - 1}.mlp.dense_4h_to_h.weight"
    with torch.no_grad():
        network.get_parameter(name)[:, neuron] = w_out


def effective_unembedding(model: TransformerBridge) -> Tensor:
    """The folded unembedding, centred over d_model for LayerNorm, and over the vocabulary."""
    weights = model.W_U.detach().double()
    if not model.ln_final.uses_rms_norm:
        weights = weights - weights.mean(dim=0)
    return weights - weights.mean(dim=1)[:, None]


def softmax(logits: list[float]) -> list[float]:
    largest = max(logits)
    weights = [math.exp(logit - largest) for logit in logits]
    return [weight / sum(weights) for weight in weights]


def entropy(logits: list[float]) -> float:
    """- sum p log p, with 0 log 0 = 0."""
    return -sum(p * math.log(p) for p in softmax(logits) if p > 0)


def kl_divergence(p: list[float], q: list[float]) -> float:
    """Sum p log(p / q) of two lists of probabilities."""
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def rank(logits: list[float], target: int) -> int:
    """Place of the target when the tokens are sorted by their logits, the highest first."""
    order = sorted(range(len(logits)), key=lambda token: -logits[token])
    return order.index(target) + 1


def cosine(first: Tensor, second: Tensor) -> float:
    first, second = first.double(), second.double()
    return float(first @ second / (first.norm() * second.norm()))


def logit_var(neuron: Tensor, unembedding: Tensor) -> float:
    """Variance of the cosines with every column, the mean of squares about the mean."""
    cosines = [cosine(neuron, column) for column in unembedding.T]
    mean = sum(cosines) / len(cosines)
    return sum((value - mean) ** 2 for value in cosines) / len(cosines)


def reliability(
    logits: Tensor, tokens: Tensor, bins: int
) -> list[tuple[float, float, float, float, int]]:
    """One tuple (low, high, confidence, accuracy, tokens) for each bin with tokens in it."""
    found: dict[int, list[tuple[float, bool]]] = {}
    rows, length, _ = logits.shape
    for row in range(rows):
        for position in range(1, length - 1):
            probabilities = softmax(logits[row, position].double().tolist())
            confidence = max(probabilities)
            right = probabilities.index(confidence) == int(tokens[row, position + 1])
            found.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, right))
    return [
        (
            index / bins,
            (index + 1) / bins,
            sum(confidence for confidence, _ in members) / len(members),
            sum(right for _, right in members) / len(members),
            len(members),
        )
        for index, members in sorted(found.items())
    ]


def mean_attention(pattern: Tensor, period: int) -> float:
    """Mean over the second copy of the attention to what followed the same token before.

    `pattern` is [batch, query, key] of one head over BOS and two copies.
    """
    weights = []
    for attention in pattern.tolist():
        for offset in range(period):
            query = 1 + period + offset  # this place in the second copy
            seen_before = 1 + offset  # the same token in the first copy
            weights.append(attention[query][seen_before + 1])
    return sum(weights) / len(weights)
