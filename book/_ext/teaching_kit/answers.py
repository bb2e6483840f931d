"""The answer key: every question of a chapter with its right choice, every exercise solved."""

from collections.abc import Iterator

from confidence_neurons_book.questions import Question
from teaching_kit import kit
from teaching_kit.facts import Exercise, chapter
from teaching_kit.words import from_below

LETTERS = "ABCDEF"


def answers(name: str) -> Iterator[str]:
    """Yield the answers of a chapter."""
    asked = kit.asked(name)
    yield f"On the page [{chapter(name).label}](../{name}.ipynb)."
    yield "**Predictions**"
    yield from (answered(question) for question in asked.predictions.values())
    yield "**Quiz**"
    yield from (answered(question) for question in asked.questions)
    yield "**Exercises**"
    for exercise in chapter(name).exercises:
        yield from solved(exercise)


def answered(question: Question) -> str:
    """Return a question with its choices, the right one marked, and what is said to it."""
    lines = [f"{kit.label(question.key)}. {question.question}", ""]
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        mark = f"**{letter}** ✓" if choice.right else letter
        lines.append(f"* {mark} {choice.choice} *{choice.answer}*")
    return "\n".join(lines)


def solved(exercise: Exercise) -> Iterator[str]:
    """Yield an exercise and its solution."""
    stated = f", {exercise.minutes} minutes" if exercise.minutes is not None else ""
    yield f"Exercise {exercise.number}{stated}: {exercise.title}"
    yield from_below(exercise.solution)
