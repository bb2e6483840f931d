"""The solutions that chapters print, folded away, as functions."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import refresh_outputs

BOOK = Path(__file__).parents[2] / "book"
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def printed_solution(chapter: str, name: str, place: dict[str, Any]) -> Callable[..., Any]:
    """The function of this name that a chapter's Markdown prints, once.

    `place` is what the notebook has defined where the solution stands.
    """
    cells = refresh_outputs.read(BOOK / f"{chapter}.ipynb").cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    (code,) = [code for code in CODE.findall(text) if f"def {name}(" in code]
    defined = dict(place)
    exec(code, defined)
    return defined[name]
