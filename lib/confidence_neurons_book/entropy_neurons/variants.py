"""Who is called an entropy neuron if the definition's numbers are others."""

from collections.abc import Collection, Sequence

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.model.architecture import output_weights
from confidence_neurons.model.ends import Model

AS_DEFINED = "as defined"


def other_thresholds(
    scanned: pd.DataFrame,
    null_fractions: Sequence[float] = (0.5, 0.7),
    shares: Sequence[float] = (0.4, 0.6),
) -> dict[str, list[int]]:
    """Entropy neurons by the definition, and with one of its thresholds changed.

    Parameters
    ----------
    scanned : pd.DataFrame
        From `scan` of all neurons.
    null_fractions : sequence of float
        Other thresholds for the null-space fraction.
    shares : sequence of float
        Other thresholds for the LN-mediated share.

    Returns
    -------
    dict[str, list[int]]
        What was changed -> neurons, the strongest effect first.
    """
    asked: dict[str, dict[str, float]] = {AS_DEFINED: {}}
    asked |= {f"rho over {value:g}": {"null_fraction": value} for value in null_fractions}
    asked |= {f"share over {value:g}": {"ln_mediated": value} for value in shares}
    return {name: cn.find_groups(scanned, **given)["entropy"] for name, given in asked.items()}


def other_null_spaces(
    model: Model, scanned: pd.DataFrame, sizes: Sequence[int]
) -> dict[str, list[int]]:
    """Entropy neurons by the definition where the null space has another size k.

    Parameters
    ----------
    model : Model
        That was scanned.
    scanned : pd.DataFrame
        From `scan` of all neurons.
    sizes : sequence of int
        Sizes of the null space.

    Returns
    -------
    dict[str, list[int]]
        Size -> neurons, the strongest effect first.
    """
    spectrum = cn.geometry(model, k=1).spectrum
    w_out = output_weights(model)[scanned["neuron"].tolist()]
    found = {}
    for k in sizes:
        fraction = cn.null_fraction(w_out, spectrum.null_space(k)).cpu().numpy()
        found[f"k = {k}"] = cn.find_groups(scanned.assign(null_fraction=fraction))["entropy"]
    return found


def beside(variants: dict[str, list[int]], named: Collection[int]) -> pd.DataFrame:
    """How many each variant names, how many of the neurons that are named, and which others.

    Returns
    -------
    pd.DataFrame
        One row per variant: `definition`, `neurons`, `of the named`, `new`.
    """
    return pd.DataFrame(
        {
            "definition": name,
            "neurons": len(found),
            f"of the {len(named)}": len(set(found) & set(named)),
            "new": " ".join(map(str, sorted(set(found) - set(named)))) or "none",
        }
        for name, found in variants.items()
    )
