"""Sphinx extension: pages with a still figure of the playground get its button, no other page.

The button is added by a script of a few lines, which loads the playground when
it is pressed: see `playground/embed.js`.
"""

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

SCRIPT = Path(__file__).parents[2] / "playground" / "embed.js"
FOLDER = "playground"  # in the site's static files
FIGURE = 'class="cn-still"'


def write_script(app: Sphinx) -> None:
    """Put the script into the site's static files."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPT, folder)


def load_with_a_figure(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Have a page load the script where there is a figure."""
    if FIGURE in context.get("body", ""):
        app.add_js_file(f"{FOLDER}/{SCRIPT.name}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", write_script)
    app.connect("html-page-context", load_with_a_figure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
