"""Candidates for entropy neurons, from the weights alone: much written, little said.

Stolfo et al. 2024 (arXiv 2406.16254, figure 2a) show entropy neurons where the
weight norm is high and LogitVar low, and name no threshold. How the two are
put together decides who is found. A Pareto front needs no number for it.
"""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from confidence_neurons.checks import (
    CHECKS,
    Given,
    checked,
    is_frame,
    need_columns,
    real,
    whole,
)

WEIGHED = ("neuron", "weight_norm", "logit_var")


def is_weighed(value: object, given: Given) -> pd.DataFrame:
    """A frame of `neuron_weights` or `scan`, its norms and LogitVars finite."""
    frame = is_frame(value, given)
    need_columns(frame, WEIGHED, "neuron_weights")
    for name in WEIGHED[1:]:
        if not pd.api.types.is_numeric_dtype(frame[name]) or not np.isfinite(frame[name]).all():
            raise ValueError(f"expected finite numbers as {name}: take what neuron_weights returns")
    return frame


CHECKS |= {
    "weighed": is_weighed,
    "fronts": whole("fronts", 1),
    "norm_share": real("norm_share", 0, 1),
}


@checked
def pareto_front(weighed: pd.DataFrame, *, fronts: int = 1) -> pd.DataFrame:
    """Neurons that no other beats at both: a higher weight norm and a lower LogitVar.

    A selection without a parameter. The neurons that no other beats are the
    first front; those that are left unbeaten once it is taken away are the
    second, and so on. Every front has two ends: the neuron with the highest
    norm, whatever its LogitVar, and the one with the lowest LogitVar, however
    little it writes. So a front names candidates; what they do, `scan` tells.

    Parameters
    ----------
    weighed : pd.DataFrame
        From `neuron_weights`, or `scan`, of all neurons of a layer.
    fronts : int
        How many fronts.

    Returns
    -------
    pd.DataFrame
        The rows of the neurons on these fronts, and a column `front` (from 1).
        The fronts in order; in each, the highest norm first. A neuron that
        writes nothing is on no front.

    Notes
    -----
    One neuron beats another if it is at least as good at both and better at
    one; equal neurons stand on one front. The first front is what
    fragmential/training-time-entropy-circuits on GitHub takes
    (`analysis/entropy_evidence.py`) to see how much the answer hinges on how
    norm and LogitVar are put together.

    Examples
    --------
    >>> import confidence_neurons as cn, pandas as pd
    >>> weighed = pd.DataFrame(
    ...     {"neuron": [0, 1, 2], "weight_norm": [3.0, 2.0, 1.0], "logit_var": [0.2, 0.3, 0.1]}
    ... )
    >>> cn.pareto_front(weighed)["neuron"].tolist()
    [0, 2]
    """
    writing = weighed[weighed["weight_norm"] > 0]
    front = front_of(
        writing["weight_norm"].to_numpy(float), writing["logit_var"].to_numpy(float), fronts
    )
    found = writing.assign(front=front)[front > 0]
    return found.sort_values(
        ["front", "weight_norm", "logit_var"], ascending=[True, False, True], kind="stable"
    )


@checked
def norm_then_logit_var(
    weighed: pd.DataFrame, *, norm_share: float = 0.25, count: int = 10
) -> pd.DataFrame:
    """Of the neurons with the highest weight norms, those with the lowest LogitVar.

    The rule of the paper with numbers put to it. The paper has none: its code
    lists the neurons by name. The numbers here are those of the code of
    Du et al. 2025; others take 0.05 and 20. The answer depends on both, so
    look at `pareto_front` beside it.

    Parameters
    ----------
    weighed : pd.DataFrame
        From `neuron_weights`, or `scan`, of all neurons of a layer.
    norm_share : float
        The share of the neurons whose weight norm counts as high.
    count : int
        How many of these, at most.

    Returns
    -------
    pd.DataFrame
        The rows of these neurons, the lowest LogitVar first. A neuron that
        writes nothing is none of them.

    Notes
    -----
    Du et al. 2025 (arXiv 2504.02904): github.com/HZD01/post-training-mechanistic-analysis.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> weighed = cn.neuron_weights(cn.load_model("prose"))
    >>> len(cn.norm_then_logit_var(weighed, count=3))
    3
    """
    writing = weighed[weighed["weight_norm"] > 0]
    high = writing["weight_norm"] >= writing["weight_norm"].quantile(1 - norm_share)
    return writing[high].nsmallest(count, "logit_var")


def front_of(
    weight_norm: Float[np.ndarray, " neuron"], logit_var: Float[np.ndarray, " neuron"], fronts: int
) -> Int[np.ndarray, " neuron"]:
    """The front that each neuron is on, from 1; 0 for one on none of so many.

    Among different pairs, sorted by falling norm and then by rising LogitVar,
    those are unbeaten whose LogitVar is lower than all before.
    """
    pairs, pair_of = np.unique(np.stack([-weight_norm, logit_var], 1), axis=0, return_inverse=True)
    front = np.zeros(len(pairs), dtype=int)
    left = np.arange(len(pairs))
    for number in range(1, fronts + 1):
        if not len(left):
            break
        lowest_before = np.minimum.accumulate(np.append(np.inf, pairs[left, 1]))[:-1]
        unbeaten = pairs[left, 1] < lowest_before
        front[left[unbeaten]] = number
        left = left[~unbeaten]
    return front[pair_of]
