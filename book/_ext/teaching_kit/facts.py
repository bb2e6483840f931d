"""What a chapter says of itself: aims, times, sections, exercises, figures and tables."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

BOOK = Path(__file__).parents[2]
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
CAPTION = re.compile(r"\*Figure ((?:\d+|[A-Z])\.\d+)\.\*\s+(.+)", re.DOTALL)
TABLE = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\[(\"])")
MINUTES = re.compile(r"(\d+) minutes")
MARKER = re.compile(r"^\s*# (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*(.*?)</details>", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """An exercise; `minutes` is None where the chapter states none, as for some open questions."""

    number: int
    title: str
    minutes: int | None
    solution: str


@dataclass(frozen=True)
class Figure:
    """A figure's HTML as the notebook stores it, and its caption in sentences."""

    number: str
    html: str
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """A chapter as its notebook describes it; times in minutes."""

    name: str
    title: str
    aims: tuple[str, ...]
    needs: str
    skip: str
    reading: int
    exercising: int
    sections: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    figures: dict[str, Figure]
    tables: dict[str, str]
    summary: tuple[str, ...]

    @property
    def label(self) -> str:
        """The chapter's number and title; the title alone where it has no number."""
        number = re.match(r"0*(\d+)-", self.name)
        return f"{number[1]}. {self.title}" if number else self.title


@cache
def chapter(name: str) -> Chapter:
    """Read a chapter of the book by the name of its notebook."""
    path = BOOK / f"{name}.ipynb"
    return read(name, nbformat.read(path, as_version=4))


def read(name: str, notebook: Any) -> Chapter:
    """Read the facts from a notebook."""
    told = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    plain = FENCED.sub("", told)
    title = re.search(r"^# (.+)$", plain, re.MULTILINE)
    if title is None:
        raise ValueError(f"expected a heading `# ...` in {name}, got none")
    reading, exercising = times(name, plain)
    return Chapter(
        name=name,
        title=title[1],
        aims=items(section(plain, "What you will learn")),
        needs=paragraph(name, plain, "What you need."),
        skip=paragraph(name, plain, "What you can skip:"),
        reading=reading,
        exercising=exercising,
        sections=tuple(HEADING.findall(plain)),
        exercises=exercises(notebook),
        figures=figures(notebook),
        tables=tables(notebook),
        summary=items(section(plain, "Summary")),
    )


def paragraph(name: str, told: str, opening: str) -> str:
    """Return the paragraph that begins with these bold words, without them."""
    found = re.search(rf"^\*\*{re.escape(opening)}\*\*\s*(.+)$", told, re.MULTILINE)
    if found is None:
        raise ValueError(f"expected a paragraph '**{opening}** ...' in {name}, got none")
    return found[1]


def times(name: str, told: str) -> tuple[int, int]:
    """Return the minutes for reading and for the exercises."""
    stated = paragraph(name, told, "Reading time:")
    found = re.match(r"about (\d+) minutes \((?:(\d+) more|(an hour) more) for", stated)
    if found is None:
        raise ValueError(
            f"expected 'about 15 minutes (85 more for the exercises)' in {name}, got {stated!r}"
        )
    return int(found[1]), 60 if found[3] else int(found[2])


def section(told: str, heading: str) -> str:
    """Return the text below a heading, up to the next."""
    return re.split(r"^## ", told.partition(f"## {heading}\n")[2], maxsplit=1, flags=re.M)[0]


def items(text: str) -> tuple[str, ...]:
    """Return the items of a list."""
    return tuple(re.findall(r"^(?:\d+\.|[-*]) (.+)$", text, re.MULTILINE))


def exercises(notebook: Any) -> tuple[Exercise, ...]:
    """Read the exercises: one below each heading of the third level."""
    told = "\n\n".join(told_or_solved(cell) for cell in notebook.cells)
    told = re.split(r"^## Exercises\n", told, maxsplit=1, flags=re.M)[-1]
    told = re.split(r"^## ", told, maxsplit=1, flags=re.M)[0]
    return tuple(
        exercise(number, text)
        for number, text in enumerate(re.split(r"^### ", told, flags=re.M)[1:], start=1)
    )


def told_or_solved(cell: Any) -> str:
    """Return the text of a cell for readers, and a solution in code as the chapter folds text."""
    tags = cell.metadata.get("tags", [])
    if cell.cell_type == "markdown":
        return "" if "instructor" in tags else cell.source
    if "solution" not in tags:
        return ""
    code = MARKER.sub("", cell.source).strip()
    return f"<details><summary>Solution</summary>\n\n```python\n{code}\n```\n\n</details>"


def exercise(number: int, text: str) -> Exercise:
    """Read one exercise from its heading and what stands below."""
    heading, _, body = text.partition("\n")
    title = re.sub(r"^(?:Exercise )?\d+[.:]\s*", "", heading)
    stated = MINUTES.search(FOLD.sub("", body))
    return Exercise(
        number=number,
        title=title[0].upper() + title[1:],
        minutes=int(stated[1]) if stated else None,
        solution="\n\n".join(unfolded(*fold) for fold in FOLD.findall(body)),
    )


def unfolded(summary: str, words: str) -> str:
    """Return what a fold hides, after the question that it answers, if it does one."""
    return f"*{summary}* {words.strip()}" if summary.endswith("?") else words.strip()


def figures(notebook: Any) -> dict[str, Figure]:
    """Read the figures: a caption, and the output of the cell above it."""
    found = {}
    for above, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        match = CAPTION.match(cell.source) if cell.cell_type == "markdown" else None
        if match and above.cell_type == "code":
            caption = " ".join(match[2].split("\n\n")[0].split())
            found[match[1]] = Figure(
                match[1], "\n".join(html_outputs(above)), tuple(SENTENCE_END.split(caption))
            )
    return found


def tables(notebook: Any) -> dict[str, str]:
    """Read the tables, each by its caption."""
    return {
        match[1].strip(): html
        for cell in notebook.cells
        if cell.cell_type == "code"
        for html in html_outputs(cell)
        if (match := TABLE.search(html))
    }


def html_outputs(cell: Any) -> list[str]:
    """Return what a cell shows as HTML."""
    shown = (output.get("data", {}).get("text/html") for output in cell.outputs)
    return [html for html in shown if html]
