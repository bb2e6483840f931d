"""Make the editions for students and for instructors from the chapters.

    python scripts/editions.py            write those that are old
    python scripts/editions.py --check    say which are old; write nothing

The chapters hold everything. A student gets a placeholder for each solution, and
hints that unfold one by one; an instructor gets what is tagged for instructors, what
`book/teach` holds (times, what to say, misconceptions), and what each check says to
the mistakes that it knows. Neither has outputs. Links lead to the site; where the
project has no address yet, their text stays.
"""

import argparse
import copy
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

import address
import marked
import refresh_outputs
from confidence_neurons.exercises import Exercise
from confidence_neurons.exercises.collecting import EXERCISE
from exercise_cells import Checked, checked
from teaching_notes import Notes

FOLDER = refresh_outputs.BOOK / "editions"
ADDED = "edition"  # the tag of a cell that no chapter has
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([\w./-]+)(#[\w-]+)?\)")
NOTES = {
    "student": "*This is the edition for students. Run the cells from the top. Write your code in "
    "place of each `...`, then run the check below it: it says what is wrong, and from the "
    "second try on it gives a hint. `checks.NAME.hint()` gives one sooner, and after a failed "
    "check `_.arguments` are those of the call that went wrong.*",
    "instructor": "*This is the edition for instructors: with solutions, times, what to say, and "
    "what the checks say to the mistakes that they know.*",
}


def student(notebook: NotebookNode, name: str, site: str | None) -> NotebookNode:
    """Return the edition for students of a chapter."""

    def cells(cell: NotebookNode, found: list[Checked]) -> Iterator[NotebookNode]:
        tags = cell.metadata.get("tags", [])
        if marked.INSTRUCTOR in tags:
            return
        if cell.cell_type == "code":
            cell.source = marked.stub(cell.source)
            yield cell
        elif marked.SOLUTION not in tags:
            yield cell
        for each in found:
            yield _added(folded_hints(each.exercise))

    return _edition(notebook, "student", site, cells)


def instructor(notebook: NotebookNode, name: str, site: str | None) -> NotebookNode:
    """Return the edition for instructors of a chapter."""
    notes = Notes.of(name)

    def cells(cell: NotebookNode, found: list[Checked]) -> Iterator[NotebookNode]:
        yield cell
        if cell.cell_type == "markdown":
            yield from map(_added, notes.below(cell.source))
        for each in found:
            yield _added(expected_mistakes(each.exercise))

    return _edition(notebook, "instructor", site, cells)


MAKERS = {"student": student, "instructor": instructor}


def folded_hints(exercise: Exercise) -> str:
    """Return the hints, each folded away in the one before."""
    text = ""
    for number, hint in reversed([*enumerate(exercise.hints, start=1)]):
        within = f"\n\n{text}" if text else ""
        text = f"<details><summary>Hint {number}</summary>\n\n{hint}{within}\n\n</details>"
    return text


def expected_mistakes(exercise: Exercise) -> str:
    """Return what the check says to each mistake that it knows, and the hints."""
    mistakes = "\n".join(f"- {sentence}" for sentence in exercise.mistakes)
    hints = "\n".join(f"{number}. {hint}" for number, hint in enumerate(exercise.hints, start=1))
    return (
        f"**Expected mistakes**, by what the check says to each:\n\n{mistakes}\n\n"
        f"**Hints**, one at each failed try from the second on:\n\n{hints}"
    )


def linked(text: str, site: str | None) -> str:
    """Return Markdown whose links to pages of the book lead to the site, or are plain text."""

    def written(match: re.Match[str]) -> str:
        words, target, anchor = match.groups(default="")
        page = re.sub(r"\.(md|ipynb)$", ".html", target)
        return f"[{words}]({site}/{page}{anchor})" if site else words

    return LINK.sub(written, text)


def _edition(
    notebook: NotebookNode,
    kind: str,
    site: str | None,
    cells: Callable[[NotebookNode, list[Checked]], Iterator[NotebookNode]],
) -> NotebookNode:
    edition = copy.deepcopy(notebook)
    found = [*checked(notebook)]
    kept: list[NotebookNode] = []
    for position, cell in enumerate(edition.cells):
        here = [each for each in found if each.position == position]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("mystnb", None)  # words for the site
        for each in here:
            cell.metadata[EXERCISE] = each.exercise.name
        kept += cells(cell, here)
    kept.insert(1, _added(NOTES[kind]))
    for position, cell in enumerate(kept):
        cell.id = f"cell-{position:03d}"
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source, site)
    edition.cells = kept
    return edition


def _added(text: str) -> NotebookNode:
    return new_markdown_cell(text, metadata={"tags": [ADDED]})


def wanted() -> Iterator[tuple[Path, str]]:
    """Yield the file of each edition and the text that it should have."""
    set_address = address.current()
    fields = set_address.fields(address.release_tag()) if set_address else {}
    for path in refresh_outputs.chapter_paths():
        notebook = refresh_outputs.read(path)
        for kind, make in MAKERS.items():
            edition = make(notebook, path.stem, fields.get("site"))
            yield FOLDER / kind / path.name, refresh_outputs.serialise(edition)


def stale() -> Iterator[Path]:
    """Yield the editions that are missing, or older than their chapter."""
    for path, text in wanted():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="report only, write nothing")
    options = parser.parse_args(arguments)
    if options.check:
        old = [*stale()]
        for path in old:
            print(f"{path.relative_to(FOLDER)}: old; run `make editions`")
        return 1 if old else 0
    for path, text in wanted():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
