"""Solutions in chapters: the marked lines of a code cell, and what a stub has in their place.

The markers are those of Otter-Grader, so that `otter assign` reads them too.
"""

from collections.abc import Iterator

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
PLACEHOLDER = "..."
SOLUTION = "solution"  # the tag of a cell that is a solution, in code or in words
INSTRUCTOR = "instructor"  # the tag of a cell for instructors alone
FOLD = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}


def lines(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of a cell, and whether it is inside markers; the markers are.

    Raises
    ------
    ValueError
        If markers do not come in pairs.
    """
    inside = False
    for line in source.splitlines():
        marker = line.strip()
        if marker == (BEGIN if inside else END):
            raise ValueError(
                f"expected {BEGIN!r} and {END!r} in turn, got {marker!r} in:\n{source}"
            )
        inside = inside or marker == BEGIN
        yield line, inside
        inside = inside and marker != END
    if inside:
        raise ValueError(f"expected {END!r}, got none in:\n{source}")


def stub(source: str) -> str:
    """Return a cell with a placeholder for each block between markers."""
    kept = []
    for line, inside in lines(source):
        if not inside:
            kept.append(line)
        elif line.strip() == BEGIN:
            kept.append(line.replace(BEGIN, PLACEHOLDER))
    return "\n".join(kept)


def given(source: str) -> list[str]:
    """Return the lines that are there for everyone."""
    return [line for line, inside in lines(source) if not inside]
