"""Induction: copying what followed the same tokens last time, and how it makes a model sure.

Which heads do it (`scores`); repeats, made (`copies`) and found in running
text (`natural`); switching off heads (`attention`); what stands at the output (`readings`),
along a repeated sequence (`along`, `stepper`), and before and after an
ablation (`comparison`, `effects`, `joint`); every neuron of the last layer at
once (`every`, `activations`); repeats that break (`broken`), and what hedging
against it would cost (`doses`). The case study follows Stolfo et al. 2024
(arXiv 2406.16254), section 6.
"""

from confidence_neurons.induction.activations import (
    activation_change,
    mean_activations,
    synthetic_and_natural_change,
)
from confidence_neurons.induction.along import along_repeats
from confidence_neurons.induction.attention import attend_to_bos
from confidence_neurons.induction.broken import around_breaks, break_repeats
from confidence_neurons.induction.comparison import check_task, compare, measure_task
from confidence_neurons.induction.copies import check_copies, check_mask, copy_masks
from confidence_neurons.induction.doses import break_even, hedging_doses
from confidence_neurons.induction.effects import head_effects, neuron_effects
from confidence_neurons.induction.every import every_clip_effect, every_course
from confidence_neurons.induction.joint import distance_to_unigram, joint_effects
from confidence_neurons.induction.natural import (
    matched_positions,
    natural_repeats,
    position_mask,
)
from confidence_neurons.induction.readings import Readings, read_output
from confidence_neurons.induction.scores import head_scores, induction_scores
from confidence_neurons.induction.stepper import Walk, walk

__all__ = [
    "Readings",
    "Walk",
    "activation_change",
    "along_repeats",
    "around_breaks",
    "attend_to_bos",
    "break_even",
    "break_repeats",
    "check_copies",
    "check_mask",
    "check_task",
    "compare",
    "copy_masks",
    "distance_to_unigram",
    "every_clip_effect",
    "every_course",
    "head_effects",
    "head_scores",
    "hedging_doses",
    "induction_scores",
    "joint_effects",
    "matched_positions",
    "mean_activations",
    "measure_task",
    "natural_repeats",
    "neuron_effects",
    "position_mask",
    "read_output",
    "synthetic_and_natural_change",
    "walk",
]
