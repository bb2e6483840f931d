"""The pages of the book in the order of `_toc.yml`."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
ENTRIES = [
    entry
    for part in TOC["parts"]
    for chapter in part["chapters"]
    for entry in (chapter, *chapter.get("sections", []))
]
NAMES = [TOC["root"], *(entry["file"] for entry in ENTRIES)]
NOTEBOOKS = [path for name in NAMES if (path := ROOT / "book" / f"{name}.ipynb").is_file()]
