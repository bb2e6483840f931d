"""What a chapter says of itself is read as it stands there."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from contents import NOTEBOOKS
from teaching_kit import facts

OPENING = """# A chapter

## What you will learn

1. To *see*.
2. To say.

**What you need.** Eyes.

**Reading time:** about 9 minutes (35 more for the exercises).

**What you can skip:** the box.
"""
EXERCISES = """## Exercises

### Exercise 2: by hand

*Easy, 10 minutes.* Do it.
"""
OPEN = """### 3. Open: why?

No check.

<details><summary>A sketch</summary>

Look, in 99 minutes.

</details>

## Summary

* One.
* Two.
"""


def shown(html):
    return [new_output("display_data", data={"text/html": html})]


@pytest.fixture(scope="module")
def chapter():
    solution = "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION"
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell("chart()", outputs=shown("<i>chart</i>")),
        new_markdown_cell("*Figure 3.1.* It falls. Menu `k`\nchooses.\n\nMore text."),
        new_code_cell("table()", outputs=shown("<table><caption>All</caption></table>")),
        new_markdown_cell("```text\n## No heading\n```"),
        new_markdown_cell(EXERCISES),
        new_markdown_cell("Talk for 50 minutes.", metadata={"tags": ["instructor"]}),
        new_code_cell(solution, metadata={"tags": ["solution"]}),
        new_code_cell("check(f)"),
        new_markdown_cell("<details><summary>And then?</summary>\n\nRest.\n\n</details>"),
        new_markdown_cell(OPEN),
    ]
    return facts.read("03-chapter", new_notebook(cells=cells))


def test_title_and_number(chapter):
    assert (chapter.title, chapter.label) == ("A chapter", "3. A chapter")


def test_aims_needs_times_and_summary(chapter):
    assert chapter.aims == ("To *see*.", "To say.")
    assert (chapter.needs, chapter.skip) == ("Eyes.", "the box.")
    assert (chapter.reading, chapter.exercising) == (9, 35)
    assert chapter.summary == ("One.", "Two.")


def test_sections_are_headings_and_no_code(chapter):
    assert chapter.sections == ("What you will learn", "Exercises", "Summary")


def test_exercises_with_minutes_and_solutions(chapter):
    first, second = chapter.exercises
    assert (first.number, first.title, first.minutes) == (1, "By hand", 10)
    assert first.solution == "```python\ndef f():\n    return 1\n```\n\n*And then?* Rest."
    assert (second.title, second.minutes, second.solution) == (
        "Open: why?",
        None,
        "Look, in 99 minutes.",
    )


def test_figures_and_tables(chapter):
    assert chapter.figures["3.1"].html == "<i>chart</i>"
    assert chapter.figures["3.1"].caption == ("It falls.", "Menu `k` chooses.")
    assert list(chapter.tables) == ["All"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("# A chapter\n", "", "expected a heading"),
        ("**What you need.**", "What you need.", "expected a paragraph"),
        ("about 9 minutes", "a while", "expected 'about 15 minutes"),
    ],
)
def test_a_chapter_without_its_frame_is_refused(old, new, complaint):
    notebook = new_notebook(cells=[new_markdown_cell(OPENING.replace(old, new))])
    with pytest.raises(ValueError, match=complaint):
        facts.read("a", notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stated_times_of_exercises_add_up(path):
    chapter = facts.chapter(path.stem)
    stated = [each.minutes for each in chapter.exercises]
    together = sum(minutes or 0 for minutes in stated)
    assert together <= chapter.exercising
    assert together == chapter.exercising or None in stated


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_exercise_is_solved(path):
    exercises = facts.chapter(path.stem).exercises
    assert len(exercises) >= 3
    assert [each.title for each in exercises if len(each.solution) < 40] == []
