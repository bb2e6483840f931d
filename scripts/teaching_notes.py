"""What a teacher does and says in a chapter, from `book/teach/NAME.toml`, as Markdown."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notebook_rules import CAPTION
from refresh_outputs import BOOK

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
QUIZ = "Quiz"


@dataclass(frozen=True)
class Notes:
    """What the file of a chapter holds; nothing where there is none."""

    stored: dict[str, Any]

    @classmethod
    def of(cls, name: str, folder: Path = BOOK / "teach") -> "Notes":
        """Read the notes for the chapter with this name."""
        path = folder / f"{name}.toml"
        return cls(tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {})

    def below(self, told: str) -> Iterator[str]:
        """Yield what to add below a cell: times of its sections, words to its figures."""
        for section in SECTION.findall(told):
            for row in self.stored.get("timing", []):
                if row["section"] == section and row["minutes"]:
                    unit = "minute" if row["minutes"] == 1 else "minutes"
                    yield f"**{row['minutes']} {unit}.** {row['do']}"
            if section == QUIZ and "misconceptions" in self.stored:
                yield "**Misconceptions**, and what helps:\n\n" + "\n".join(
                    f"- *{each['belief']}* {each['helps']}"
                    for each in self.stored["misconceptions"]
                )
        for figure in CAPTION.finditer(told):
            for slide in self.stored.get("slides", []):
                if slide.get("figure") == ".".join(figure.groups()):
                    yield f"**To say.** {slide['notes']}"
