"""The rules that chapters keep, as functions from a notebook to a list of complaints.

An empty list means that the rule is kept. The tests in `tests/book` apply the
rules to every chapter, and show that each rule fails on a bad notebook.
"""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

import marked

CHECKED = "nbval-check-output"  # a cell's tag: nbval compares what it prints with what is stored
ASKS = "remove-input"  # the tag of a cell that asks a question: the site shows the question alone
HIDDEN = "remove-cell"  # the tag of a cell that the site leaves out
FOLDED = "hide-input"  # the tag of a cell whose code the site folds
FRAME = ["What you will learn", "Quiz", "Exercises", "Summary", "Further reading"]
BOXES = ["> **Limits.**", "> **For doubters.**"]
SAYS = ["**Reading time", "**What you can skip"]
MIN_EXERCISES = 3
MIN_PREDICTIONS = 3
MAX_CODE_LINES = 15
MAX_CHAPTER_LINES = 200
MAX_PAGE_BYTES = 1_500_000
CHART_MARKS = ("vega", 'class="cn-text"', 'class="cn-still"')  # in the HTML of a chart
CAPTION = re.compile(r"\*Figure (\d+|[A-Z])\.(\d+)\.\* \S")

# A whole number token: in "0.25, x2 and 1.2.3" that is 0.25 only. Text may use a true minus sign.
NUMBER = re.compile(
    r"(?<![\w.])[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?%?(?!\w|[.,]\d)"  # noqa: RUF001
)
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LOOSE_NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+%?|%)(?!\.?\d)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
MYST = [
    (re.compile(r"^\s*(?:`{3,}|~{3,}|:{3,})\{[^}]*\}", re.MULTILINE), "directive"),
    (re.compile(r"\{[a-z][\w:+.-]*\}`"), "role"),
    (re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE), "target"),
]
# What the rule on numbers leaves alone, in the order in which it is cut out.
NOT_PROSE = [
    CAPTION,
    FENCE,
    re.compile(r"(`+).+?\1", re.DOTALL),
    re.compile(r"\$\$.+?\$\$", re.DOTALL),
    re.compile(r"\$[^$\n]+(?:\n[^$\n]+)*\$"),
    re.compile(r"^#{1,6} .*$", re.MULTILINE),
    re.compile(r"!?\[[^\]]*\]\([^)]*\)"),
    re.compile(r"<https?://[^>]*>|https?://\S+"),
    re.compile(r"</?[a-zA-Z][^>]*>"),
]


