"""The page of a comparison."""

from collections.abc import Sequence
from html import escape
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots
from confidence_neurons.command.assumptions import NAMES
from confidence_neurons.command.report.page import Figures, page, paragraphs, section, table
from confidence_neurons.command.report.words import PAPER, PAPER_BIBTEX, THROUGH, project_bibtex
from confidence_neurons.command.tables import Table


def share_dots(frame: pd.DataFrame, kind: str) -> alt.TopLevelMixin | None:
    """The mediated share of each model's group and controls, with intervals."""
    part = frame[frame["of"] == kind].dropna(subset=["share", "share_low", "share_high"])
    if part.empty:
        return None
    columns = {"share": "estimate", "share_low": "low", "share_high": "high"}
    shown = part[["model", "group", "neurons", *columns]].rename(columns=columns)
    return dots(
        shown,
        x=Axis("estimate", f"share through {THROUGH[kind]}", rules={"none": 0}),
        category=Category("model", ""),
        group="group",
        details={"neurons": "neurons"},
        title=f"{NAMES[kind][0].upper()}{NAMES[kind][1:]} beside their controls",
        description=(
            "A point with a 95 % interval for each model and group of neurons: the share of the "
            f"group's effect on entropy that goes through {THROUGH[kind]}. Colour and shape tell "
            "the chosen neurons from their controls."
        ),
    )


def comparison(frame: pd.DataFrame, tables: Sequence[Table], record: dict[str, Any]) -> str:
    """The page as HTML."""
    drawn = Figures()
    parts = []
    for kind, content in zip(frame["of"].unique(), tables, strict=True):
        chart = share_dots(frame, kind)
        parts.append(
            section(
                content.title,
                str(kind),
                "" if chart is None else drawn.html(chart),
                table(content),
            )
        )
    models = list(frame["model"].unique())
    used = section(
        "What was compared", "compared", *(paragraphs(_said(one)) for one in record["compared"])
    )
    cite = section(
        "How to cite",
        "cite",
        f'<p>Definitions: <a href="{PAPER}">Stolfo et al. 2024</a>.</p>',
        f"<pre>{escape(PAPER_BIBTEX)}</pre>",
        f"<pre>{escape(project_bibtex(record))}</pre>",
    )
    title = f"Confidence regulation neurons of {len(models)} models"
    return page(title, f"Side by side: {', '.join(models)}.", "\n".join([*parts, used, cite]))


def _said(record: dict[str, Any]) -> str:
    """Where the numbers of one model come from."""
    model, text = record["model"], record["text"]
    return (
        f"{model['name']}, layer {model['layer']}, k = {record['k']}: {text['tokens']:,} tokens of "
        f"{text['source']}, measured on {record['date'][:10]} with confidence-neurons "
        f"{record['versions']['confidence-neurons']}. {record['assumptions']['Null space']}"
    )
