"""The answer key has every question with its right choice, and every exercise."""

import re

import pytest

from contents import NOTEBOOKS
from teaching_kit import answers, editions, kit
from teaching_kit.facts import chapter

CHAPTERS = [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_question_has_one_right_choice(name):
    blocks = [block for block in answers.answers(name) if re.match(r"Quiz \d|Prediction `", block)]
    assert len(blocks) == len(kit.questions(name))
    for block, question in zip(blocks, kit.questions(name).values(), strict=True):
        right = next(choice for choice in question.choices if choice.right)
        assert re.findall(r"^\* \*\*[A-F]\*\* ✓ (.+)", block, re.MULTILINE) == [
            f"{right.choice} *{right.answer}*"
        ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_is_there(name):
    told = "\n".join(answers.answers(name))
    for exercise in chapter(name).exercises:
        assert f"Exercise {exercise.number}" in told
        assert exercise.title in told
    assert "BEGIN SOLUTION" not in told


def test_every_chapter_has_its_answers_under_its_name():
    page = (kit.TEACH / "answers.md").read_text(encoding="utf-8")
    found = re.findall(r"^## (.+)\n\n```\{answers\} (\S+)$", page, re.MULTILINE)
    assert found == [(chapter(name).label, name) for name in CHAPTERS]


def test_editions_are_linked_where_there_are_any(tmp_path, monkeypatch):
    (tmp_path / "editions" / "student").mkdir(parents=True)
    (tmp_path / "editions" / "student" / "01-confidence.ipynb").write_text("{}")
    monkeypatch.setattr(editions, "BOOK", tmp_path)
    assert editions.link("student", "01-confidence") == (
        "{download}`notebook <../editions/student/01-confidence.ipynb>`"
    )
    assert editions.link("instructor", "01-confidence") == "none"
