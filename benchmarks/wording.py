"""Numbers in words, and tables of them."""

import pandas as pd


def count(number: float, of: str) -> str:
    """How many of something; nothing where it was not counted."""
    return "" if pd.isna(number) else f"{number:.0f} {of}"


def whole_percent(share: float) -> str:
    """A share as a whole percentage; nothing where there is none."""
    return "" if pd.isna(share) else f"{100 * share:.0f} %"


def percent(share: float) -> str:
    """A share as a percentage of two digits; nothing where there is none."""
    return "" if pd.isna(share) else f"{float(f'{100 * share:.2g}'):,.12g} %"


def duration(seconds: float) -> str:
    """Three digits, in the unit that reads best."""
    for limit, unit, size in ((1.0, "ms", 1e-3), (120.0, "s", 1.0), (7200.0, "minutes", 60.0)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 3600:.3g} hours"


def table(rows: list[dict[str, str]]) -> str:
    """A Markdown table with the keys of the first row as its head."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([row[name] for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
