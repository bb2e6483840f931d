"""Two opinions on how frequent tokens are, a control for both, and classes of tokens."""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.weights.mean_prediction import summed
from confidence_neurons.weights.unigram import Unigram

COUNTED, OWN, SHUFFLED = "counted in books", "the model's own", "shuffled counts"
SELDOM = 10  # a token that occurs less often is hardly ever seen
NEVER, RARE, COMMON, FREQUENT = "hardly ever seen", "rare", "in between", "frequent"
CLASSES = (FREQUENT, COMMON, RARE, NEVER)


def shuffled_counts(counts: Int[Tensor, " d_vocab"], seed: int = 0) -> Int[Tensor, " d_vocab"]:
    """The same counts, dealt out to other tokens: a control for everything about frequency."""
    generator = torch.Generator().manual_seed(seed)
    return counts[torch.randperm(len(counts), generator=generator).to(counts.device)]


def own_opinion(model: Model, state: State) -> Unigram:
    """What `mean_prediction` gives, of a text that has been run."""
    mean = summed(model, state) / int(state.counted.sum())
    return Unigram.from_probability(mean / mean.sum(), OWN)


def opinions(counts: Int[Tensor, " d_vocab"], own: Unigram) -> dict[str, Unigram]:
    """The model's own unigram distribution, the counted one, and that of shuffled counts."""
    return {
        OWN: own,
        COUNTED: Unigram.from_counts(counts),
        SHUFFLED: Unigram.from_counts(shuffled_counts(counts)),
    }


def frequency_classes(counts: Int[Tensor, " d_vocab"]) -> list[str]:
    """A class for each token of the vocabulary, by its count.

    "hardly ever seen": fewer than ten occurrences. The others, from the most
    frequent down: "frequent" those that make up half of the text, "rare" the
    half of the kinds that is seen least, "in between" the rest.
    """
    order = counts.argsort(descending=True, stable=True)
    seen = int((counts >= SELDOM).sum())
    before = counts[order].double().cumsum(0) - counts[order]
    frequent = int((before < counts.sum() / 2).sum())
    classes = [NEVER] * len(counts)
    for place, token in enumerate(order[:seen].tolist()):
        rare = place >= seen / 2
        classes[token] = FREQUENT if place < frequent else RARE if rare else COMMON
    return classes


def vocabulary(
    model: Model, counts: Int[Tensor, " d_vocab"], own: Unigram, kept: int
) -> pd.DataFrame:
    """Some tokens with both their frequencies.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in a text.
    own : Unigram
        The model's mean prediction.
    kept : int
        About how many tokens to show: their ranks lie evenly on a logarithmic
        scale, and then evenly over the vocabulary.

    Returns
    -------
    pd.DataFrame
        `token`, `class` (see `frequency_classes`), `counted` and `own`: natural
        logarithms of the frequencies, the first with one added to each count.
    """
    order = counts.argsort(descending=True, stable=True)
    ranks = np.concatenate(
        [np.geomspace(1, len(order), kept // 2), np.linspace(1, len(order), kept // 2)]
    )
    tokens = order[np.unique(ranks.round().astype(int)) - 1].tolist()
    classes = frequency_classes(counts)
    counted = Unigram.from_counts(counts).probability
    return pd.DataFrame(
        {
            "token": cn.token_labels(model, tokens),
            "class": [classes[token] for token in tokens],
            "counted": counted.log()[tokens].tolist(),
            "own": own.probability.log()[tokens].tolist(),
        }
    )


def over_seen_tokens(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """The counted frequency direction, zero for tokens that are hardly ever seen."""
    seen = counts >= SELDOM
    log_f = Unigram.from_counts(counts).probability.log()
    direction = torch.where(seen, log_f - log_f[seen].mean(), torch.zeros_like(log_f))
    return direction / direction.norm()
