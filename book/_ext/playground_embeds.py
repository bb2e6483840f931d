"""Sphinx extension: pages with a still figure of the playground get its button, no other page.

The button is added by a script of a few lines, which loads the playground when
it is pressed: see `playground/embed.js`.
"""

from typing import Any

from sphinx.application import Sphinx

SCRIPT = "playground/embed.js"  # written by `playground_page`
FIGURE = 'class="cn-still"'


def load_with_a_figure(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Have a page load the script where there is a figure."""
    if FIGURE in context.get("body", ""):
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", load_with_a_figure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
