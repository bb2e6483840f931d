"""An exercise: what is asked, what is right, what is often wrong, and what helps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from confidence_neurons.exercises.answers import (
    Arguments,
    Function,
    agree,
    given_by,
    right_for,
)
from confidence_neurons.exercises.differences import difference, in_words
from confidence_neurons.exercises.progress import record
from confidence_neurons.exercises.verdict import CORRECT, Outcome, Verdict

UNANSWERED = "Not answered yet: replace the ... in the function's body, and return the result."
NOTHING_LEFT = "There are no more hints."


@dataclass(frozen=True)
class Exercise:
    """A function to write, which is checked on inputs that are drawn anew for each try.

    Attributes
    ----------
    name : str
        What progress is kept under, such as "confidence.entropy".
    reference : callable
        What is right.
    draw : callable
        From a `torch.Generator` to the inputs of one check: a list of tuples of arguments. Every
        kind of input on which a wrong answer may differ should be among them each time.
    hints : sequence of str
        From the first nudge to the last step but one.
    mistakes : mapping of str to callable
        A sentence that says what is wrong and what to do -> the function that is wrong in this
        way. It is said where an answer agrees with that function on every input.
    tolerance : float
        Largest difference, absolute and relative, that is still right.

    Examples
    --------
    >>> double = cn.exercises.Exercise(
    ...     "sums.double",
    ...     reference=lambda x: 2 * x,
    ...     draw=lambda generator: [(1.0,), (2.5,)],
    ...     hints=["What is it to add a number to itself?"],
    ...     mistakes={"This is the square: add x to x.": lambda x: x**2},
    ... )
    >>> print(double.check(lambda x: x * x))
    Not yet. This is the square: add x to x.
    >>> print(double.check(lambda x: x + x))
    Correct: right on 2 inputs.
    """

    name: str
    reference: Function
    draw: Callable[[torch.Generator], Sequence[Arguments]]
    hints: Sequence[str]
    mistakes: Mapping[str, Function]
    tolerance: float = 1e-4

    def inputs(self, number: int) -> list[Arguments]:
        """Draw the inputs of a session's first, second, ... try: the same in every session."""
        return list(self.draw(torch.Generator().manual_seed(number)))

    def check(self, answer: Any, *also: Arguments) -> Verdict:
        """Say how an answer does on fresh inputs.

        An error inside the answer is told, not raised, so that a notebook runs
        through with its exercises unsolved. From the second try on that fails,
        a hint is given.

        Parameters
        ----------
        answer : callable
            The reader's function; not answered where it gives None or Ellipsis.
        *also : tuple
            Arguments of further calls, such as data of a chapter.

        Returns
        -------
        Verdict
            Print it, or let it stand at the end of a cell.
        """
        kept = record(self.name)
        inputs = [*self.inputs(kept.tries + (not kept.solved)), *also]
        outcome, words, arguments = self.judge(answer, inputs)
        if outcome != "not answered" and not kept.solved:
            kept.tries += 1
        kept.solved = kept.solved or outcome == "solved"
        if outcome == "not yet" and kept.tries > 1 and kept.hints < len(self.hints):
            words = f"{words}\n{self.hint()}"
        return Verdict(self.name, outcome, kept.tries, words, arguments)

    def hint(self) -> str:
        """Give the next hint."""
        kept, count = record(self.name), len(self.hints)
        if kept.hints == count:
            return NOTHING_LEFT
        kept.hints += 1
        return f"Hint {kept.hints} of {count}: {self.hints[kept.hints - 1]}"

    def judge(self, answer: Any, inputs: Sequence[Arguments]) -> tuple[Outcome, str, Arguments]:
        """Compare an answer with the reference on these inputs, without keeping anything.

        Returns
        -------
        tuple
            The outcome, a sentence, and the arguments of the first input that went wrong.
        """
        if not callable(answer):
            return "not yet", f"Not yet: expected a function, got {type(answer).__name__}.", ()
        expected = [right_for(self.reference, arguments) for arguments in inputs]
        found = [given_by(answer, arguments) for arguments in inputs]
        if not any(each.answered for each in found):
            return "not answered", UNANSWERED, ()
        told = [in_words(self.reference, arguments) for arguments in inputs]
        numbers = []
        for place, each in enumerate(found):
            if each.numbers is None:
                trouble = each.trouble or "your function returned nothing"
                words = f"Not yet. Input {place + 1} ({told[place]}): {trouble}."
                return "not yet", words, inputs[place]
            numbers.append(each.numbers)
        pairs = zip(numbers, expected, strict=True)
        if all(agree(*pair, self.tolerance) for pair in pairs):
            return "solved", f"{CORRECT}: right on {_count(len(inputs))}.", ()
        place, words = difference(numbers, expected, told, self.tolerance)
        words = self._known_mistake(numbers, inputs) or words
        return "not yet", f"Not yet. {words[0].upper()}{words[1:]}", inputs[place]

    def _known_mistake(self, numbers: Sequence[Tensor], inputs: Sequence[Arguments]) -> str:
        """The sentence of the mistake that gives the same numbers on every input."""
        for sentence, mistaken in self.mistakes.items():
            calls = zip(numbers, inputs, strict=True)
            if all(agree(given_by(mistaken, a).numbers, n, self.tolerance) for n, a in calls):
                return sentence
        return ""


def _count(inputs: int) -> str:
    return "1 input" if inputs == 1 else f"{inputs} inputs"
