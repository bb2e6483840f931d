"""The tables of the chapter, from what was measured: estimates stand with their intervals."""

from collections.abc import Mapping, Sequence

import pandas as pd

import confidence_neurons as cn
from confidence_neurons_book.told import spread, told


def sizes(changes: pd.DataFrame, by: str | Sequence[str], value: str) -> pd.DataFrame:
    """Mean absolute values with intervals, from `token_effects`."""
    return cn.intervals(changes, by, value, size=True)


def shares(changes: pd.DataFrame, by: str | Sequence[str]) -> pd.DataFrame:
    """LN-mediated shares of the effect on entropy, with intervals, from `token_effects`."""
    values = ["entropy_direct", "entropy_total"]
    return cn.intervals(changes, by, values, size=True, statistic=cn.mediated_share)


def effects_of(changes: pd.DataFrame, by: str) -> pd.DataFrame:
    """Total effect, direct effect and share: a row for each neuron or group."""
    return pd.DataFrame(
        {
            by: list(dict.fromkeys(changes[by])),
            "total effect": told(sizes(changes, by, "entropy_total"), 3),
            "direct effect": told(sizes(changes, by, "entropy_direct"), 3),
            "share": told(shares(changes, by)),
        }
    )


def group_table(changes: pd.DataFrame) -> pd.DataFrame:
    """Effect, share, and how far the prediction moved, for each `group` of neurons."""
    return pd.DataFrame(
        {
            "group": list(dict.fromkeys(changes["group"])),
            "effect (nats)": told(sizes(changes, "group", "entropy_total"), 3),
            "share": told(shares(changes, "group")),
            "KL (nats)": told(sizes(changes, "group", "kl_from_clean"), 4),
            "first choice changed": told(sizes(changes, "group", "argmax_changed"), 3),
        }
    )


def rank_table(
    scans: Mapping[str, pd.DataFrame], found: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """Where the neurons that were found stand in their layer, by what the weights say.

    Ranks go from 0, the lowest of the layer, to 1, the highest: the median of
    the neurons, and in brackets the lowest and the highest.
    """
    rows = []
    for name, scan in scans.items():
        columns = scan.set_index("neuron")[["weight_norm", "logit_var", "null_fraction"]]
        ranks = columns.rank(pct=True)
        ours = ranks.loc[list(found[name])]
        told = [
            f"{middle:.2f} ({low:.2f} to {high:.2f})"
            for middle, low, high in ours.quantile([0.5, 0.0, 1.0]).T.to_numpy()
        ]
        together = ranks["weight_norm"].corr(ranks["null_fraction"])
        rows.append([name, *told, together])
    names = ["model", "norm", "LogitVar", "rho", "rank correlation of norm and rho"]
    return pd.DataFrame(rows, columns=names)


def count_table(
    scans: Mapping[str, pd.DataFrame], found: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """How many neurons meet the criteria, and how many of these were found on other text."""
    rows = []
    for name, scan in scans.items():
        met = cn.group_criteria(scan).set_index("neuron")
        counts = {
            "model": name,
            "neurons": len(met),
            "in null space": met["in_null_space"].sum(),
            "through scale": (met["through_scale"] & met["awake"]).sum(),
            "both": met["entropy"].sum(),
            "in the record": met.loc[list(found[name]), "entropy"].sum(),
        }
        rows.append(counts)
    return pd.DataFrame(rows)


def along_table(lies: pd.DataFrame, kinds: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """How kinds of neurons lie along the stream, from `alignment.along_stream`."""
    lies = lies.set_index("neuron")
    rows = [
        {
            "neurons": kind,
            "count": len(some),
            "lengthen the stream": (lies.loc[list(some), "cosine"] > 0).sum(),
            "median |cosine|": lies.loc[list(some), "along"].median(),
            "upper quarter from": lies.loc[list(some), "along"].quantile(0.75),
        }
        for kind, some in kinds.items()
    ]
    return pd.DataFrame(rows)


def crowd_table(changes: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    """The scale before, and the mean changes of scale and entropy, from `together.crowd`.

    `changes` are the intervals of `together`.
    """
    told = spread(changes, ["model", "group"], ["quantity", "path"])
    told.columns = ["scale", "entropy", "entropy, frozen"]
    told.insert(0, "before", together.groupby(["model", "group"])["before"].first())
    return told
