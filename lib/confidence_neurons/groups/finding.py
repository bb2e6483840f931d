"""Which neurons are called entropy neurons, and how far that depends on the null space's size.

Stolfo et al. 2024 (arXiv 2406.16254) show theirs by weight norm, LogitVar and
mediation. Here three thresholds decide, so that code can.
"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unembedding import effective_unembedding, null_fraction, spectrum

NULL_FRACTION = 0.6
LOGIT_VAR_SHARE = 0.4
LN_MEDIATED = 0.5
ENTROPY_NEURONS = "entropy neurons"
OTHERS = "others"


def entropy_neuron_criteria(effects: pd.DataFrame) -> pd.DataFrame:
    """Which of the three criteria each neuron meets.

    1. It writes into the null space: null-space fraction over 0.6.
    2. It moves all logits nearly alike: LogitVar under 0.4 of the median.
    3. It acts through the final norm's scale: more than half of its effect on
       entropy is LN-mediated. NaN (no effect at all) does not meet it.

    Parameters
    ----------
    effects:
        A frame of `ablation.scan` over all neurons of the layer, since the
        median is taken over its rows. Measured on half-corrupted text, where
        these neurons are awake.

    Returns
    -------
    One row per neuron: `neuron`, the booleans `in_null_space`,
    `low_logit_var`, `through_scale`, and `entropy_neuron`, all three of them.

    Raises
    ------
    KeyError
        If a column is missing.
    """
    in_null_space = effects["null_fraction"] > NULL_FRACTION
    low_logit_var = effects["logit_var"] < LOGIT_VAR_SHARE * effects["logit_var"].median()
    through_scale = effects["entropy_ln_mediated"] > LN_MEDIATED
    return pd.DataFrame(
        {
            "neuron": effects["neuron"],
            "in_null_space": in_null_space,
            "low_logit_var": low_logit_var,
            "through_scale": through_scale,
            "entropy_neuron": in_null_space & low_logit_var & through_scale,
        }
    )


def entropy_neurons(effects: pd.DataFrame) -> list[int]:
    """The neurons that meet all three criteria, the strongest effect on entropy first."""
    strongest_first = entropy_neuron_criteria(effects).assign(effect=effects["entropy_total"])
    strongest_first = strongest_first.sort_values("effect", ascending=False)
    chosen = strongest_first.query("entropy_neuron")
    return [int(neuron) for neuron in chosen["neuron"]]


def null_dimension_sweep(
    model: TransformerBridge, effects: pd.DataFrame, sizes: Iterable[int]
) -> pd.DataFrame:
    """The same question for null spaces of other sizes k: only the null-space fraction changes.

    Returns
    -------
    One row per size and neuron: `k`, `neuron`, `null_fraction`,
    `entropy_neuron`, and `random`, the fraction of a random direction,
    sqrt(k / d_model).

    Raises
    ------
    ValueError
        If a size is not between 1 and d_model.
    """
    decomposition = spectrum(effective_unembedding(model))
    w_out = neuron_weights(model)[effects["neuron"].tolist()]
    frames = []
    for k in sizes:
        fractions = null_fraction(w_out, decomposition.null_space(k)).cpu().numpy()
        frame = effects.assign(null_fraction=fractions, k=k, random=(k / w_out.shape[1]) ** 0.5)
        met = entropy_neuron_criteria(frame)["entropy_neuron"]
        columns = ["k", "neuron", "null_fraction", "random"]
        frames.append(frame[columns].assign(entropy_neuron=met))
    return pd.concat(frames, ignore_index=True)


def with_groups(effects: pd.DataFrame, groups: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Add a column `group`: the first of the groups that a neuron belongs to, else "others".

    Raises
    ------
    ValueError
        If a group is called "others".
    """
    if OTHERS in groups:
        raise ValueError(f"expected names other than {OTHERS!r}, which stands for the rest")
    group = pd.Series(OTHERS, index=effects.index)
    for name, members in reversed(list(groups.items())):
        group[effects["neuron"].isin(list(members))] = name
    return effects.assign(group=group)
