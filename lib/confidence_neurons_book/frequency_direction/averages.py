"""Averages of what groups of neurons do: by path, and together against one by one."""

from collections.abc import Sequence

import pandas as pd

import confidence_neurons as cn

EFFECTS = {"total": "total", "direct": "scale frozen", "frequency": "projection restored"}


def effect_sizes(changes: pd.DataFrame, quantities: Sequence[str]) -> pd.DataFrame:
    """Mean absolute effects along each path.

    Parameters
    ----------
    changes : pd.DataFrame
        From `effects`, along the paths total, direct and frequency.
    quantities : sequence of str
        Such as "entropy", "loss", "kl".

    Returns
    -------
    pd.DataFrame
        As from `intervals`, one row per group, `quantity` and `effect`
        ("total", "scale frozen", "projection restored").
    """
    columns = [f"{quantity}_{path}" for quantity in quantities for path in EFFECTS]
    sizes = cn.intervals(changes, values=columns, size=True)
    named = sizes["quantity"].str.rsplit("_", n=1)
    return sizes.assign(quantity=named.str[0], effect=named.str[1].map(EFFECTS))


def interactions(
    changes: pd.DataFrame, pairs: Sequence[tuple[str, str, str]], quantities: Sequence[str]
) -> pd.DataFrame:
    """Joint ablation against the sum of single ones.

    Parameters
    ----------
    changes : pd.DataFrame
        From `effects`, with every group that `pairs` names.
    pairs : sequence of (str, str, str)
        Names of a group, of another one, and of both together.
    quantities : sequence of str
        Such as "entropy", "loss", "kl".

    Returns
    -------
    pd.DataFrame
        As from `intervals`, three rows per `pair` (name of the joint group)
        and `quantity`: `effect` is "sum", "joint" or "interaction", which is
        joint minus sum.
    """
    frames = []
    for one, other, both in pairs:
        for quantity in quantities:
            by_token = changes.pivot_table(
                index=["sequence", "position"], columns="group", values=f"{quantity}_total"
            )
            added, joint = by_token[one] + by_token[other], by_token[both]
            found = {"sum": added, "joint": joint, "interaction": joint - added}
            frame = pd.DataFrame(found).reset_index().assign(pair=both)
            means = cn.intervals(frame, "pair", list(found)).rename(columns={"quantity": "effect"})
            frames.append(means.assign(quantity=quantity))
    return pd.concat(frames, ignore_index=True)
