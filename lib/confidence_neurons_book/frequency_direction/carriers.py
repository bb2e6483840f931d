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

from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual
from confidence_neurons.weights.unigram import Unigram, check_vocabulary
from confidence_neurons_book.confidence.predictions import token_labels
from confidence_neurons_book.frequency_direction.levels import logit_levels

MEANS = ("entropy", "kl", "kl_reverse")
NEVER, RARE, COMMON, FREQUENT = "hardly ever seen", "rare", "in between", "frequent"


def shuffled_counts(counts: Int[Tensor, " d_vocab"], seed: int = 0) -> Int[Tensor, " d_vocab"]:
    """The same counts, dealt out to other tokens: a control for everything about frequency."""
    generator = torch.Generator().manual_seed(seed)
    return counts[torch.randperm(len(counts), generator=generator).to(counts.device)]


def frequency_classes(counts: Int[Tensor, " d_vocab"], never: int = 10) -> list[str]:
    """A class for each token of the vocabulary, by its count.

    "hardly ever seen": fewer than `never` occurrences. The others, from the
    most frequent down: "frequent" those that make up half of the text, "rare"
    the half of the kinds that is seen least, "in between" the rest.

    Raises
    ------
    ValueError
        If counts are not a vector or no token reaches `never`.
    """
    if counts.ndim != 1 or not (counts >= never).any():
        raise ValueError(
            f"expected a vector of counts, some of them at least {never}, "
            f"got shape {tuple(counts.shape)}, at most {counts.max() if counts.numel() else 0}"
        )
    order = counts.argsort(descending=True, stable=True)
    seen = int((counts >= never).sum())
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
    vectors:
        Name -> one logit for each token; each is centred over the vocabulary.
    every:
        Of the tokens that are not "frequent", keep every so many-th, by rank.

    Returns
    -------
    One row per kept token: `token`, `count`, `class` (see
    `frequency_classes`), `log_frequency` (natural logarithm of the smoothed
    frequency), and a column for each vector.

    Raises
    ------
    ValueError
        If counts or a vector belong to another vocabulary.
    """
    check_vocabulary(counts, model.cfg.d_vocab)
    unigram = Unigram.from_counts(counts, model.cfg.d_vocab)
    classes = frequency_classes(counts)
    order = counts.argsort(descending=True, stable=True)
    frequent = classes.count(FREQUENT)
    kept = torch.cat([order[:frequent], order[frequent::every]])
    frame = pd.DataFrame(
        {
            "token": token_labels(model, kept.tolist()),
            "count": counts[kept].tolist(),
            "class": [classes[token] for token in kept.tolist()],
            "log_frequency": unigram.probability.log()[kept].tolist(),
        }
    )
    for name, vector in vectors.items():
        if vector.shape != counts.shape:
            raise ValueError(
                f"expected {len(counts)} logits in {name!r}, got shape {tuple(vector.shape)}: "
                "they belong to another vocabulary"
            )
        frame[name] = (vector - vector.mean())[kept.to(vector.device)].tolist()
    return frame


@torch.no_grad()
def scale_limit(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    counts: Int[Tensor, " d_vocab"],
    factors: Iterable[float],
    biases: Mapping[str, Float[Tensor, " d_vocab"]],
) -> pd.DataFrame:
    """Multiply the final scale by growing factors, with one or another bias of the logits.

    Returns
    -------
    One row per bias and factor: `bias`, `factor`, and the means over tokens
    of `entropy`, `kl` (KL(P_freq || P_model)) and `kl_reverse`, in nats. An
    infinite factor leaves softmax(bias).

    Raises
    ------
    ValueError
        If counts belong to another vocabulary or a factor is not positive.
    """
    unigram = Unigram.from_counts(counts, model.cfg.d_vocab, model.W_U.device)
    scale = FinalNorm.from_model(model).scale(residual)
    from_stream = logits_from_residual(model, residual, scale) - model.b_U
    target = torch.zeros(len(residual), dtype=torch.long, device=residual.device)
    rows = []
    for factor in factors:
        if not factor > 0:
            raise ValueError(f"expected positive factors, got {factor}")
        for name, bias in biases.items():
            levels = logit_levels(from_stream / factor + bias, target, unigram)
            means = {key: float(getattr(levels, key).mean()) for key in MEANS}
            rows.append({"bias": name, "factor": float(factor)} | means)
    return pd.DataFrame(rows)
