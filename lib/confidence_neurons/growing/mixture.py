"""The stream of training sequences: prose, unpredictable text, repeats.

Batch number s depends on the recipe's seed and on s alone, so a run that was
interrupted goes on with exactly the batches it would have seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int, Integer, UInt16
from torch import Tensor

from confidence_neurons.growing.noise import REPLACING
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
    natural : mapping of str to UInt16[np.ndarray, "_"]
        The token ids of each natural kind of noise that the recipe asks for.
    """

    recipe: Recipe
    tokens: UInt16[np.ndarray, " token"]
    unigram: Float[np.ndarray, " d_vocab"]
    natural: Mapping[str, UInt16[np.ndarray, " _"]] = field(default_factory=dict)

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
            body = self._excerpt(rng, self.tokens, length)
            if kind < repeated_share + corrupted_share:
                body = self._corrupted(rng, body, self.recipe.corruption_exponent_at(step))
        return np.concatenate([[BOS_ID], body])

    def _excerpt(
        self, rng: np.random.Generator, tokens: UInt16[np.ndarray, " token"], length: int
    ) -> Integer[np.ndarray, " {length}"]:
        start = rng.integers(len(tokens) - length)
        return tokens[start : start + length]

    def _corrupted(
        self, rng: np.random.Generator, body: Integer[np.ndarray, " position"], exponent: float
    ) -> Integer[np.ndarray, " position"]:
        """Replace a share of the tokens, or all of them by text of a natural kind.

        The share is drawn anew for each sequence, `highest_corruption` times
        a power of a uniform number; one or more leaves no token of the prose.
        """
        kinds = self.recipe.noise
        kind = kinds[0] if len(kinds) == 1 else kinds[rng.integers(len(kinds))]
        if kind not in REPLACING:
            return self._excerpt(rng, self.natural[kind], len(body))
        rate = self.recipe.highest_corruption * rng.random() ** exponent
        replaced = rng.random(len(body)) < rate
        return REPLACING[kind](rng, body, replaced, self.unigram)

    def _repeated(self, rng: np.random.Generator, length: int) -> Integer[np.ndarray, " {length}"]:
        """Tile one segment, of uniform random tokens or of prose."""
        low, high = np.log([self.recipe.shortest_segment, self.recipe.longest_segment + 1])
        period = int(np.exp(rng.uniform(low, high)))
        if rng.random() < self.recipe.random_repeats:
            segment = rng.integers(BOS_ID + 1, len(self.unigram), size=period)
        else:
            segment = self._excerpt(rng, self.tokens, period)
        return np.resize(segment, length)
