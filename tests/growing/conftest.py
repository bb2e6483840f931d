"""A recipe so small that it grows in a second, and something to grow it from."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.preparation import PreparedText
from confidence_neurons.growing.recipe import PROSE, Recipe, Settling
from confidence_neurons.growing.tokenizer import train_tokenizer

WORDS = ["the", "coach", "had", "gone", "and", "nobody", "would", "open", "a", "letter", "cold"]


def synthetic_text(words: int, seed: int = 0) -> str:
    """Sentences of random words; no author wrote them."""
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) + ("." if rng.random() < 0.1 else "") for _ in range(words))


def prose_settling() -> Settling:
    """The last part of prose's run, which it has."""
    assert PROSE.settling is not None
    return PROSE.settling


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        name="tiny",
        vocab_size=280,
        d_model=16,
        n_layers=1,
        n_heads=2,
        sequence_length=32,
        batch_size=4,
        steps=6,
        warmup_steps=2,
        shortest_segment=3,
        longest_segment=10,
    )


@pytest.fixture
def text(recipe: Recipe) -> PreparedText:
    """Made without a corpus on disk: 3,000 words, the last tenth held out."""
    words = synthetic_text(3000)
    tokenizer = train_tokenizer([words], recipe.vocab_size, recipe.sequence_length)
    ids = np.array(tokenizer(words)["input_ids"], dtype=np.uint16)
    end = len(ids) * 9 // 10
    return PreparedText(tokenizer, ids[:end], ids[end:])


@pytest.fixture
def mixture(recipe: Recipe, text: PreparedText) -> Mixture:
    return text.mixture(recipe)


@pytest.fixture(autouse=True)
def torch_settings() -> Iterator[None]:
    with torch_settings_kept():
        yield


@contextmanager
def torch_settings_kept() -> Iterator[None]:
    """Growing sets the number of threads and asks for determinism: undo both."""
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
