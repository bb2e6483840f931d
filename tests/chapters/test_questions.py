"""Questions are read, refused where they cannot be answered, and shown as text and as HTML."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import confidence_neurons_book.questions as module
from confidence_neurons_book.questions import Choice, Question, Questions

FOLDER = Path(module.__file__).parent
CHAPTERS = sorted(path.parent.name for path in FOLDER.glob("*/questions.json"))
RIGHT = {"choice": "It *grows*.", "answer": "By `x < 1`, **3.1** nats.", "right": True}
FALSE = {"choice": "It shrinks.", "answer": "It does not: a & b."}
STORED = {
    "predict": {"scale": {"question": "What does the **scale** do?", "choices": [FALSE, RIGHT]}},
    "quiz": [{"question": f"Number {n}?", "choices": [RIGHT, FALSE]} for n in (1, 2)],
}


@pytest.fixture
def ask(tmp_path, monkeypatch) -> Questions:
    (tmp_path / "some_chapter").mkdir()
    (tmp_path / "some_chapter" / "questions.json").write_text(json.dumps(STORED), "utf-8")
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    return Questions("some_chapter")


def read(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)


def part(element: ElementTree.Element, path: str) -> ElementTree.Element:
    found = element.find(path)
    assert found is not None
    return found


def words(element: ElementTree.Element, path: str) -> str:
    return "".join(part(element, path).itertext())


def test_a_prediction_is_shown_with_its_choices_and_answers_as_text(ask):
    assert repr(ask("scale")) == (
        "Predict: What does the **scale** do?\n"
        "- It shrinks. | No. It does not: a & b.\n"
        "- It *grows*. | Right. By `x < 1`, **3.1** nats."
    )


def test_the_html_folds_each_answer_under_its_choice(ask):
    shown = read(ask("scale")._repr_html_())
    assert shown.get("class") == "cn-prediction"
    choices = shown.findall(".//details")
    assert [choice.get("data-right") for choice in choices] == ["false", "true"]
    assert [words(choice, "summary") for choice in choices] == ["It shrinks.", "It grows."]
    assert [words(choice, "p") for choice in choices] == [
        "No. It does not: a & b.",
        "Right. By x < 1, 3.1 nats.",
    ]
    assert words(choices[1], "p/code") == "x < 1"
    assert [strong.text for strong in choices[1].findall("p/strong")] == ["Right.", "3.1"]


def test_a_question_is_named_for_screen_readers(ask):
    for question in read(ask.quiz()._repr_html_()):
        assert question.get("role") == "group"
        named = part(question, "p")
        assert named.get("id") == question.get("aria-labelledby")


def test_choices_of_one_question_close_each_other_and_no_others(ask):
    quiz = read(ask.quiz()._repr_html_())
    names = [{choice.get("name") for choice in question.findall("details")} for question in quiz]
    assert all(len(each) == 1 for each in names)
    assert len(set.union(*names)) == len(names) == 2


def test_a_quiz_asks_every_question_in_order(ask):
    quiz = read(ask.quiz()._repr_html_())
    assert quiz.get("class") == "cn-quiz"
    assert [words(question, "p") for question in quiz] == [
        "Question. Number 1?",
        "Question. Number 2?",
    ]


def test_an_unknown_key_is_an_error(ask):
    with pytest.raises(KeyError):
        ask("nothing")


@pytest.mark.parametrize("rights", [(), (False,), (True,), (False, False), (True, True)])
def test_a_question_that_cannot_be_answered_is_refused(rights):
    with pytest.raises(ValueError, match="two choices at least, one of them right"):
        Question("key", "?", tuple(Choice("a", "b", right) for right in rights))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_questions_of_a_chapter_can_be_answered_and_shown(chapter):
    ask = Questions(chapter)
    assert len(ask.predictions) >= 3
    assert len(ask.questions) >= 4
    asked = [ask(key) for key in ask.predictions] + [ask.quiz()]
    for each in asked:
        text = "".join(read(each._repr_html_()).itertext())
        assert "**" not in text
        assert "`" not in text
        assert "$" not in text


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_right_choice_does_not_always_stand_in_the_same_place(chapter):
    ask = Questions(chapter)
    asked = [*ask.predictions.values(), *ask.questions]
    places = {[choice.right for choice in each.choices].index(True) for each in asked}
    assert len(places) > 1
