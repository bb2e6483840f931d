"""Training sequences of a language of known entropy."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Int
from torch import Tensor

from confidence_neurons.growing.language import Language
from confidence_neurons.growing.recipe import Recipe

STEPS_AT_ONCE = 64
FIRST_SEED = 1_000_000  # smaller seeds are left to texts that are measured on


@dataclass(frozen=True)
class LanguageBatches:
    """Draws training batches from a language.

    Attributes
    ----------
    recipe : Recipe
        For the sizes and the seed.
    language : Language
        Whose sequences they are.
    """

    recipe: Recipe
    language: Language

    def __post_init__(self) -> None:
        """Refuse a recipe for another vocabulary."""
        if self.recipe.vocab_size != self.language.d_vocab:
            raise ValueError(
                f"expected a recipe with a vocab_size of {self.language.d_vocab}, that of the "
                f"language, got {self.recipe.vocab_size}"
            )

    def batch(self, step: int) -> Int[Tensor, "batch position"]:
        """The sequences of one step; many steps' are drawn at once and kept."""
        block, place = divmod(step, STEPS_AT_ONCE)
        size = self.recipe.batch_size
        return _block(self, block)[place * size : (place + 1) * size]


@lru_cache(maxsize=1)
def _block(batches: LanguageBatches, number: int) -> Int[Tensor, "row position"]:
    recipe = batches.recipe
    seed = FIRST_SEED * (1 + recipe.seed) + number
    count = STEPS_AT_ONCE * recipe.batch_size
    return torch.from_numpy(batches.language.draw(count, recipe.sequence_length, seed).tokens)
