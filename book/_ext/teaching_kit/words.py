"""Words of chapters on other pages: their links rewritten or taken off, Markdown as HTML."""

import re
from html import escape

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
HERE = re.compile(r"\]\((?!https?:|#|\.\./)")
MARKDOWN = MarkdownIt().use(dollarmath_plugin, renderer=lambda tex, _: rf"\({escape(tex)}\)")
FORMULA = '<span class="math inline">'  # what a formula becomes


def from_below(markdown: str) -> str:
    """Rewrite links of a page of the book for a page in a folder below it."""
    return HERE.sub("](../", markdown)


def as_html(markdown: str) -> str:
    """Return a line of Markdown as HTML, without links."""
    return MARKDOWN.renderInline(LINK.sub(r"\1", markdown))
