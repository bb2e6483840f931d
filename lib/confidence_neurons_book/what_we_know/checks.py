"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Generator, Tensor

from confidence_neurons.exercises import Exercise

HIGHEST, NEURONS = 12, 64

Measure = Float[Tensor, " neuron"]


def _rank_correlation(x: Measure, y: Measure) -> float:
    pair = pd.DataFrame({"x": x.numpy(), "y": y.numpy()})
    return float(pair.corr("spearman").loc["x", "y"])


def _measures(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Pairs that rise together, against each other, and in curves, a few far out, none tied."""
    x, noise = torch.randn(2, 200, generator=generator)
    skewed = (3 * x).exp() + 5
    return [(x, noise), (skewed, x + noise), (skewed, -skewed.log() + noise), (x[:30], x[:30] ** 3)]


def _order(x: Measure) -> Measure:
    return x.argsort().double()


def _ranks(x: Measure) -> Measure:
    return _order(_order(x))


def _correlation(x: Measure, y: Measure) -> Tensor:
    return torch.corrcoef(torch.stack([x, y]).double())[0, 1]


def _concordance(x: Measure, y: Measure) -> Tensor:
    """Kendall's rank correlation."""
    signs = [torch.sign(values[:, None] - values[None]) for values in (x, y)]
    return (signs[0] * signs[1]).sum() / (len(x) * (len(x) - 1))


rank_correlation = Exercise(
    "what_we_know.rank_correlation",
    reference=_rank_correlation,
    draw=_measures,
    hints=[
        "A rank correlation is the correlation that you know, of other numbers. Which ones?",
        "The rank of a value says how many are smaller. `argsort` gives something else: which "
        "neuron stands at each rank. It is the way back that you need.",
        "The order of the order is the rank. `torch.corrcoef` takes a stack of two rows in a "
        "floating precision and gives a matrix; the number is off its diagonal.",
    ],
    mistakes={
        "This correlates the values, so that a few far out rule it: put ranks in their place.": (
            _correlation
        ),
        "`argsort` says which neuron comes first, not what rank a neuron has: turn the order "
        "into ranks.": lambda x, y: _correlation(_order(x), _order(y)),
        "Only the first measure is ranked: rank both.": lambda x, y: _correlation(_ranks(x), y),
        "Only the second measure is ranked: rank both.": lambda x, y: _correlation(x, _ranks(y)),
        "The ranks run against each other, one from the lowest and one from the highest: begin "
        "both at the same end.": lambda x, y: -_rank_correlation(x, y),
        "The sign is lost: one measure may fall where the other rises.": lambda x, y: abs(
            _rank_correlation(x, y)
        ),
        "The mean rank is still in it, which makes any two measures look alike: take it off.": (
            lambda x, y: torch.cosine_similarity(_ranks(x), _ranks(y), dim=0)
        ),
        "This is a covariance of ranks: divide by the spread of both.": lambda x, y: torch.cov(
            torch.stack([_ranks(x), _ranks(y)])
        )[0, 1],
        "This counts the pairs in the same order, which is Kendall's correlation: correlate the "
        "ranks.": _concordance,
    },
)


def _null_writers_beside_the_rest(scanned: pd.DataFrame) -> list[float]:
    return _medians(scanned, scanned["null_fraction"].nlargest(HIGHEST).index)


def _medians(
    scanned: pd.DataFrame, chosen: pd.Index, measure: str = "entropy_ln_mediated"
) -> list[float]:
    return [
        float(scanned.loc[chosen, measure].median()),
        float(scanned.drop(chosen)[measure].median()),
    ]


def _scans(generator: Generator) -> list[tuple[pd.DataFrame]]:
    """Frames as `scan` makes them, in which no column can stand for another; shares are skewed."""
    found = []
    for _ in range(3):
        rho, share, norm, total = torch.rand(4, NEURONS, generator=generator)
        columns = {
            "neuron": torch.randperm(NEURONS, generator=generator),
            "weight_norm": 1 + norm,
            "null_fraction": rho,
            "entropy_total": 0.001 * (4 * total).exp(),
            "entropy_ln_mediated": 0.3 * rho + 0.6 - 3 * share**4,
        }
        found.append((pd.DataFrame({name: values.numpy() for name, values in columns.items()}),))
    return found


def _by(scanned: pd.DataFrame, column: str) -> pd.Index:
    return scanned[column].nlargest(HIGHEST).index


def _means(scanned: pd.DataFrame) -> list[float]:
    share, chosen = scanned["entropy_ln_mediated"], _by(scanned, "null_fraction")
    return [float(share[chosen].mean()), float(share.drop(chosen).mean())]


def _beside_all(scanned: pd.DataFrame) -> list[float]:
    everyone = float(scanned["entropy_ln_mediated"].median())
    return [_null_writers_beside_the_rest(scanned)[0], everyone]


claim = Exercise(
    "what_we_know.claim",
    reference=_null_writers_beside_the_rest,
    draw=_scans,
    hints=[
        "Which column chooses the neurons, and which one is reported? They are two.",
        "`nlargest` gives the highest values of a column, and their index says in which rows they "
        "stand.",
        "With that index, pick the twelve from the column of shares, and `drop` them from it for "
        "the others. A median each, the twelve first.",
    ],
    mistakes={
        "These are means, which a few shares far below zero pull down: take medians.": _means,
        "The twelve are chosen by their norm: take the highest `null_fraction`.": lambda scanned: (
            _medians(scanned, _by(scanned, "weight_norm"))
        ),
        "The twelve are chosen by the share that is reported, which makes the claim true of any "
        "model: choose by `null_fraction`.": lambda scanned: _medians(
            scanned, _by(scanned, "entropy_ln_mediated")
        ),
        "These are the twelve lowest: take the highest.": lambda scanned: _medians(
            scanned, scanned["null_fraction"].nsmallest(HIGHEST).index
        ),
        "These are the first twelve rows of the frame: they have to be sorted by `null_fraction` "
        "first.": lambda scanned: _medians(scanned, scanned.index[:HIGHEST]),
        "Numbers of neurons are taken for labels of rows: keep the index of the frame.": (
            lambda scanned: _medians(
                scanned, pd.Index(scanned.loc[_by(scanned, "null_fraction"), "neuron"])
            )
        ),
        "This is the size of the effect: report the share through the scale.": lambda scanned: (
            _medians(scanned, _by(scanned, "null_fraction"), "entropy_total")
        ),
        "The second number is the median of all neurons: leave the twelve out of it.": _beside_all,
        "The two are exchanged: the twelve come first.": lambda scanned: (
            _null_writers_beside_the_rest(scanned)[::-1]
        ),
    },
)
