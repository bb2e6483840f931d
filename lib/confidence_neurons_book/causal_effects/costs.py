"""What it costs to rest neurons: of the loss, and of the calibration."""

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM
from confidence_neurons_book.causal_effects.calibrated import UNTOUCHED, calibration_intervals
from confidence_neurons_book.causal_effects.timing import CELL, KEPT
from confidence_neurons_book.told import told

AT_REST, ONE = "dial at rest", "one temperature"
BOUNDS = ["estimate", "low", "high"]
VERSIONS = {UNTOUCHED: "", AT_REST: "rest_", ONE: "one_"}
RESTS = {  # what rests, along which path
    ENTROPY: (ENTROPY, "ablated_loss"),
    f"{ENTROPY}, dial alone": (ENTROPY, "rest_loss"),
    EQUAL_NORM: (EQUAL_NORM, "ablated_loss"),
}


def resting_costs(frame: pd.DataFrame) -> pd.DataFrame:
    """By how much the loss rises where neurons rest, along all paths or by the dial alone.

    Parameters
    ----------
    frame
        From `timing.measured`, with both groups ablated.

    Returns
    -------
    `model`, `text`, `rests`, `estimate`, `low`, `high` in nats a token, `tokens`.
    """
    parts = [
        cn.intervals(
            frame[frame["group"] == group], CELL, [column, "loss"], statistic=torch.sub
        ).assign(rests=name)
        for name, (group, column) in RESTS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def calibration_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Calibration error, and its change where the dial rests or one temperature replaces it.

    Parameters
    ----------
    frame
        From `timing.measured`, of one model and one group.

    Returns
    -------
    A table: one row per text, `as it is`, `dial at rest` and `one temperature`,
    each with its interval.
    """
    readings = [
        frame[["text", "sequence", "position"]].assign(
            group=version, **{name: frame[f"{prefix}{name}"] for name in KEPT[2:]}
        )
        for version, prefix in VERSIONS.items()
    ]
    found = calibration_intervals(pd.concat(readings, ignore_index=True))
    errors = found[found["measure"] == "calibration error"].set_index(["group", "text"])
    changes = errors[["change", "change_low", "change_high"]].set_axis(BOUNDS, axis=1)
    columns = {"as it is": told(errors.loc[UNTOUCHED], 3)}
    columns |= {each: told(changes.loc[each], 3, signed=True) for each in (AT_REST, ONE)}
    return pd.DataFrame(columns, index=errors.loc[UNTOUCHED].index)
