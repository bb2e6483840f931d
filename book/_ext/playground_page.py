"""Sphinx extension: the playground's script, style sheet and models, on its own page alone.

They are written into `_static/playground`, which Jupyter Book loads on no page by
itself. The playground's page gets the style sheet and the script, and none of the
scripts that only charts, formulas and questions need.
"""

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from confidence_neurons_book.playground.model_script import model_script
from page_scripts import leave_out

PAGE = "playground"
FOLDER = "playground"  # in the site's static files
SOURCE = Path(__file__).parents[2] / "playground"
FILES = (
    "dist/playground.js",
    "dist/tokenizers-LICENSE.txt",
    "src/playground.css",
    "embed.js",  # see `playground_embeds`
)
MODELS = ("prose", "prose-no-norm")  # the first one's script holds the tokenizer of both
NEEDLESS = ("vega.js", "tex-svg.js", "MathJax", "charts.js", "questions.js", "hero.js")


def write_files(app: Sphinx) -> None:
    """Put what the playground loads into the site's static files."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(SOURCE / name, folder)
    for name in MODELS:
        script = model_script(name, tokenizer=name == MODELS[0])
        (folder / f"{name}.js").write_text(script, encoding="utf-8")


def load_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Have the playground's page, and no other, load its files."""
    if pagename == PAGE:
        app.add_css_file(f"{FOLDER}/playground.css")
        app.add_js_file(f"{FOLDER}/playground.js", defer="defer")


def leave_needless_out(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take the scripts that the playground does not need off its page."""
    if pagename == PAGE:
        leave_out(context, NEEDLESS)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", write_files)
    app.connect("html-page-context", load_files)
    app.connect("html-page-context", leave_needless_out, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
