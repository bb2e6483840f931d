"""Questions that a reader answers by a click: predictions in their place, and a quiz at the end.

Both stand in `questions.json` in the chapter's folder. A choice is a
`<details>` element, which notebooks and Colab fold and unfold without a
script; on the site `questions.js` adds marks and a count.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

RIGHT, WRONG = "Right.", "No."
PREDICT, QUIZ = "Predict", "Question"


@dataclass(frozen=True)
class Choice:
    """One answer that can be given, and what is said to it."""

    choice: str
    answer: str
    right: bool = False

    @property
    def verdict(self) -> str:
        """Whether it is right, in a word."""
        return RIGHT if self.right else WRONG


@dataclass(frozen=True)
class Question:
    """A question with its choices, of which exactly one is right.

    Attributes
    ----------
    key
        Its name among the questions of the chapter.
    question
        Plain words; `*emphasis*` and `` `code` `` as in Markdown.
    choices
        In the order in which they are shown.
    """

    key: str
    question: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        """Refuse a question that cannot be answered.

        Raises
        ------
        ValueError
            If there are fewer than two choices, or not one that is right.
        """
        right = sum(choice.right for choice in self.choices)
        if len(self.choices) < 2 or right != 1:
            raise ValueError(
                f"expected two choices at least, one of them right, in the question {self.key!r}; "
                f"got {len(self.choices)} choices, {right} of them right"
            )


class Asked:
    """Questions as a notebook shows them: HTML where it can, else plain text."""

    def __init__(self, chapter: str, questions: Sequence[Question], label: str) -> None:
        """Show these questions, each under the same label."""
        self._chapter, self._questions, self._label = chapter, questions, label

    def __repr__(self) -> str:
        """Each question, its choices and what is said to them, as plain text."""
        return "\n\n".join(_as_text(each, self._label) for each in self._questions)

    def _repr_html_(self) -> str:
        kind = "cn-quiz" if self._label == QUIZ else "cn-prediction"
        asked = "".join(_as_html(each, self._label, self._chapter) for each in self._questions)
        return f'<div class="{kind}">{asked}</div>'


class Questions:
    """The questions of a chapter: call with a key for a prediction, `quiz()` for the quiz."""

    def __init__(self, chapter: str) -> None:
        """Read the questions.

        Parameters
        ----------
        chapter
            The chapter's folder in this package.

        Raises
        ------
        ValueError
            If a question cannot be answered.
        """
        source = files("confidence_neurons_book") / chapter / "questions.json"
        stored = json.loads(source.read_text(encoding="utf-8"))
        self.chapter = chapter
        self.predictions = {key: _read(key, each) for key, each in stored["predict"].items()}
        self.questions = [
            _read(f"quiz-{number}", each) for number, each in enumerate(stored["quiz"], start=1)
        ]

    def __call__(self, key: str) -> Asked:
        """Ask for a prediction.

        Raises
        ------
        KeyError
            If the chapter has no such question.
        """
        return Asked(self.chapter, [self.predictions[key]], PREDICT)

    def quiz(self) -> Asked:
        """Ask all questions of the quiz."""
        return Asked(self.chapter, self.questions, QUIZ)


def _read(key: str, stored: dict) -> Question:
    return Question(key, stored["question"], tuple(Choice(**each) for each in stored["choices"]))


def _as_text(question: Question, label: str) -> str:
    lines = [f"{label}: {question.question}"]
    lines += [f"- {each.choice} | {each.verdict} {each.answer}" for each in question.choices]
    return "\n".join(lines)


def _as_html(question: Question, label: str, chapter: str) -> str:
    name = f"{chapter}-{question.key}".replace("_", "-")
    choices = "".join(
        f'<details class="cn-choice" name="{name}" data-right="{str(each.right).lower()}">'
        f"<summary>{_inline(each.choice)}</summary>"
        f"<p><strong>{each.verdict}</strong> {_inline(each.answer)}</p></details>"
        for each in question.choices
    )
    return (
        f'<div class="cn-question" role="group" aria-labelledby="{name}">'
        f'<p id="{name}"><strong>{label}.</strong> {_inline(question.question)}</p>{choices}</div>'
    )


def _inline(text: str) -> str:
    """Emphasis, strong and code of Markdown, as HTML; all else as it stands."""
    html = escape(text, quote=False)
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html)
