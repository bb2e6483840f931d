"""A page of the site's look with every chart on it, drawn from small made-up frames.

The page has the site's style sheets and its Vega, so that what a reader sees
of a chart can be tested whether or not the chapters have been run again.
"""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from chapters.gallery import gallery as of_the_chapters
from charts.reading import shown
from confidence_neurons.charts import (
    Axis,
    Category,
    StepBars,
    StepLines,
    bands,
    bars,
    dots,
    enable_theme,
    neurons,
    stepper,
)

GROUPS = ["entropy", "frequency", "equal norm", "equal rho", "random", "most changed", "others"]
WORDS: dict[str, Any] = {
    "title": "A mark of the grammar",
    "description": "Drawn from made-up numbers. A test.",
}
ESTIMATES = pd.DataFrame(
    [
        {"group": name, "text": text, "estimate": at, "low": at - 0.3, "high": at + 0.3}
        for at, name in enumerate(GROUPS)
        for text in ("clean", "noise")
    ]
)
COURSE = pd.DataFrame(
    [
        {"group": name, "position": x, "estimate": y + x, "low": y + x - 0.4, "high": y + x + 0.4}
        for y, name in enumerate(GROUPS)
        for x in range(5)
    ]
)
NEURONS = pd.DataFrame(
    [
        {"neuron": i, "group": GROUPS[i % 7], "a": i, "b": (3 * i) % 7, "strength": 1 + i}
        for i in range(21)
    ]
).astype({"a": float, "b": float, "strength": float})
TOKENS = pd.DataFrame({"step": [1, 2, 3], "token": ["␣a", "␣long", "␣word"], "row": 0})
A, B, ESTIMATE = Axis("a", "across"), Axis("b", "up"), Axis("estimate", "change (nats)")

MARKS: dict[str, Callable[[], alt.TopLevelMixin]] = {
    "dots": lambda: dots(
        ESTIMATES,
        x=Axis("estimate", "change (nats)", rules={"none": 0}),
        category=Category("group", ""),
        group="group",
        choose={"text": "Text"},
        **WORDS,
    ),
    "bands": lambda: bands(
        COURSE,
        x=Axis("position", "position"),
        y=Axis("estimate", "entropy (nats)", rules={"a level": 3}),
        group="group",
        **WORDS,
    ),
    "bars": lambda: bars(
        ESTIMATES, x=ESTIMATE, category=Category("text", "text"), group="group", **WORDS
    ),
    "neurons by group": lambda: neurons(
        NEURONS, x=A, y=B, group="group", beside=[(B, A)], diagonal="rising", **WORDS
    ),
    "neurons by strength": lambda: neurons(
        NEURONS, x=A, y=B, coloured_by=Axis("strength", "strength", scale="log"), **WORDS
    ),
    "neurons by shape": lambda: neurons(NEURONS, x=A, y=B, shaped_by="group", **WORDS),
    "stepper": lambda: stepper(
        TOKENS.assign(column=TOKENS["step"]),
        [
            StepLines(COURSE.rename(columns={"position": "step"}), ESTIMATE, group="group"),
            StepBars(
                ESTIMATES.assign(step=1).query("text == 'clean'"), ESTIMATE, Category("group", "")
            ),
        ],
        shading=pd.DataFrame({"step": [1, 2, 2], "source": [1, 1, 2], "weight": [1.0, 0.3, 1.0]}),
        initially={"step": 1},
        **WORDS,
    ),
}


def write_gallery(site: Path, page: str, name: str) -> int:
    """Put every chart into a copy of one of the site's pages; say how many there are."""
    enable_theme()
    template = (site / page).read_text(encoding="utf-8")
    start = re.search(r"<article\b[^>]*>", template)
    assert start is not None, f"expected an article in {page}"
    end = template.index("</article>", start.end())
    charts = MARKS | of_the_chapters()
    body = "".join(f"<p>{html.escape(what)}</p>{_cell(draw())}" for what, draw in charts.items())
    filled = template[: start.end()] + f"<section>{body}</section>" + template[end:]
    # The page's list of contents names headings that are not there any more.
    without_contents = re.sub(r'<li class="toc-h\d.*?</li>', "", filled, flags=re.DOTALL)
    (site / name).write_text(without_contents, encoding="utf-8")
    return len(charts)


def _cell(chart: alt.TopLevelMixin) -> str:
    """A chart as the site holds the output of a cell."""
    inside = f'<div class="output text_html">{shown(chart)["text/html"]}</div>'
    return f'<div class="cell"><div class="cell_output">{inside}</div></div>'
