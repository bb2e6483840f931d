"""One page of HTML: texts, tables and charts, and all that draws them."""

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import altair as alt

from confidence_neurons.charts import enable_theme
from confidence_neurons.charts.theme import fitting_script
from confidence_neurons.command.tables import Table

HERE = files("confidence_neurons.command.report")


def page(title: str, description: str, body: str) -> str:
    """The page; it asks for nothing from elsewhere, and is not allowed to."""
    return Template(_asset("page.html")).substitute(
        title=escape(title),
        description=escape(description),
        body=body,
        style=_asset("page.css"),
        fitting=fitting_script(),
        script=_asset("page.js"),
        vega=vega(),
    )


def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed, in the version that goes with the installed Altair.

    Raises
    ------
    ValueError
        If the installed vl-convert has no such version.
    """
    import vl_convert

    wanted = ".".join(alt.VEGALITE_VERSION.split(".")[:2])
    if wanted not in vl_convert.get_vegalite_versions():
        raise ValueError(
            f"expected vl-convert with Vega-Lite {wanted}, which Altair {alt.__version__} needs, "
            f"got one with {', '.join(vl_convert.get_vegalite_versions())}: install a newer "
            "vl-convert-python, or leave the report out with --no-report"
        )
    # Without a snippet of ours the bundle has one of its own; the stubs leave that out.
    bundle = vl_convert.javascript_bundle(vl_version=wanted)  # pyright: ignore[reportCallIssue]
    return bundle.replace("</script", "<\\/script")


class Figures:
    """Charts of a page, numbered as they come."""

    def __init__(self) -> None:
        enable_theme()
        self.number = 0

    def html(self, chart: alt.TopLevelMixin) -> str:
        """A chart, and its description in words for who cannot see it."""
        self.number += 1
        name = f"chart-{self.number}"
        spec: dict[str, Any] = chart.to_dict()
        data = json.dumps(spec, allow_nan=False).replace("<", "\\u003c")
        words = escape(str(spec["description"]))
        return (
            f'<figure>\n<div data-chart="{name}" class="chart"></div>\n'
            f'<script type="application/json" id="{name}">{data}</script>\n'
            f"<figcaption><details><summary>Figure {self.number} in words</summary>\n{words}\n"
            "</details></figcaption>\n</figure>"
        )


def table(content: Table) -> str:
    """A table that scrolls by itself where it is too wide."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in content.header)
    rows = []
    for first, *others in content.rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in others)
        rows.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    title = escape(content.title)
    return (
        f'<p class="caption" aria-hidden="true">{title}</p>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">\n'
        f'<table aria-label="{title}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>\n</div>"
    )


def paragraphs(*texts: str) -> str:
    """Texts that are no HTML yet, as paragraphs."""
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


def terms(pairs: Mapping[str, str]) -> str:
    """Topics and what is said of each."""
    rows = [f"<dt>{escape(topic)}</dt>\n<dd>{escape(said)}</dd>" for topic, said in pairs.items()]
    return "<dl>\n" + "\n".join(rows) + "\n</dl>"


def items(*texts: str) -> str:
    """A list."""
    return "<ul>\n" + "\n".join(f"<li>{escape(text)}</li>" for text in texts) + "\n</ul>"


def section(title: str, name: str, *parts: str) -> str:
    """A section with its heading."""
    body = "\n".join(part for part in parts if part)
    return (
        f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(title)}</h2>\n{body}\n'
        "</section>"
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
