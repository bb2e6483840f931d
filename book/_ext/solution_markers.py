"""Sphinx extension: the site shows solutions without the comments that mark them in notebooks."""

import json

from sphinx.application import Sphinx

MARKERS = ("# BEGIN SOLUTION", "# END SOLUTION")


def without_markers(notebook: str) -> str:
    """Return the text of a notebook whose cells have no marking comments."""
    read = json.loads(notebook)
    for cell in read["cells"]:
        lines = "".join(cell["source"]).split("\n")
        cell["source"] = "\n".join(line for line in lines if line.strip() not in MARKERS)
    return json.dumps(read)


def take_out_markers(app: Sphinx, docname: str, source: list[str]) -> None:
    """Take the comments out when Sphinx reads a notebook."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        source[0] = without_markers(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("source-read", take_out_markers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
