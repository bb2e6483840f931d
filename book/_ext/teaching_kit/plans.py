"""Course plans: what is done when; minutes come from the chapters where they state them."""

from collections.abc import Iterator
from typing import Any

from teaching_kit import kit
from teaching_kit.facts import chapter

READ, SHOW, EXERCISE = "read", "show", "exercise"


def minutes(item: dict[str, Any]) -> int:
    """Return how long an item of a plan takes.

    Reading takes what the chapter states, or what the timing of the named
    sections adds up to; an exercise takes what it states. All else says its own,
    what is shown too: a class takes longer than a reader.
    """
    if READ in item:
        return reading(item[READ], item.get("sections"))
    if EXERCISE in item:
        stated = chapter(item[EXERCISE]).exercises[item["number"] - 1].minutes
        if stated is None:
            raise ValueError(
                f"expected an exercise that states its minutes, got exercise {item['number']} of "
                f"{item[EXERCISE]}: give the item `minutes` of its own instead"
            )
        return stated
    return item["minutes"]


def reading(name: str, sections: list[str] | None) -> int:
    """Return how long a chapter takes to read, or some sections of it."""
    if sections is None:
        return chapter(name).reading
    timed = {row["section"]: row["minutes"] for row in kit.stored(name)["timing"]}
    return sum(timed[section] for section in sections)


def what(item: dict[str, Any]) -> str:
    """Return what is done in an item, with a link to the chapter that it is about."""
    said = item.get("do", "")
    for kind, verb in ((READ, "Read"), (SHOW, "Show")):
        if kind in item:
            sections = ", ".join(f"*{section}*" for section in item.get("sections", ()))
            told = f"{verb} {link(item[kind])}" + (f" ({sections})" if sections else "")
            return f"{told}. {said}".strip()
    if EXERCISE in item:
        title = chapter(item[EXERCISE]).exercises[item["number"] - 1].title
        closing = "" if title[-1] in ".?!" else "."
        return f"{link(item[EXERCISE])}, exercise {item['number']}: {title}{closing} {said}".strip()
    return said


def link(name: str) -> str:
    """Return a link from a page for teachers to a chapter."""
    return f"[{chapter(name).label}](../{name}.ipynb)"


def plan(name: str) -> Iterator[str]:
    """Yield a plan: a table for each session, with the time that has passed."""
    for session in kit.stored("plans")[name]["sessions"]:
        yield f"**{session['name']}**, {session['minutes']} minutes. {session['aim']}"
        lines = ["| from | minutes | what |", "| ---: | ---: | --- |"]
        passed = 0
        for item in session["items"]:
            lines.append(f"| {passed} | {minutes(item)} | {what(item)} |")
            passed += minutes(item)
        yield "\n".join([*lines, f"| {passed} | | **end** |"])
