"""Sphinx extension: names captions and boxes of chapters, so that the style sheet knows them.

Notebooks hold plain Markdown: a caption is a paragraph that begins with
`*Figure 3.2.*`, a box a quotation that begins with `**Limits.**` or
`**For doubters.**`. On the site a caption is an anchor too, `#figure-3-2`.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

CAPTION = re.compile(r"Figure (\d+|[A-Z])\.(\d+)\.")
BOXES = {"Limits.": "limits", "For doubters.": "doubters"}


def name_parts(app: Sphinx, doctree: nodes.document) -> None:
    """Give captions and boxes their classes."""
    for paragraph in doctree.findall(nodes.paragraph):
        first = next((child for child in paragraph.children if child.astext()), None)
        if isinstance(first, nodes.emphasis) and (match := CAPTION.fullmatch(first.astext())):
            paragraph["classes"].append("cn-caption")
            paragraph["ids"].append(f"figure-{match.group(1)}-{match.group(2)}".lower())
        box = paragraph.parent
        if (
            isinstance(first, nodes.strong)
            and isinstance(box, nodes.block_quote)
            and first.astext() in BOXES
        ):
            box["classes"] += ["cn-box", f"cn-box-{BOXES[first.astext()]}"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", name_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
