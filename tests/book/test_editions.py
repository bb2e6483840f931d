"""The editions are made from the chapters as they are, and differ where they should alone."""

import re
from functools import cache

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import editions
import marked
import notebook_rules as rules
import refresh_outputs
from contents import NOTEBOOKS
from exercise_cells import checked

IDS = [path.stem for path in NOTEBOOKS]
SITE = "https://somebody.github.io/book"
BLOCK = re.compile(r"^( *)# BEGIN SOLUTION\n(?:.*\n)*?\1# END SOLUTION$", re.MULTILINE)


def cells(notebook, kind, *without):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == kind and not {*without} & {*rules.tags(cell)}
    ]


def sources(notebook, kind, *without):
    return [cell.source for cell in cells(notebook, kind, *without)]


@cache
def chapter_of(path):
    return refresh_outputs.read(path)


def edition(kind, path):
    return refresh_outputs.read(editions.FOLDER / kind / path.name)


def test_the_editions_are_those_of_the_chapters():
    assert [*editions.stale()] == [], "run `make editions`"


@pytest.mark.parametrize("kind", editions.MAKERS)
def test_no_edition_is_of_a_chapter_that_is_gone(kind):
    found = {path.name for path in (editions.FOLDER / kind).iterdir()}
    assert found == {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_stub_and_solution_differ_inside_markers_only(path):
    chapter, student = chapter_of(path), edition("student", path)
    stubs = [BLOCK.sub(r"\1...", source) for source in sources(chapter, "code")]
    assert sources(student, "code") == stubs
    assert "SOLUTION" not in str(student)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_students_read_what_the_chapter_says_but_no_solution(path):
    chapter, student = chapter_of(path), edition("student", path)
    told = sources(chapter, "markdown", marked.INSTRUCTOR, marked.SOLUTION)
    unlinked = [re.sub(r"(?<!!)\[([^\]]+)\]\([^)]+\)", r"\1", text) for text in told]
    shown = sources(student, "markdown", editions.ADDED)
    assert [re.sub(r"(?<!!)\[([^\]]+)\]\([^)]+\)", r"\1", text) for text in shown] == unlinked


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_instructors_have_all_of_it(path):
    chapter, instructor = chapter_of(path), edition("instructor", path)
    assert sources(instructor, "code") == sources(chapter, "code")
    assert len(sources(instructor, "markdown", editions.ADDED)) == len(sources(chapter, "markdown"))
    told = "\n".join(sources(instructor, "markdown"))
    for each in checked(chapter):
        assert all(f"- {sentence}" in told for sentence in each.exercise.mistakes)


@pytest.mark.parametrize("kind", editions.MAKERS)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_an_edition_has_no_outputs_and_its_checks_name_their_exercise(path, kind):
    found = edition(kind, path)
    code = cells(found, "code")
    assert not any(cell.outputs or cell.execution_count for cell in code)
    named = [cell.metadata["exercise"] for cell in code if "exercise" in cell.metadata]
    assert named == [each.exercise.name for each in checked(chapter_of(path))]


@pytest.mark.parametrize("kind", editions.MAKERS)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_links_do_not_depend_on_where_an_edition_lies(path, kind):
    told = "\n".join(sources(edition(kind, path), "markdown"))
    assert not re.search(r"\]\((?!https?://)(?!#)", told)


@pytest.mark.parametrize(
    ("text", "on_the_site"),
    [
        ("a [token](glossary.md#token)", f"a [token]({SITE}/glossary.html#token)"),
        ("see [chapter 2](02-null-space.ipynb).", f"see [chapter 2]({SITE}/02-null-space.html)."),
        ("[paper](https://arxiv.org/abs/1.2)", "[paper](https://arxiv.org/abs/1.2)"),
        ("`x` [token, d_model] (a note)", "`x` [token, d_model] (a note)"),
    ],
)
def test_links_lead_to_the_site_or_are_plain_text(text, on_the_site):
    assert editions.linked(text, SITE) == on_the_site
    plain = re.sub(r"\[([^\]]+)\]\((?!http)[^)]+\)", r"\1", text)
    assert editions.linked(text, None) == plain


def test_hints_unfold_one_after_the_other():
    exercise = next(checked(chapter_of(NOTEBOOKS[0]))).exercise
    text = editions.folded_hints(exercise)
    opened = [
        text.index(f"<details><summary>Hint {n}</summary>\n\n{hint}")
        for n, hint in enumerate(exercise.hints, start=1)
    ]
    assert opened == sorted(opened)
    assert text.endswith("\n\n</details>" * len(exercise.hints))


def test_an_edition_leaves_the_chapter_alone():
    chapter = refresh_outputs.read(NOTEBOOKS[0])
    editions.instructor(chapter, "a chapter without notes", SITE)
    assert chapter == refresh_outputs.read(NOTEBOOKS[0])


def test_a_check_without_an_import_is_refused():
    notebook = new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("checks.a.check(my_a)")])
    with pytest.raises(ValueError, match="import checks"):
        editions.student(notebook, "a", None)
