"""Links to the notebooks for students and for teachers, as files of the site."""

from collections.abc import Iterator

from teaching_kit import kit
from teaching_kit.facts import BOOK, chapter

KINDS = {"student": "for students", "instructor": "for you"}


def editions() -> Iterator[str]:
    """Yield a table of the chapters with a link to each edition that there is."""
    lines = [f"| chapter | {' | '.join(KINDS.values())} |", "| --- | --- | --- |"]
    for name in kit.chapters():
        links = (link(kind, name) for kind in KINDS)
        lines.append(f"| [{chapter(name).label}](../{name}.ipynb) | {' | '.join(links)} |")
    yield "\n".join(lines)


def link(kind: str, name: str) -> str:
    """Return a link that downloads an edition; "none" where there is none."""
    path = f"editions/{kind}/{name}.ipynb"
    return f"{{download}}`notebook <../{path}>`" if (BOOK / path).is_file() else "none"
