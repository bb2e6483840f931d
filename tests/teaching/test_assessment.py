"""Ten questions: one right choice each, and a misconception for every other one."""

import re

from contents import NOTEBOOKS
from teaching_kit import assessment

QUESTIONS = assessment.stored()


def test_there_are_ten_questions_over_the_walk():
    assert len(QUESTIONS) == 10
    taught = {name for question in QUESTIONS for name in question["chapters"]}
    assert {name[:2] for name in taught} == {"01", "02", "03", "04", "05", "06"}
    assert taught <= {path.stem for path in NOTEBOOKS}


def test_one_choice_is_right_and_every_other_finds_a_misconception():
    for question in QUESTIONS:
        assert len(question["choices"]) == 4
        assert sum("why" in choice for choice in question["choices"]) == 1
        assert all(("why" in choice) != ("finds" in choice) for choice in question["choices"])


def test_the_place_of_the_right_choice_gives_nothing_away():
    places = [assessment.right_place(question) for question in QUESTIONS]
    assert all(1 <= places.count(place) <= 4 for place in range(4))


def test_no_figure_of_the_book_is_asked_for():
    asked = " ".join(
        [q["question"] for q in QUESTIONS] + [c["choice"] for q in QUESTIONS for c in q["choices"]]
    )
    assert re.findall(r"\d+\.\d+|smollm2|prose", asked) == []


def test_the_sheet_gives_no_answers():
    sheet = "\n".join(assessment.form("sheet"))
    assert sheet.count("☐") == 40
    for question in QUESTIONS:
        for choice in question["choices"]:
            assert choice["choice"] in sheet
            assert (choice.get("why") or choice["finds"]) not in sheet
    assert "✓" not in sheet


def test_the_key_has_the_letters_and_what_each_choice_says():
    table, *told = assessment.form("key")
    letters = table.splitlines()[-1].strip("| ").split(" | ")
    assert letters == ["ABCD"[assessment.right_place(question)] for question in QUESTIONS]
    for question, block in zip(QUESTIONS, told, strict=True):
        assert block.count("Finds: ") == 3
        right = question["choices"][assessment.right_place(question)]
        assert f"✓ {right['choice']} *{right['why']}*" in block
