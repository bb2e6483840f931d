"""Sphinx extension: icons come from the theme's web fonts; its script for them is left off.

The theme puts Font Awesome on every page twice: as web fonts, and as a script of
1.5 MB that replaces each icon by a drawing of it.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

SCRIPT = "fontawesome.js"
TAG = re.compile(rf'\s*<script\b[^>]*\bsrc="[^"]*{re.escape(SCRIPT)}[^"]*"[^>]*></script>')


def leave_script_off(app: Sphinx, exception: Exception | None) -> None:
    """Take the script off the written pages and out of the site."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.glob("**/*.html"):
        html = page.read_text(encoding="utf-8")
        lighter = TAG.sub("", html)
        if lighter != html:
            page.write_text(lighter, encoding="utf-8")
    for file in (site / "_static" / "scripts").glob(f"{SCRIPT}*"):
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", leave_script_off)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
