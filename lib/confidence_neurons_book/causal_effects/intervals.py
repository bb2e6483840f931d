"""Effects per neuron or set, as means over tokens with bootstrap intervals over sequences.

With Y(a, s) the entropy (or loss) where the residual stream carries the
ablation (a = 1) or not (a = 0) and the final scale is that of the ablated
(s = 1) or of the clean run (s = 0):

    total     Y(1, 1) - Y(0, 0)
    direct    Y(1, 0) - Y(0, 0)
    indirect  Y(0, 1) - Y(0, 0)

(Pearl 2001, *Direct and Indirect Effects*; Vig et al. 2020, arXiv 2004.12265).
"""

from collections.abc import Callable, Iterator

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.measure.bootstrap import bootstrap_interval, mediated_share

EFFECTS = ("total", "direct", "indirect")
QUANTITIES = ("entropy", "loss")


def effect_intervals(
    effects: pd.DataFrame, quantity: str = "entropy", *, by: str = "neuron", seed: int = 0
) -> pd.DataFrame:
    """Mean absolute effects and the share that the scale mediates, with 95 % intervals.

    Parameters
    ----------
    effects:
        One row per token and neuron (`ablation.token_effects`) or set
        (`set_effects`).
    quantity:
        "entropy" or "loss".
    by:
        The column that names what was ablated.
    seed:
        Decides the resampling of sequences.

    Returns
    -------
    Four rows for each value of `by`, with `effect` "total", "direct" or
    "indirect" (means over tokens of absolute changes, in nats) or "mediated"
    (1 - direct / total, a ratio of means); `estimate`, `low`, `high`.

    Raises
    ------
    ValueError
        If a column is missing, `quantity` is another one, or there are fewer
        than 2 sequences.
    """
    _check(effects, quantity, by)
    means = {
        effect: sequence_means(effects.assign(value=effects[f"{quantity}_{effect}"].abs()), by)
        for effect in EFFECTS
    }
    names = effects[by].unique().tolist()
    frames = [_interval_frame(by, names, effect, (means[effect],), seed) for effect in EFFECTS]
    share = _interval_frame(
        by, names, "mediated", (means["direct"], means["total"]), seed, mediated_share
    )
    return _in_order([*frames, share])


def decomposition(
    effects: pd.DataFrame, quantity: str = "entropy", *, by: str = "neuron", seed: int = 0
) -> pd.DataFrame:
    """Signed means of total, direct and indirect effect, and of what they leave over.

    total = direct + indirect + interaction at every token, so it holds for
    their means too (not for means of absolute values).

    Parameters
    ----------
    effects, quantity, by, seed:
        As in `effect_intervals`.

    Returns
    -------
    Four rows for each value of `by`, with `effect` "total", "direct",
    "indirect" or "interaction"; `estimate`, `low`, `high`, in nats.

    Raises
    ------
    ValueError
        As `effect_intervals`.
    """
    _check(effects, quantity, by)
    total, direct, indirect = (effects[f"{quantity}_{effect}"] for effect in EFFECTS)
    parts = {
        "total": total,
        "direct": direct,
        "indirect": indirect,
        "interaction": total - direct - indirect,
    }
    names = effects[by].unique().tolist()
    return _in_order(
        [
            _interval_frame(
                by, names, part, (sequence_means(effects.assign(value=values), by),), seed
            )
            for part, values in parts.items()
        ]
    )


def sequence_means(effects: pd.DataFrame, by: str) -> Float[Tensor, "sequence group"]:
    """Mean of the column `value` over the tokens of each sequence, groups in their first order."""
    means = effects.pivot_table("value", index="sequence", columns=by, sort=False)
    return torch.tensor(means.reindex(columns=effects[by].unique()).to_numpy(dtype=float))


def _interval_frame(
    by: str,
    names: list,
    effect: str,
    values: tuple[Float[Tensor, "sequence group"], ...],
    seed: int,
    statistic: Callable[..., Tensor] | None = None,
) -> pd.DataFrame:
    interval = bootstrap_interval(*values, statistic=statistic, seed=seed)
    bounds = {name: bound.tolist() for name, bound in interval._asdict().items()}
    return pd.DataFrame({by: names, "effect": effect, **bounds})


def _in_order(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows of the first group, then of the second, and so on."""
    together = pd.concat(frames)
    return together.sort_index(kind="stable").reset_index(drop=True)


def _check(effects: pd.DataFrame, quantity: str, by: str) -> None:
    if quantity not in QUANTITIES:
        raise ValueError(f"expected a quantity among {', '.join(QUANTITIES)}, got {quantity!r}")
    missing = list(_missing(effects, quantity, by))
    if missing:
        raise ValueError(
            f"expected columns {', '.join(missing)}, got {', '.join(map(str, effects.columns))}: "
            "use a frame of ablation.token_effects or mediation.set_effects"
        )


def _missing(effects: pd.DataFrame, quantity: str, by: str) -> Iterator[str]:
    for column in ("sequence", by, *(f"{quantity}_{effect}" for effect in EFFECTS)):
        if column not in effects:
            yield column
