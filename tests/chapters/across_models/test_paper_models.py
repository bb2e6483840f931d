"""Published sizes against the networks that they describe; commands that the command takes."""

from typing import Any

import pytest
import torch
import typer
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    PhiConfig,
)

from confidence_neurons.command.app import app
from confidence_neurons_book.across_models.paper_models import PAPER_MODELS, costs

CONFIGURATIONS = {
    "GPT-2 Small": GPT2Config(),
    "stanford-gpt2-small-a": GPT2Config(),
    "Pythia 410M": GPTNeoXConfig(
        hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        vocab_size=50_304, tie_word_embeddings=False,
    ),
    "Pythia 1B": GPTNeoXConfig(
        hidden_size=2048, num_hidden_layers=16, num_attention_heads=8, intermediate_size=8192,
        vocab_size=50_304, tie_word_embeddings=False,
    ),
    "Phi-2": PhiConfig(
        hidden_size=2560, num_hidden_layers=32, num_attention_heads=32, intermediate_size=10_240,
        vocab_size=51_200,
    ),
    "Gemma": GemmaConfig(
        hidden_size=2048, num_hidden_layers=18, num_attention_heads=8, num_key_value_heads=1,
        head_dim=256, intermediate_size=16_384, vocab_size=256_000,
    ),
    "LLaMA-2 7B": LlamaConfig(
        hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, intermediate_size=11_008,
        vocab_size=32_000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("model", PAPER_MODELS, ids=lambda model: model.name)
def test_sizes_are_those_of_the_network(model):
    configuration = CONFIGURATIONS[model.name]
    with torch.device("meta"):
        network = AutoModelForCausalLM.from_config(configuration)
    sizes = model.sizes
    assert sum(weights.numel() for weights in network.parameters()) == sizes.parameters
    assert configuration.hidden_size == sizes.d_model
    assert configuration.vocab_size == sizes.d_vocab
    assert bool(configuration.tie_word_embeddings) == sizes.tied
    shapes = [weights.shape for weights in network.parameters()]
    assert {(sizes.d_model, sizes.d_mlp), (sizes.d_mlp, sizes.d_model)} & set(map(tuple, shapes))


@pytest.mark.parametrize("model", PAPER_MODELS, ids=lambda model: model.name)
def test_the_command_takes_it(model):
    program, name, *arguments = model.command.split()
    assert program == "confidence-neurons"
    group: Any = typer.main.get_command(app)
    command = group.commands[name]
    given = command.make_context(name, list(arguments)).params
    assert given["models"] == [model.hub]
    assert given["k"] == model.k
    assert given["output"].parent.name == "scans"


def test_no_two_commands_write_to_one_place():
    assert len({model.command.split()[-1] for model in PAPER_MODELS}) == len(PAPER_MODELS)


def test_costs_say_memory_and_time_and_no_effect():
    frame = costs()
    assert frame.columns.tolist() == ["model", "memory_gb", "minutes"]
    assert frame["model"].tolist() == [model.name for model in PAPER_MODELS]
    assert (frame[["memory_gb", "minutes"]] > 0).all(axis=None)
    largest = frame.set_index("model").loc["LLaMA-2 7B", "memory_gb"]
    assert largest > 2 * 6.7  # the weights alone, in half precision
