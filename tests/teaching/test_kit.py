"""The pages on chapters hold to the chapters: sections, minutes, questions."""

import re

import pytest

import contents
from contents import NOTEBOOKS
from teaching_kit import kit
from teaching_kit.facts import chapter

CHAPTERS = [path.stem for path in NOTEBOOKS]


def test_every_chapter_has_a_page_and_a_file():
    assert kit.chapters() == sorted(CHAPTERS)
    pages = {name.removeprefix("teach/") for name in contents.NAMES if name.startswith("teach/")}
    assert set(CHAPTERS) <= pages


def test_the_overview_leads_to_page_and_deck_of_every_chapter():
    (table,) = kit.overview()
    rows = table.splitlines()[2:]
    assert len(rows) == len(CHAPTERS)
    for name, row in zip(kit.chapters(), rows, strict=True):
        assert f"({name}.md)" in row
        assert f"slides/{name}.html" in row
        assert f"| {chapter(name).reading} min | {chapter(name).exercising} min |" in row


@pytest.mark.parametrize("name", CHAPTERS)
def test_timing_names_the_sections_of_the_chapter(name):
    named = [row["section"] for row in kit.stored(name)["timing"]]
    assert named == [section for section in chapter(name).sections if section != "Exercises"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_timing_adds_up_to_the_reading_time(name):
    minutes = [row["minutes"] for row in kit.stored(name)["timing"]]
    assert sum(minutes) == chapter(name).reading
    assert f"| **together** | **{sum(minutes)}** |" in "".join(kit.timing(name))


@pytest.mark.parametrize("name", CHAPTERS)
def test_misconceptions_are_found_by_wrong_choices(name):
    stored = kit.stored(name)["misconceptions"]
    assert len(stored) >= 3
    for each in stored:
        assert kit.found_by(name, each).answer
    found = [(each["key"], each["choice"]) for each in stored]
    assert len(set(found)) == len(found)


def test_a_misconception_that_the_right_choice_finds_is_refused():
    name = "01-confidence"
    key, question = next(iter(kit.questions(name).items()))
    right = next(place for place, choice in enumerate(question.choices, 1) if choice.right)
    with pytest.raises(ValueError, match="expected a wrong choice"):
        kit.found_by(name, {"belief": "So", "key": key, "choice": right})


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_is_to_be_asked_in_class_is_a_question_of_the_chapter(name):
    told = " ".join(row["do"] for row in kit.stored(name)["timing"])
    keys = re.findall(r"`([\w-]+)`", " ".join(re.findall(r"[Aa]sk `[^;.]*", told)))
    assert set(keys) <= set(kit.questions(name))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_says_aims_times_and_where_the_slides_are(name):
    said = "\n".join(kit.about(name))
    assert all(re.sub(r"\(.*", "", aim) in said for aim in chapter(name).aims)
    assert f"Reading {chapter(name).reading} minutes" in said
    assert f"slides/{name}.html" in said
    assert re.findall(r"\]\((?!https?:|\.\./|#)", said) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_has_its_parts(name):
    page = (kit.TEACH / f"{name}.md").read_text(encoding="utf-8")
    for part in ("{teach-about}", "{teach-timing}", "{teach-misconceptions}", f"{name}.svg"):
        assert part in page
    assert len(re.findall(r"^\d\. .*\?$", page, re.MULTILINE)) >= 3
    assert page.count("| 0 | 1 | 2 |") >= 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_sketch_says_in_words_what_it_shows(name):
    sketch = (kit.TEACH / "sketches" / f"{name}.svg").read_text(encoding="utf-8")
    labelled = re.search(r'aria-labelledby="(\S+) (\S+)"', sketch)
    assert labelled
    assert f'<title id="{labelled[1]}">' in sketch
    words = re.search(rf'<desc id="{labelled[2]}">(.+?)</desc>', sketch)
    assert words
    assert len(words[1]) > 80
    assert not re.search(r"(?:fill|stroke)=|#[0-9a-f]{3,6}", sketch), "colours are the site's"
