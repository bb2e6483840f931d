"""What a page for teachers says of a chapter, as Markdown.

`book/teach/NAME.toml` holds what the chapter itself does not say: minutes a
section, misconceptions with the item that finds each, slides.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from confidence_neurons_book.questions import Choice, Question, Questions
from teaching_kit.facts import BOOK, Chapter, chapter
from teaching_kit.words import from_below

TEACH = BOOK / "teach"


@cache
def stored(name: str) -> dict[str, Any]:
    """Read a file of `book/teach`."""
    return tomllib.loads((TEACH / f"{name}.toml").read_text(encoding="utf-8"))


def path_of(name: str) -> Path:
    """Return where the notebook of a chapter lies."""
    return BOOK / f"{name}.ipynb"


def chapters() -> list[str]:
    """Return the chapters that the kit has a file for, in the order of their names."""
    return sorted(path.stem for path in TEACH.glob("*.toml") if path_of(path.stem).is_file())


@cache
def asked(name: str) -> Questions:
    """Return the questions of a chapter."""
    return Questions(stored(name)["questions"])


@cache
def questions(name: str) -> dict[str, Question]:
    """Return the predictions and the quiz of a chapter by their keys."""
    quiz = {question.key: question for question in asked(name).questions}
    return asked(name).predictions | quiz


def label(key: str) -> str:
    """Name a question for a teacher: "Quiz 2", or a prediction by its key."""
    return key.replace("quiz-", "Quiz ") if key.startswith("quiz-") else f"Prediction `{key}`"


def overview() -> Iterator[str]:
    """Yield a table of the chapters with their times, pages and decks."""
    lines = ["| chapter | to teach it | reading | exercises |", "| --- | --- | ---: | ---: |"]
    for name in chapters():
        facts = chapter(name)
        notes = f"[notes]({name}.md), {deck_link(name, 'slides')}"
        times = f"{facts.reading} min | {facts.exercising} min"
        lines.append(f"| [{facts.label}](../{name}.ipynb) | {notes} | {times} |")
    yield "\n".join(lines)


def about(name: str) -> Iterator[str]:
    """Yield aims, prerequisites and times."""
    facts = chapter(name)
    open_ended = any(each.minutes is None for each in facts.exercises)
    yield "After this chapter a student can say or do this:"
    yield "\n".join(f"1. {from_below(aim)}" for aim in facts.aims)
    yield f"**Prerequisites.** {from_below(facts.needs)}"
    yield (
        f"**Times.** Reading {facts.reading} minutes, the exercises {facts.exercising} more "
        f"({times_of_exercises(facts)}{', an open one besides' if open_ended else ''}). "
        f"To skip when time is short: {from_below(facts.skip)}"
    )
    yield f"**To show.** [The chapter](../{name}.ipynb), {deck_link(name, 'its slides')}."


def times_of_exercises(facts: Chapter) -> str:
    """Return the exercises with their minutes, in a line."""
    return ", ".join(
        f"{each.number}: {each.minutes} min" for each in facts.exercises if each.minutes is not None
    )


def deck_link(name: str, words: str) -> str:
    """Return a link from a page for teachers to a deck, as HTML: no page of the site."""
    return f'<a href="../_static/slides/{name}.html">{words}</a>'


def timing(name: str) -> Iterator[str]:
    """Yield the table of sections."""
    rows = stored(name)["timing"]
    lines = [f"| {row['section']} | {row['minutes']} | {row['do']} |" for row in rows]
    total = sum(row["minutes"] for row in rows)
    head = ["| section | minutes | in class |", "| --- | ---: | --- |"]
    yield "\n".join([*head, *lines, f"| **together** | **{total}** | |"])


def misconceptions(name: str) -> Iterator[str]:
    """Yield the beliefs, each with the choice that gives it away and what helps."""
    for each in stored(name)["misconceptions"]:
        choice = found_by(name, each)
        yield (
            f"**“{each['belief']}”** {label(each['key'])} finds it, by the choice "
            f"*{choice.choice.rstrip('.')}*. {each['helps']}"
        )


def found_by(name: str, misconception: dict[str, Any]) -> Choice:
    """Return the choice, counted from 1, that gives a misconception away."""
    question = questions(name)[misconception["key"]]
    choice = question.choices[misconception["choice"] - 1]
    if choice.right:
        raise ValueError(
            f"expected a wrong choice for the misconception {misconception['belief']!r} of {name}, "
            f"got the right one of {question.key!r}"
        )
    return choice
