"""How much of an effect goes through the final scale: neurons and sets, with intervals.

Single neurons come from `ablation.token_effects`; sets that are ablated
together from `sets`. `intervals` bootstraps their effects over sequences,
`additivity` compares a set with the sum of its members, `calibrated` asks
whether a model without a set is still as sure as it is right.
"""

from confidence_neurons.mediation.additivity import additivity
from confidence_neurons.mediation.calibrated import (
    calibration_by_sequence,
    calibration_intervals,
    pooled_reliability,
)
from confidence_neurons.mediation.intervals import decomposition, effect_intervals
from confidence_neurons.mediation.sets import (
    UNTOUCHED,
    ablated_set,
    mean_level,
    set_effects,
)

__all__ = [
    "UNTOUCHED",
    "ablated_set",
    "additivity",
    "calibration_by_sequence",
    "calibration_intervals",
    "decomposition",
    "effect_intervals",
    "mean_level",
    "pooled_reliability",
    "set_effects",
]
