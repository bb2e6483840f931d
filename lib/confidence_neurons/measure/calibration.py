"""Is a model as sure as it is right? Reliability and calibration error."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.measure.outputs import log_probabilities


def reliability(
    logits: Float[Tensor, "batch position d_vocab"],
    tokens: Int[Tensor, "batch position"],
    bins: int = 10,
) -> pd.DataFrame:
    """Confidence against accuracy of the model's first choice, in bins of confidence.

    The confidence of a prediction is the probability of its most likely
    token; it is right when that token comes next. The first position (BOS)
    and the last (no target) are not counted. Bins have equal width over
    [0, 1] (Guo et al. 2017, arXiv 1706.04599); empty bins are left out.

    Returns
    -------
    One row per bin: `low`, `high` (edges), `confidence` and `accuracy`
    (means over the bin's tokens), `tokens` (how many).

    Raises
    ------
    ValueError
        If shapes do not match, no position is left to count, or there are
        fewer than one bin.
    """
    if logits.ndim != 3 or logits.shape[:-1] != tokens.shape:
        raise ValueError(
            f"expected logits [batch, position, d_vocab] for tokens {tuple(tokens.shape)}, "
            f"got {tuple(logits.shape)}"
        )
    if tokens.shape[0] < 1 or tokens.shape[1] < 3:
        raise ValueError(
            f"expected at least one row of at least 3 positions, got {tuple(tokens.shape)}"
        )
    if bins < 1:
        raise ValueError(f"expected at least one bin, got {bins}")
    best, choice = log_probabilities(logits[:, 1:-1]).max(dim=-1)
    confidence = best.exp().flatten().double()
    correct = (choice == tokens[:, 2:].to(choice.device)).flatten().double()
    index = (confidence * bins).long().clamp(max=bins - 1)
    size = index.bincount(minlength=bins)
    filled = size.nonzero().squeeze(-1)
    size = size[filled].double()
    return pd.DataFrame(
        {
            "low": (filled.double() / bins).cpu().numpy(),
            "high": ((filled + 1).double() / bins).cpu().numpy(),
            "confidence": (index.bincount(confidence, bins)[filled] / size).cpu().numpy(),
            "accuracy": (index.bincount(correct, bins)[filled] / size).cpu().numpy(),
            "tokens": size.long().cpu().numpy(),
        }
    )


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Mean of |accuracy - confidence| over the bins, weighted by their tokens.

    `table` comes from `reliability`. 0 is perfect calibration, 1 the worst.
    """
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float(np.average(gap.to_numpy(), weights=table["tokens"].to_numpy()))
