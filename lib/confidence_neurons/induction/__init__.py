"""Induction: copying what followed the same tokens last time.

Which heads do it, repeats made and found in running text, positions to compare
them with (Stolfo et al. 2024, arXiv 2406.16254, section 6).
"""

from confidence_neurons.induction.copies import copy_masks
from confidence_neurons.induction.natural import matched_positions, natural_repeats, position_mask
from confidence_neurons.induction.scores import head_scores

__all__ = ["copy_masks", "head_scores", "matched_positions", "natural_repeats", "position_mask"]
