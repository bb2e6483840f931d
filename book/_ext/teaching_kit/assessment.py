"""The assessment before and after: for students without answers, for the teacher with the key."""

from collections.abc import Iterator
from typing import Any

from teaching_kit import kit
from teaching_kit.facts import chapter

LETTERS = "ABCDEF"


def stored() -> list[dict[str, Any]]:
    """Return the questions as they are stored."""
    return kit.stored("assessment")["questions"]


def form(name: str) -> Iterator[str]:
    """Return the sheet for students or the key for the teacher."""
    return {"sheet": sheet, "key": key}[name]()


def sheet() -> Iterator[str]:
    """Yield the questions as students get them."""
    for number, question in enumerate(stored(), start=1):
        choices = "\n".join(
            f"* ☐ {letter} {choice['choice']}"
            for letter, choice in zip(LETTERS, question["choices"], strict=False)
        )
        yield f"**{number}.** {question['question']}\n\n{choices}"


def key() -> Iterator[str]:
    """Yield the right choices in a table, then for each question what every choice says."""
    right = [LETTERS[right_place(question)] for question in stored()]
    head = " | ".join(str(number) for number in range(1, len(right) + 1))
    yield f"| {head} |\n|{' --- |' * len(right)}\n| {' | '.join(right)} |"
    for number, question in enumerate(stored(), start=1):
        names = " and ".join(f"[{chapter(n).label}](../{n}.ipynb)" for n in question["chapters"])
        lines = [f"**{number}.** {question['question']} Taught in {names}.", ""]
        for letter, choice in zip(LETTERS, question["choices"], strict=False):
            mark = f"**{letter}** ✓" if "why" in choice else letter
            said = choice.get("why") or f"Finds: {choice['finds']}"
            lines.append(f"* {mark} {choice['choice']} *{said}*")
        yield "\n".join(lines)


def right_place(question: dict[str, Any]) -> int:
    """Return the place of the right choice: the one that says why."""
    return next(place for place, choice in enumerate(question["choices"]) if "why" in choice)
