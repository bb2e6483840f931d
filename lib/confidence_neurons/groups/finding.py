"""Which neurons are called entropy neurons, and which token frequency neurons.

Stolfo et al. 2024 (arXiv 2406.16254) show theirs by weight norm, LogitVar,
mediation and examples. Here thresholds decide, so that code can. Norm and
LogitVar are left out: they look at weights alone, and what they are worth
differs from model to model (see `candidates`).
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from confidence_neurons.checks import CHECKS, Given, checked, is_frame, need_columns, real
from confidence_neurons.groups.names import ENTROPY, FREQUENCY, OTHERS

NULL_FRACTION = 0.6
LN_MEDIATED = 0.5
COSINE = 0.75
SCANNED = (
    "neuron",
    "null_fraction",
    "frequency_cosine",
    "entropy_total",
    "entropy_ln_mediated",
)


def is_scanned(value: object, given: Given) -> pd.DataFrame:
    """A frame of `scan`."""
    frame = is_frame(value, given)
    need_columns(frame, SCANNED, "scan")
    return frame


CHECKS |= {
    "scanned": is_scanned,
    "null_fraction": real("null_fraction", 0, 1),
    "ln_mediated": real("ln_mediated", -1e6, 1),
    "cosine": real("cosine", 0, 1),
}


@checked
def group_criteria(
    scanned: pd.DataFrame,
    *,
    null_fraction: float = NULL_FRACTION,
    ln_mediated: float = LN_MEDIATED,
    cosine: float = COSINE,
) -> pd.DataFrame:
    """Which criteria each neuron meets.

    An entropy neuron writes into the null space: its null-space fraction is
    high. And it acts through the final norm's scale: more than half of its
    effect on entropy is mediated by it.

    A token frequency neuron writes along the frequency direction, to either
    side.

    Both are awake: their effect on entropy is above the median neuron's, so
    that neurons that never fire stay out.

    Parameters
    ----------
    scanned : pd.DataFrame
        From `scan` of all neurons of the layer: medians are taken over its
        rows. Entropy neurons are best looked for where they are awake: those
        of `prose` on half-corrupted text.
    null_fraction : float
        The least null-space fraction.
    ln_mediated : float
        The least share of the effect on entropy that the scale mediates.
    cosine : float
        The least size of the cosine with the frequency direction.

    Returns
    -------
    pd.DataFrame
        One row per neuron: `neuron`, and the booleans `awake`,
        `in_null_space`, `through_scale`, `entropy` (all three),
        `along_frequency`, `frequency` (this and `awake`).

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> neurons = cn.scan(model, cn.prose_tokens(model, count=1), method="second-order")
    >>> cn.group_criteria(neurons).columns.tolist()[:4]
    ['neuron', 'awake', 'in_null_space', 'through_scale']
    """
    awake = scanned["entropy_total"] > scanned["entropy_total"].median()
    in_null_space = scanned["null_fraction"] > null_fraction
    through_scale = scanned["entropy_ln_mediated"] > ln_mediated
    along = scanned["frequency_cosine"].abs() > cosine
    return pd.DataFrame(
        {
            "neuron": scanned["neuron"],
            "awake": awake,
            "in_null_space": in_null_space,
            "through_scale": through_scale,
            ENTROPY: awake & in_null_space & through_scale,
            "along_frequency": along,
            FREQUENCY: awake & along,
        }
    )


@checked
def find_groups(
    scanned: pd.DataFrame,
    *,
    null_fraction: float = NULL_FRACTION,
    ln_mediated: float = LN_MEDIATED,
    cosine: float = COSINE,
) -> dict[str, list[int]]:
    """Entropy neurons and token frequency neurons of a layer.

    Parameters
    ----------
    scanned, null_fraction, ln_mediated, cosine
        As in `group_criteria`.

    Returns
    -------
    dict[str, list[int]]
        "entropy" and "frequency" -> neurons, the strongest effect on entropy
        first; a group may be empty.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> neurons = cn.scan(model, cn.prose_tokens(model, count=1), method="second-order")
    >>> list(cn.find_groups(neurons))
    ['entropy', 'frequency']
    """
    met = group_criteria(
        scanned,
        null_fraction=null_fraction,
        ln_mediated=ln_mediated,
        cosine=cosine,
    )
    strongest_first = scanned["entropy_total"].sort_values(ascending=False).index
    met = met.loc[strongest_first]
    return {name: met.loc[met[name], "neuron"].tolist() for name in (ENTROPY, FREQUENCY)}


@checked
def with_groups(frame: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Add a column `group`: the first of the groups that a neuron belongs to, else "others".

    Parameters
    ----------
    frame : pd.DataFrame
        With a column `neuron`.
    groups : mapping of name to neurons
        Any names but "others".

    Returns
    -------
    pd.DataFrame
        The frame and its new column.

    Raises
    ------
    ValueError
        If a group is called "others", or a neuron of a group is not in the
        frame.

    Examples
    --------
    >>> import confidence_neurons as cn, pandas as pd
    >>> cn.with_groups(pd.DataFrame({"neuron": [3, 4]}), {"entropy": [4]})
       neuron    group
    0       3   others
    1       4  entropy
    """
    if OTHERS in groups:
        raise ValueError(f"expected names other than {OTHERS!r}, which stands for the rest")
    need_columns(frame, ["neuron"])
    missing = sorted({n for members in groups.values() for n in members} - set(frame["neuron"]))
    if missing:
        raise ValueError(f"expected groups of neurons in the frame, got {missing}, which are not")
    group = pd.Series(OTHERS, index=frame.index)
    for name, members in reversed(list(groups.items())):
        group[frame["neuron"].isin(list(members))] = name
    return frame.assign(group=group)
