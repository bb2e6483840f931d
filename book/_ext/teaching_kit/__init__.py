"""Sphinx extension: the pages for teachers, rendered from the chapters and a few small files.

What a chapter says of itself (aims, times, exercises, figures, questions) is read
from it. What only teachers need stands in `book/teach/*.toml`.
"""

from sphinx.application import Sphinx

from teaching_kit import directives, slides


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    directives.register(app)
    slides.register(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
