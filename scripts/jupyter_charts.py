"""Have the JupyterLab of this environment draw the charts without a network.

Altair's HTML fetches its scripts from a CDN, unless `VEGA_DEBUG` says that the page has them
already. This puts them, from the installed vl-convert, onto JupyterLab's page.
"""

import json
import sys
from pathlib import Path

import altair as alt

from confidence_neurons.command.report.page import vega

SCRIPT = "vega.js"
TAG = '<script src="{{page_config.fullStaticUrl}}/' + SCRIPT + '"></script>'
END = "</head>"


def script() -> str:
    """Return the scripts, out of the way of others, and the statement that they are there."""
    versions = {
        "vega_version": alt.VEGA_VERSION,
        "vegalite_version": alt.VEGALITE_VERSION,
        "vegaembed_version": alt.VEGAEMBED_VERSION,
    }
    return f"(function () {{\n{vega()}\n}})();\nvar VEGA_DEBUG = {json.dumps(versions)};\n"


def write(static: Path) -> None:
    """Put the scripts beside JupyterLab's own, and a tag for them into its page, once.

    Raises
    ------
    ValueError
        If its page has no place for the tag.
    """
    page = static / "index.html"
    text = page.read_text(encoding="utf-8")
    if text.count(END) != 1:
        raise ValueError(
            f"expected {END} once in {page}, got {text.count(END)}: is it JupyterLab's?"
        )
    (static / SCRIPT).write_text(script(), encoding="utf-8")
    if TAG not in text:
        page.write_text(text.replace(END, TAG + END), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.prefix) / "share/jupyter/lab/static")
