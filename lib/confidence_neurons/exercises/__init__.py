"""Exercises that check themselves: random inputs, a verdict in words, hints in steps.

An `Exercise` knows how to draw inputs, what is right, and what is often wrong.
What a check says is a `Verdict`, which a notebook keeps in its outputs:
`progress` tells what was solved in this session, `collect` reads it from the
notebooks of a class. Nothing here knows of a chapter.
"""

from confidence_neurons.exercises.collecting import collect
from confidence_neurons.exercises.exercise import Exercise
from confidence_neurons.exercises.progress import progress
from confidence_neurons.exercises.verdict import Verdict

__all__ = ["Exercise", "Verdict", "collect", "progress"]
