"""The stream of training sequences: clean prose, corrupted prose, repeats.

Batch number s depends on the recipe's seed and on s alone, so a run that was
interrupted goes on with exactly the batches it would have seen.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Integer, UInt16
from torch import Tensor

from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.tokenizer import BOS_ID


@dataclass(frozen=True)
class Mixture:
    """Draws training batches from a tokenised corpus.

    Attributes
    ----------
    recipe : Recipe
        For sizes and shares.
    tokens : UInt16[np.ndarray, "token"]
        The training text, one long array of token ids.
    unigram : Float[np.ndarray, "d_vocab"]
        Share of each token in that text.
    """

    recipe: Recipe
    tokens: UInt16[np.ndarray, " token"]
    unigram: Float[np.ndarray, " d_vocab"]

    def batch(self, step: int) -> Int[Tensor, "batch position"]:
        """The sequences of one step; each starts with the BOS token."""
        rng = np.random.default_rng([self.recipe.seed, step])
        rows = [self._sequence(rng, step) for _ in range(self.recipe.batch_size)]
        return torch.from_numpy(np.stack(rows).astype(np.int64))

    def _sequence(self, rng: np.random.Generator, step: int) -> Integer[np.ndarray, " position"]:
        length = self.recipe.sequence_length - 1
        corrupted_share, repeated_share = self.recipe.shares_at(step)
        kind = rng.random()
        if kind < repeated_share:
            body = self._repeated(rng, length)
        else:
            body = self._excerpt(rng, length)
            if kind < repeated_share + corrupted_share:
                body = self._corrupted(rng, body, self.recipe.corruption_exponent_at(step))
        return np.concatenate([[BOS_ID], body])

    def _excerpt(self, rng: np.random.Generator, length: int) -> Integer[np.ndarray, " {length}"]:
        start = rng.integers(len(self.tokens) - length)
        return self.tokens[start : start + length]

    def _corrupted(
        self, rng: np.random.Generator, body: Integer[np.ndarray, " position"], exponent: float
    ) -> Integer[np.ndarray, " position"]:
        """Replace a share of the tokens by unigram draws.

        The share is drawn anew for each sequence, `highest_corruption` times
        a power of a uniform number; one or more leaves no token of the prose.
        """
        rate = self.recipe.highest_corruption * rng.random() ** exponent
        replaced = rng.random(len(body)) < rate
        noise = rng.choice(len(self.unigram), size=len(body), p=self.unigram)
        return np.where(replaced, noise, body)

    def _repeated(self, rng: np.random.Generator, length: int) -> Integer[np.ndarray, " {length}"]:
        """Tile one segment: half the time of uniform random tokens, half of prose."""
        low, high = np.log([self.recipe.shortest_segment, self.recipe.longest_segment + 1])
        period = int(np.exp(rng.uniform(low, high)))
        if rng.random() < 0.5:
            segment = rng.integers(BOS_ID + 1, len(self.unigram), size=period)
        else:
            segment = self._excerpt(rng, period)
        return np.resize(segment, length)
