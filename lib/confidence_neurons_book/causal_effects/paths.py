"""What goes along each path of the causal graph: how much, and which share."""

import pandas as pd

import confidence_neurons as cn

PATHS = ("total", "direct", "indirect")


def effect_intervals(effects: pd.DataFrame, by: str = "neuron") -> pd.DataFrame:
    """Mean absolute effects on entropy and the share that the scale mediates, with intervals.

    Parameters
    ----------
    effects
        From `cn.token_effects` or `cn.effects`.
    by
        The column that names what was ablated.

    Returns
    -------
    Four rows for each value of `by`: `effect` ("total", "direct" and
    "indirect" in nats, "mediated" as 1 - direct / total), `estimate`, `low`,
    `high`, `tokens`.
    """
    names = {f"entropy_{path}": path for path in PATHS}
    total, direct, _ = names
    sizes = cn.intervals(effects, by, list(names), size=True).replace({"quantity": names})
    share = cn.intervals(effects, by, [direct, total], size=True, statistic=cn.mediated_share)
    group_by_group = sizes.set_axis(sizes.index // len(PATHS), axis=0)
    rows = pd.concat([group_by_group, share.assign(quantity="mediated")]).sort_index(kind="stable")
    return rows.reset_index(drop=True).rename(columns={"quantity": "effect"})


def layer_summary(scans: pd.DataFrame) -> pd.DataFrame:
    """Of each model's neurons: how many the scale works against, and what it adds on the whole.

    Parameters
    ----------
    scans
        From `cn.scan`, with a column `model`.

    Returns
    -------
    One row per model: `share below 0` (of the neurons, on the entropy), `median
    share`, and for `entropy` and `loss` the sum of the total over the sum of
    the direct effects.
    """
    rows = [
        {
            "model": model,
            "neurons": len(frame),
            "share below 0": f"{(frame['entropy_ln_mediated'] < 0).mean():.0%}",
            "median share": frame["entropy_ln_mediated"].median(),
            "total / direct, entropy": frame["entropy_total"].sum() / frame["entropy_direct"].sum(),
            "total / direct, loss": frame["loss_total"].sum() / frame["loss_direct"].sum(),
        }
        for model, frame in scans.groupby("model", sort=False)
    ]
    return pd.DataFrame(rows)
