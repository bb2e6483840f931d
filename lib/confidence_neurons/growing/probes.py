"""Texts of several kinds to measure a grown model on, whatever it was grown on."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from confidence_neurons.growing.language import Language
from confidence_neurons.growing.language_optimum import optimum
from confidence_neurons.growing.noise import NATURAL, REPLACING
from confidence_neurons.growing.preparation import PreparedText
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.tokenizer import BOS_ID

PROSE = "prose"
RANDOM = "random tokens"
ROWS = 64
REPLACED_SHARE = 0.5
NATURAL_SEED = 1  # training has text of seed 0
LANGUAGE_SEED = 7


@dataclass(frozen=True)
class Probe:
    """A text, the positions that count, and the best loss there, where it is known.

    Attributes
    ----------
    tokens : Int[Tensor, "row position"]
        Rows that begin with BOS.
    at : Bool[Tensor, "row position"]
        Never the last position, which has no next token.
    optimal_loss, optimal_entropy : float
        Bayes-optimal means over these positions, in nats; NaN of prose.
    """

    tokens: Int[Tensor, "row position"]
    at: Bool[Tensor, "row position"]
    optimal_loss: float = float("nan")
    optimal_entropy: float = float("nan")

    def some(self, rows: int) -> "Probe":
        """The same of fewer rows, without what is known of the best."""
        return Probe(self.tokens[:rows], self.at[:rows])


def prose_probes(text: PreparedText, recipe: Recipe) -> dict[str, Probe]:
    """Held-out prose, and each kind of unpredictable text.

    Of the replacing kinds half of the tokens are replaced; random tokens are
    uniform draws and nothing else, as in the first copy of a repeat.
    """
    length = recipe.sequence_length - 1
    clean = _rows(text.validation, length)
    unigram = text.counts / text.counts.sum()
    rng = np.random.default_rng(0)
    bodies = {PROSE: clean}
    for kind, change in REPLACING.items():
        replaced = rng.random(clean.shape) < REPLACED_SHARE
        changed = [change(rng, *pair, unigram) for pair in zip(clean, replaced, strict=True)]
        bodies[kind] = np.stack(changed)
    bodies[RANDOM] = rng.integers(BOS_ID + 1, len(unigram), size=clean.shape)
    for kind in NATURAL:
        characters = 12 * length * ROWS
        bodies[kind] = _rows(text.natural(kind, characters, NATURAL_SEED), length)
    return {kind: _probe(np.pad(body, ((0, 0), (1, 0)))) for kind, body in bodies.items()}


def language_probes(language: Language, recipe: Recipe) -> dict[str, Probe]:
    """Text of a language, by the temperature that holds; `all` is all of it."""
    drawn = language.draw(4 * ROWS, recipe.sequence_length, LANGUAGE_SEED)
    best = optimum(language, drawn.tokens)
    temperature, _ = language.context(drawn.tokens)
    loss, entropy = best.loss(drawn.tokens), best.entropy[:, :-1]

    def probe(wanted: Bool[np.ndarray, "row position"]) -> Probe:
        whole = _probe(drawn.tokens)
        at = whole.at & torch.from_numpy(wanted)
        here = at.numpy()[:, :-1]
        return Probe(whole.tokens, at, float(loss[here].mean()), float(entropy[here].mean()))

    kinds = {f"{heat:g}": temperature == n for n, heat in enumerate(language.temperatures)}
    return {"all": probe(temperature >= 0)} | {kind: probe(at) for kind, at in kinds.items()}


def _probe(tokens: Int[np.ndarray, "row position"]) -> Probe:
    at = torch.ones(tokens.shape, dtype=torch.bool)
    at[:, [0, -1]] = False
    return Probe(torch.from_numpy(tokens.astype(np.int64)), at)


def _rows(ids: np.ndarray, length: int) -> Int[np.ndarray, "row {length}"]:
    """Rows from all over a text, as many as there are, up to `ROWS`."""
    rows = min(ROWS, len(ids) // length)
    if rows < 1:
        raise ValueError(f"expected at least {length} tokens to measure on, got {len(ids)}")
    starts = np.linspace(0, len(ids) - length, rows).astype(int)
    return np.stack([ids[start : start + length] for start in starts]).astype(np.int64)
