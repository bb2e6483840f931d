"""What carries token frequency in a model, besides neurons: the bias of the logits, the stream.

The logits are z / f + b: z comes from the residual stream and is divided by
the final scale (f multiplies it further), b does not depend on the text. After
folding, b holds the final norm's bias, seen through the unembedding, and the
unembedding's own bias where there is one. As the scale grows, softmax(b) is
what remains.
"""

from collections.abc import Iterable, Mapping

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.model.state import unembed
from confidence_neurons.weights.unigram import Unigram

MEANS = ("entropy", "kl", "kl_reverse")
SELDOM = 10  # a token that occurs less often is hardly ever seen
NEVER, RARE, COMMON, FREQUENT = "hardly ever seen", "rare", "in between", "frequent"


def shuffled_counts(counts: Int[Tensor, " d_vocab"], seed: int = 0) -> Int[Tensor, " d_vocab"]:
    """The same counts, dealt out to other tokens: a control for everything about frequency."""
    generator = torch.Generator().manual_seed(seed)
    return counts[torch.randperm(len(counts), generator=generator).to(counts.device)]


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


def vocabulary_table(
    model: TransformerBridge,
    counts: Int[Tensor, " d_vocab"],
    vectors: Mapping[str, Float[Tensor, " d_vocab"]],
    every: int = 1,
) -> pd.DataFrame:
    """Vectors of logits beside the frequency of each token.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in the training text.
    vectors : mapping of name to Float[Tensor, "d_vocab"]
        One logit for each token; each vector is centred over the vocabulary.
    every : int
        Of the tokens that are not "frequent", keep every so many-th, by rank.

    Returns
    -------
    pd.DataFrame
        One row per kept token: `token`, `count`, `class` (see
        `frequency_classes`), `log_frequency` (natural logarithm of the
        smoothed frequency), and a column for each vector.
    """
    classes = frequency_classes(counts)
    order = counts.argsort(descending=True, stable=True)
    frequent = classes.count(FREQUENT)
    kept = torch.cat([order[:frequent], order[frequent::every]]).tolist()
    centred = {name: (vector - vector.mean())[kept].tolist() for name, vector in vectors.items()}
    return pd.DataFrame(
        {
            "token": cn.token_labels(model, kept),
            "count": counts[kept].tolist(),
            "class": [classes[token] for token in kept],
            "log_frequency": Unigram.from_counts(counts).probability.log()[kept].tolist(),
            **centred,
        }
    )


@torch.no_grad()
def scale_limit(
    model: TransformerBridge,
    state: cn.State,
    counts: Int[Tensor, " d_vocab"],
    factors: Iterable[float],
    biases: Mapping[str, Float[Tensor, " d_vocab"]],
) -> pd.DataFrame:
    """Multiply the final scale by growing factors, with one or another bias of the logits.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    state : State
        Its counted positions are measured.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in the training text.
    factors : iterable of float
        Positive; an infinite factor leaves softmax(bias).
    biases : mapping of name to Float[Tensor, "d_vocab"]
        What to add to the logits in the place of the model's own bias.

    Returns
    -------
    pd.DataFrame
        One row per bias and factor: `bias`, `factor`, and the means over
        tokens of `entropy`, `kl` (KL(P_freq || P_model)) and `kl_reverse`, in
        nats.
    """
    from_stream = unembed(model, state.residual[state.counted]) - model.b_U
    rows = []
    for factor in factors:
        for name, bias in biases.items():
            found = cn.read_logits(from_stream / factor + bias, quantities=MEANS, counts=counts)
            means = {quantity: float(values.mean()) for quantity, values in found.items()}
            rows.append({"bias": name, "factor": float(factor)} | means)
    return pd.DataFrame(rows)
