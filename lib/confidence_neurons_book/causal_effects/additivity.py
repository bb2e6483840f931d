"""Is the effect of a set of neurons the sum of what its members do one by one?"""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch

from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons_book.causal_effects.intervals import sequence_means

TOGETHER, SUMMED = "together", "sum of single effects"


def additivity(
    single: pd.DataFrame,
    joint: pd.DataFrame,
    sets: Mapping[str, Sequence[int]],
    column: str = "entropy_total",
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Signed mean change of each set, ablated together and summed over its members.

    Parameters
    ----------
    single:
        `ablation.token_effects` of all neurons in the sets.
    joint:
        `set_effects` of the sets, on the same tokens with the same reference.
    sets:
        The neurons of each set.
    column:
        Which change: `entropy_total`, `loss_direct`, ...
    seed:
        Decides the resampling of sequences.

    Returns
    -------
    Two rows per set: `set`, `size`, `how` ("together" or "sum of single
    effects"), `estimate`, `low`, `high` in nats, with 95 % intervals over
    sequences, and `ratio`, `ratio_low`, `ratio_high`: sum over together, the
    same in both rows; 1 where the effect is additive.

    Raises
    ------
    ValueError
        If a neuron or a set was not measured, or the tokens differ.
    """
    measured_neurons, measured_sets = set(single["neuron"]), set(joint["set"])
    for name, neurons in sets.items():
        missing = sorted(set(neurons) - measured_neurons)
        if missing or name not in measured_sets:
            what = f"neurons {missing}" if missing else f"set {name!r}"
            raise ValueError(f"expected effects of all neurons and sets, got none of {what}")
    together = sequence_means(joint.assign(value=joint[column]), "set")
    alone = sequence_means(single.assign(value=single[column]), "neuron")
    if len(together) != len(alone):
        raise ValueError(
            f"expected both effects on the same sequences, got {len(alone)} and {len(together)}"
        )
    places = {neuron: place for place, neuron in enumerate(single["neuron"].unique())}
    columns = {name: column for column, name in enumerate(joint["set"].unique())}
    summed = torch.stack(
        [alone[:, [places[neuron] for neuron in neurons]].sum(dim=1) for neurons in sets.values()],
        dim=1,
    )
    together = together[:, [columns[name] for name in sets]]
    ratio = bootstrap_interval(summed, together, statistic=torch.div, seed=seed)
    frames = []
    for how, values in ((TOGETHER, together), (SUMMED, summed)):
        interval = bootstrap_interval(values, seed=seed)
        frame = pd.DataFrame(
            {
                "set": list(sets),
                "size": [len(neurons) for neurons in sets.values()],
                "how": how,
                **{name: bound.tolist() for name, bound in interval._asdict().items()},
                "ratio": ratio.estimate.tolist(),
                "ratio_low": ratio.low.tolist(),
                "ratio_high": ratio.high.tolist(),
            }
        )
        frames.append(frame)
    return pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)
