"""Text whose every uncertainty is known, and a model's predictions held against it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.growing.language import Drawn, Language
from confidence_neurons.growing.language_optimum import Optimum, optimum
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.state import unembed

COLD, WARM, HOT = "cold", "warm", "hot"
TEMPERATURES = (COLD, WARM, HOT)


def overconfidence(
    probabilities: Float[Tensor, "token d_vocab"], optimal: Float[Tensor, "token d_vocab"]
) -> Float[Tensor, " token"]:
    """Probability that a model gives its first choice, minus the one that the choice has."""
    sure, choice = probabilities.max(dim=-1)
    return sure - optimal.gather(-1, choice.unsqueeze(-1)).squeeze(-1)


@dataclass(frozen=True)
class KnownText:
    """Rows of a language with three temperatures, and the best that can be said of them.

    Attributes
    ----------
    language : Language
        That the rows are from.
    drawn : Drawn
        Rows that begin with BOS and a marker.
    """

    language: Language
    drawn: Drawn

    @classmethod
    def of(cls, language: Language, rows: int, length: int, seed: int) -> "KnownText":
        """Draw rows."""
        return cls(language, language.draw(rows, length, seed))

    @cached_property
    def best(self) -> Optimum:
        """The Bayes-optimal predictor at every position."""
        return optimum(self.language, self.drawn.tokens)

    @property
    def tokens(self) -> Int[Tensor, "row position"]:
        """For the library's functions."""
        return torch.from_numpy(self.drawn.tokens)

    def where(self, temperature: str | None = None) -> Bool[Tensor, "row position"]:
        """The positions that count: all with a next token but BOS, or those at a temperature."""
        which, _ = self.language.context(self.drawn.tokens)
        which[:, -1] = -1
        wanted = which >= 0 if temperature is None else which == TEMPERATURES.index(temperature)
        return torch.from_numpy(wanted)

    def words(self, rows: int) -> pd.DataFrame:
        """The first rows as they read: `row`, `word`, `ahead` (entropy of the optimum), `heat`."""
        which, _ = self.language.context(self.drawn.tokens[:rows, 1:])
        names = self.language.tokenizer().convert_ids_to_tokens(list(range(self.language.d_vocab)))
        count, length = which.shape
        return pd.DataFrame(
            {
                "row": np.repeat([f"row {number}" for number in range(1, count + 1)], length),
                "word": [f" {names[token]}" for token in self.drawn.tokens[:rows, 1:].ravel()],
                "ahead": self.best.entropy[:rows, 1:].ravel().round(2),
                "heat": [TEMPERATURES[n] for n in which.ravel()],
            }
        )

    def optimal(
        self, values: Float[np.ndarray, "row position *any"]
    ) -> Float[Tensor, "token *any"]:
        """What the optimum says where it counts, token after token."""
        return torch.from_numpy(values)[self.where()].float()

    def read(self, model: LightModel, state: cn.State | None = None) -> pd.DataFrame:
        """A row for each token that counts: what the model says, and what is to be said.

        Parameters
        ----------
        model : LightModel
            Grown on the language.
        state : State, optional
            Of this text, if something was changed; by default as it is.

        Returns
        -------
        pd.DataFrame
            `sequence`, `position`, `temperature`; `entropy`, `optimal_entropy`
            and `kl`, from the optimum to the model, in nats; `scale`;
            `overconfidence`: the probability that the model gives its first
            choice minus the one that the choice has.
        """
        state = cn.run(model, self.tokens, at=self.where()) if state is None else state
        frame = cn.read(model, state, ("entropy", "scale"))
        which, _ = self.language.context(self.drawn.tokens)
        names = [TEMPERATURES[n] for n in which[self.where().numpy()]]
        logits = unembed(model, state.residual, state.scale)[state.counted]
        best = self.optimal(self.best.probabilities)
        kl = cn.kl_divergence(best.log(), logits.log_softmax(dim=-1))
        return frame.assign(
            temperature=names,
            optimal_entropy=self.optimal(self.best.entropy).numpy(),
            kl=kl.numpy(),
            overconfidence=overconfidence(logits.softmax(dim=-1), best).numpy(),
        )
