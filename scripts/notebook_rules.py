"""The rules that chapters keep, as functions from a notebook to a list of complaints.

An empty list means that the rule is kept. The tests in `tests/book` apply the
rules to every chapter, and show that each rule fails on a bad notebook.
"""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

CHECK_MARK = "# NBVAL_CHECK_OUTPUT"
FRAME = ["What you will learn", "Predict", "Exercises", "Summary", "Further reading"]
MIN_EXERCISES = 3
MAX_CODE_LINES = 15

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


def short_cells(notebook: NotebookNode) -> list[str]:
    """Code cells are short; what is longer belongs in the library."""
    return [
        f"cell {position} has {lines} lines of code, expected at most {MAX_CODE_LINES}"
        for position, cell in code_cells(notebook)
        if (lines := sum(bool(line.strip()) for line in cell.source.splitlines())) > MAX_CODE_LINES
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
    exercises = re.split(r"^#+ .*exercises.*$", text, maxsplit=1, flags=re.M | re.I)[-1]
    solutions = exercises.count("<details")
    if solutions < MIN_EXERCISES:
        complaints.append(
            f"expected at least {MIN_EXERCISES} exercises with a hidden solution, got {solutions}"
        )
    for position, source in markdown_cells(notebook):
        if source.count("<details") != source.count("</details>"):
            complaints.append(f"cell {position} opens and closes <details> unequally often")
        if re.search(r"</summary>(?!\s*\n\s*\n)", source):
            complaints.append(f"cell {position} needs a blank line after </summary>")
    return complaints


def checked_text(notebook: NotebookNode) -> str:
    """Return the text that the compared cells print."""
    parts = []
    for _, cell in code_cells(notebook):
        if not cell.source.startswith(CHECK_MARK):
            continue
        for output in cell.outputs:
            parts.append(output.get("text", ""))
            parts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


def bold_numbers(markdown: str) -> list[str]:
    """Return the numbers that stand bold in a Markdown text."""
    text = FENCE.sub(" ", markdown)
    return [number for bold in BOLD.findall(text) for number in NUMBER.findall(prose(bold))]


def quoted_numbers(notebook: NotebookNode) -> list[str]:
    """Every bold number is printed by a cell whose output is compared."""
    printed = set(NUMBER.findall(checked_text(notebook)))
    return [
        f"cell {position} quotes {number}, which no cell marked {CHECK_MARK!r} prints"
        for position, text in markdown_cells(notebook)
        for number in bold_numbers(text)
        if number.replace("−", "-") not in printed  # noqa: RUF001
    ]


def loose_numbers(notebook: NotebookNode) -> list[str]:
    """No decimal number or percentage stands in the text without being bold."""
    return [
        f"cell {position} has the number {match.group()}, which is not bold"
        for position, text in markdown_cells(notebook)
        for match in LOOSE_NUMBER.finditer(prose(BOLD.sub(" ", FENCE.sub(" ", text))))
    ]


RULES = [
    output_execution,
    short_cells,
    plain_markdown,
    frame,
    quoted_numbers,
    loose_numbers,
]
