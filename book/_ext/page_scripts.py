"""What extensions share: taking scripts off a page."""

from collections.abc import Sequence
from typing import Any


def leave_out(context: dict[str, Any], names: Sequence[str]) -> None:
    """Take the scripts off a page whose address or text mentions one of the names."""
    context["script_files"] = [
        script for script in context["script_files"] if not mentions(script, names)
    ]


def mentions(script: Any, names: Sequence[str]) -> bool:
    """Say whether a script entry of Sphinx mentions one of the names, in letters of any case."""
    body = getattr(script, "attributes", {}).get("body") or ""
    said = f"{script} {body}".lower()
    return any(name.lower() in said for name in names)
