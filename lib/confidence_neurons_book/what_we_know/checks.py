"""What the exercises are checked with: inputs and references, for the notebook and its tests."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

HIGHEST = 12


def rank_correlation(x: Float[Tensor, " neuron"], y: Float[Tensor, " neuron"]) -> float:
    """Spearman's rank correlation of two measures of the same neurons."""
    pair = pd.DataFrame({"x": x.numpy(), "y": y.numpy()})
    return float(pair.corr("spearman").loc["x", "y"])


def measures() -> list[tuple[Tensor, Tensor]]:
    """Pairs that rise together, against each other, and in curves, a few far out, none tied."""
    draw = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 200, generator=draw)
    skewed = (3 * x).exp() + 5
    return [(x, noise), (skewed, x + noise), (skewed, -skewed.log() + noise), (x[:30], x[:30] ** 3)]


def null_writers_beside_the_rest(scanned: pd.DataFrame) -> list[float]:
    """Median share through the scale: of the twelve neurons with the highest rho, of all others."""
    highest = scanned["null_fraction"].nlargest(HIGHEST).index
    share = scanned["entropy_ln_mediated"]
    return [float(share[highest].median()), float(share.drop(highest).median())]


def scans(count: int = 3) -> list[tuple[pd.DataFrame]]:
    """Frames as `scan` makes them, in which no column can stand for another; shares are skewed."""
    found = []
    for seed in range(count):
        draw = torch.Generator().manual_seed(seed)
        rho, share, norm, total = torch.rand(4, 64, generator=draw)
        columns = {
            "neuron": torch.randperm(64, generator=draw),
            "weight_norm": 1 + norm,
            "null_fraction": rho,
            "entropy_total": 0.001 * (4 * total).exp(),
            "entropy_ln_mediated": 0.3 * rho + 0.6 - 3 * share**4,
        }
        found.append((pd.DataFrame({name: values.numpy() for name, values in columns.items()}),))
    return found
