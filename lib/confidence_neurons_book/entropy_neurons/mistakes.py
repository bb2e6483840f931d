"""Right answers to the exercises with knobs: turned, they are the mistakes that are often made."""

from collections.abc import Callable

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn

RHO, SHARE = 0.6, 0.5  # thresholds of the definition


def met(
    frame: pd.DataFrame,
    *,
    null: bool = True,
    share: float = SHARE,
    awake: bool = True,
    middle: str = "median",
) -> list[bool]:
    """Say which neurons meet the definition, or some of its parts."""
    chosen = frame["entropy_ln_mediated"] > share
    if null:
        chosen &= frame["null_fraction"] > RHO
    if awake:
        chosen &= frame["entropy_total"] > frame["entropy_total"].agg(middle)
    return chosen.tolist()


def parts(frame: pd.DataFrame, *, suspects_alone: bool = False) -> pd.DataFrame:
    """Each part of the definition in a column, by how far a neuron is above its threshold."""
    effect = frame["entropy_total"]
    median = effect[met(frame, awake=False)].median() if suspects_alone else effect.median()
    return pd.DataFrame(
        {
            "null": frame["null_fraction"] - RHO,
            "share": frame["entropy_ln_mediated"] - SHARE,
            "awake": effect - median,
        }
    )


def steps(
    a: Float[Tensor, "token neuron"],
    w: Float[Tensor, "neuron d_model"],
    *,
    level: float | Float[Tensor, " neuron"] | None = None,
) -> Float[Tensor, "neuron token d_model"]:
    """What holding each neuron, by default at its mean, adds to the stream."""
    held = a.mean(dim=0) if level is None else level
    return (held - a).T[:, :, None] * w[:, None]


def root_mean_square(stream: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch 1"]:
    """The scale of an RMSNorm without epsilon."""
    return stream.pow(2).mean(dim=-1, keepdim=True).sqrt()


def changes(
    x: Float[Tensor, "token d_model"],
    step: Float[Tensor, "neuron token d_model"],
    W: Float[Tensor, "d_model d_vocab"],
    *,
    scale: Callable[[Tensor], Tensor] = root_mean_square,
    frozen: Callable[[Tensor], Tensor] = lambda scales: scales,
) -> Float[Tensor, "neuron 2 token"]:
    """Total and direct change of entropy at each token, every stream unembedded by itself."""
    clean = cn.entropy(x / scale(x) @ W)
    held = x + step
    after = [cn.entropy(held / divisor @ W) for divisor in (scale(held), frozen(scale(x)))]
    return torch.stack(after, dim=1) - clean


def sizes(change: Float[Tensor, "neuron 2 token"]) -> Float[Tensor, "neuron 2"]:
    """Mean over tokens of the size of each change."""
    return change.abs().mean(dim=-1)


def scanned(
    x: Float[Tensor, "token d_model"],
    a: Float[Tensor, "token neuron"],
    w: Float[Tensor, "neuron d_model"],
    W: Float[Tensor, "d_model d_vocab"],
) -> Float[Tensor, "neuron 2"]:
    """Total and direct effect of each neuron on entropy."""
    return sizes(changes(x, steps(a, w), W))


def placed(
    changes: pd.DataFrame,
    neuron: int,
    *,
    column: str = "entropy_total",
    least: bool = True,
    sign: int = -1,
) -> list[float]:
    """Where a column is least or greatest, and the change of entropy there, with a sign."""
    values = changes.loc[changes["neuron"] == neuron, column]
    best = changes.loc[values.idxmin() if least else values.idxmax()]
    return [best["position"], sign * best["entropy_total"]]