def markdown_cells(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield the position and text of each Markdown cell."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            yield position, cell.source


def code_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the position and node of each code cell that is not empty."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip():
            yield position, cell


def prose(markdown: str) -> str:
    """Return Markdown without code, mathematics, headings, links and HTML tags."""
    for pattern in NOT_PROSE:
        markdown = pattern.sub(" ", markdown)
    return markdown


def output_execution(notebook: NotebookNode) -> list[str]:
    """Cells were run once each, from top to bottom, and without errors or warnings."""
    complaints = []
    cells = list(code_cells(notebook))
    counts = [cell.execution_count for _, cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        complaints.append(f"expected execution counts 1 to {len(counts)} in order, got {counts}")
    if not any(cell.outputs for _, cell in cells):
        complaints.append("expected stored outputs, got none")
    for position, cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                complaints.append(f"cell {position} holds an error: {output.ename}")
            if output.output_type == "stream" and output.name == "stderr":
                complaints.append(f"cell {position} wrote to stderr: {output.text[:80]!r}")
    return complaints


def code_lines(cell: NotebookNode) -> int:
    """Count the lines of a cell that everyone reads: a solution is the answer to an exercise."""
    return sum(bool(line.strip()) for line in marked.given(cell.source))


def short_cells(notebook: NotebookNode) -> list[str]:
    """Code cells are short; what is longer belongs in the library."""
    return [
        f"cell {position} has {lines} lines of code, expected at most {MAX_CODE_LINES}"
        for position, cell in code_cells(notebook)
        if (lines := code_lines(cell)) > MAX_CODE_LINES
    ]


def plain_markdown(notebook: NotebookNode) -> list[str]:
    """No MyST markup, which Colab would show raw."""
    return [
        f"cell {position} has a MyST {kind}: {match.group().strip()!r}"
        for position, text in markdown_cells(notebook)
        for pattern, kind in MYST
        if (match := pattern.search(text))
    ]


def frame(notebook: NotebookNode) -> list[str]:
    """A chapter has the sections and the exercises that every chapter has."""
    text = "\n".join(source for _, source in markdown_cells(notebook))
    headings = [line.lstrip("#").strip() for line in text.splitlines() if re.match("#+ ", line)]
    complaints = [
        f"expected a heading with {wanted!r}, got {headings}"
        for wanted in FRAME
        if not any(wanted.lower() in heading.lower() for heading in headings)
    ]
    complaints += [
        f"expected a paragraph that begins with {wanted!r}, got none"
        for wanted in (*BOXES, *SAYS)
        if not re.search(rf"^{re.escape(wanted)}", text, flags=re.M)
    ]
    asked = sum(ASKS in tags(cell) for _, cell in code_cells(notebook))
    if asked < MIN_PREDICTIONS + 1:
        complaints.append(
            f"expected {MIN_PREDICTIONS} predictions and a quiz, in cells tagged {ASKS!r}, "
            f"got {asked} such cells"
        )
    solved = sum(is_solution(cell) for _, cell in code_cells(notebook))
    sketches = text.count("<details><summary>A sketch</summary>")
    if solved + sketches < MIN_EXERCISES or not sketches:
        complaints.append(
            f"expected at least {MIN_EXERCISES} exercises, one of them open with "
            f"<details><summary>A sketch</summary>, got {solved} solutions and {sketches} sketches"
        )
    return complaints


def solutions(notebook: NotebookNode) -> list[str]:
    """A solution is marked in a cell that folds; what only instructors read is not on the site."""
    complaints = []
    for position, cell in code_cells(notebook):
        is_marked = marked.given(cell.source) != cell.source.splitlines()
        if (is_marked, is_marked) != (is_solution(cell), is_marked and FOLDED in tags(cell)):
            complaints.append(
                f"cell {position}: expected {marked.BEGIN!r} and {marked.END!r} and the tags "
                f"{marked.SOLUTION!r} and {FOLDED!r} together"
            )
    for position, cell in enumerate(notebook.cells):
        if marked.INSTRUCTOR in tags(cell) and (
            cell.cell_type != "markdown" or HIDDEN not in tags(cell)
        ):
            complaints.append(f"cell {position}: expected Markdown, tagged {HIDDEN!r} too")
        if cell.cell_type == "markdown" and is_solution(cell) and "<details>" not in cell.source:
            complaints.append(f"cell {position} is a solution in words, expected it in <details>")
    return complaints


def folds(notebook: NotebookNode) -> list[str]:
    """What is hidden in the text can be opened, and reads as Markdown."""
    complaints = []
    for position, source in markdown_cells(notebook):
        if source.count("<details") != source.count("</details>"):
            complaints.append(f"cell {position} opens and closes <details> unequally often")
        if re.search(r"</summary>(?!\s*\n\s*\n)", source):
            complaints.append(f"cell {position} needs a blank line after </summary>")
    return complaints


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def is_solution(cell: NotebookNode) -> bool:
    """Say whether a cell is tagged as a solution."""
    return marked.SOLUTION in tags(cell)


def shown_text(cell: NotebookNode) -> str:
    """Return what a code cell prints or shows, as plain text."""
    return "\n".join(
        part
        for output in cell.outputs
        for part in (output.get("text", ""), output.get("data", {}).get("text/plain", ""))
    )


def checked_text(notebook: NotebookNode) -> str:
    """Return the text that the compared cells print."""
    return "\n".join(shown_text(cell) for _, cell in code_cells(notebook) if CHECKED in tags(cell))


def told_text(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield the position and text of what a reader is told: Markdown, questions with answers."""
    for position, source in markdown_cells(notebook):
        if marked.INSTRUCTOR not in tags(notebook.cells[position]):
            yield position, source
    for position, cell in code_cells(notebook):
        if ASKS in tags(cell):
            yield position, shown_text(cell)


def bold_numbers(markdown: str) -> list[str]:
    """Return the numbers that stand bold in a Markdown text."""
    text = FENCE.sub(" ", markdown)
    return [number for bold in BOLD.findall(text) for number in NUMBER.findall(prose(bold))]


def quoted_numbers(notebook: NotebookNode) -> list[str]:
    """Every bold number is printed by a cell whose output is compared."""
    printed = set(NUMBER.findall(checked_text(notebook)))
    return [
        f"cell {position} quotes {number}, which no cell tagged {CHECKED!r} prints"
        for position, text in told_text(notebook)
        for number in bold_numbers(text)
        if number.replace("−", "-") not in printed  # noqa: RUF001
    ]


def loose_numbers(notebook: NotebookNode) -> list[str]:
    """No decimal number or percentage stands in the text without being bold."""
    return [
        f"cell {position} has the number {match.group()}, which is not bold"
        for position, text in told_text(notebook)
        for match in LOOSE_NUMBER.finditer(prose(BOLD.sub(" ", FENCE.sub(" ", text))))
    ]


def charts(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the position and node of each code cell that shows a chart, a text or an embed."""
    for position, cell in code_cells(notebook):
        shown = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
        if any(mark in html for html in shown for mark in CHART_MARKS):
            yield position, cell


def captions(notebook: NotebookNode) -> list[str]:
    """Below each chart stands a caption, numbered in order, that says what it shows."""
    complaints = []
    first = None
    for number, (position, _) in enumerate(charts(notebook), start=1):
        below = notebook.cells[position + 1 : position + 2]
        match = CAPTION.match(below[0].source) if below else None
        first = first or (match and match.group(1)) or "{chapter}"
        if match is None or match.groups() != (first, str(number)):
            complaints.append(
                f"expected a caption '*Figure {first}.{number}.* ...' below cell {position}"
            )
    return complaints


def tagged(notebook: NotebookNode) -> list[str]:
    """What the site does with a cell, and what nbval does, stands in tags and not in comments."""
    complaints = [
        f"cell {position} begins with the comment {cell.source.splitlines()[0]!r}, use a tag"
        for position, cell in code_cells(notebook)
        if cell.source.startswith("# NBVAL")
    ]
    complaints += [
        f"cell {position} shows a chart, expected the tag {FOLDED!r}"
        for position, cell in charts(notebook)
        if FOLDED not in tags(cell)
    ]
    complaints += [
        f"cell {position} shows a table, expected the tags {FOLDED!r} and {CHECKED!r}"
        for position, cell in code_cells(notebook)
        if "cn-table" in str(cell.outputs) and not {FOLDED, CHECKED} <= {*tags(cell)}
    ]
    return complaints


def size(notebook: NotebookNode) -> list[str]:
    """A chapter is short: the code that the site shows, and what the browser loads of it."""
    lines = sum(code_lines(cell) for _, cell in code_cells(notebook) if HIDDEN not in tags(cell))
    outputs = sum(len(str(output)) for _, cell in code_cells(notebook) for output in cell.outputs)
    complaints = []
    if lines > MAX_CHAPTER_LINES:
        complaints.append(f"expected at most {MAX_CHAPTER_LINES} lines of code, got {lines}")
    if outputs > MAX_PAGE_BYTES:
        complaints.append(f"expected at most {MAX_PAGE_BYTES} bytes of outputs, got {outputs}")
    return complaints


def words(notebook: NotebookNode) -> int:
    """How many words a reader is told, solutions and answers to questions included."""
    return sum(len(text.split()) for _, text in told_text(notebook))


RULES = [
    output_execution,
    short_cells,
    plain_markdown,
    frame,
    solutions,
    folds,
    quoted_numbers,
    loose_numbers,
    captions,
    tagged,
    size,
]
