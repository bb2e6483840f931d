"""What goes along each path of the causal graph: how much, and which share."""

import pandas as pd

import confidence_neurons as cn

PATHS = ("total", "direct", "indirect")


def effect_intervals(
    effects: pd.DataFrame, quantity: str = "entropy", by: str = "neuron"
) -> pd.DataFrame:
    """Mean absolute effects and the share that the scale mediates, with intervals.

    Parameters
    ----------
    effects : pd.DataFrame
        From `cn.token_effects` or `cn.effects`.
    quantity : str
        "entropy" or "loss".
    by : str
        The column that names what was ablated.

    Returns
    -------
    pd.DataFrame
        Four rows for each value of `by`: `effect` ("total", "direct" and
        "indirect" in nats, "mediated" as 1 - direct / total), `estimate`,
        `low`, `high`, `tokens`.
    """
    names = {f"{quantity}_{path}": path for path in PATHS}
    total, direct, _ = names
    sizes = cn.intervals(effects, by, list(names), size=True).replace({"quantity": names})
    share = cn.intervals(effects, by, [direct, total], size=True, statistic=cn.mediated_share)
    group_by_group = sizes.set_axis(sizes.index // len(PATHS), axis=0)
    rows = pd.concat([group_by_group, share.assign(quantity="mediated")]).sort_index(kind="stable")
    return rows.reset_index(drop=True).rename(columns={"quantity": "effect"})


def decomposition(
    effects: pd.DataFrame, quantity: str = "entropy", by: str = "neuron"
) -> pd.DataFrame:
    """Signed means of the effects, and of the interaction that they leave over.

    total = direct + indirect + interaction at every token, so it holds for
    their means too (not for means of absolute values).

    Parameters
    ----------
    effects, quantity, by
        As in `effect_intervals`.

    Returns
    -------
    pd.DataFrame
        Four rows for each value of `by`: `effect` ("total", "direct",
        "indirect", "interaction"), `estimate`, `low`, `high` in nats, `tokens`.
    """
    total, direct, indirect = (effects[f"{quantity}_{path}"] for path in PATHS)
    parts = {
        "total": total,
        "direct": direct,
        "indirect": indirect,
        "interaction": total - direct - indirect,
    }
    named = effects[[by, "sequence"]].assign(**parts)
    return cn.intervals(named, by, list(parts)).rename(columns={"quantity": "effect"})
