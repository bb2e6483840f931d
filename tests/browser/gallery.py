"""A page of the site's look with every chart on it, drawn from small made-up frames.

The page has the site's style sheets and its Vega, so that what a reader sees
of a chart can be tested whether or not the chapters have been run again.
"""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from charts.reading import shown
from confidence_neurons.charts import (
    Axis,
    Category,
    ColouredText,
    StepBars,
    StepLines,
    bands,
    bars,
    coloured_text,
    dots,
    enable_theme,
    neurons,
    side_by_side,
    stepper,
)

GROUPS = ["entropy", "frequency", "equal norm", "equal rho", "random", "most changed", "others"]
WORDS: dict[str, Any] = {
    "title": "A mark of the grammar, under a title that is too long for one line of a phone",
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
QUANTITIES = ["entropy", "loss", "confidence"]
BY_QUANTITY = ESTIMATES.merge(pd.DataFrame({"quantity": QUANTITIES}), how="cross")
COURSES = COURSE.merge(pd.DataFrame({"quantity": [*QUANTITIES, "scale"]}), how="cross")
TITLES = {
    "entropy": "mean absolute change of entropy (nats)",
    "loss": "change of loss (nats)",
    "confidence": "change of confidence where the model is wrong",
}
CONTEXTS = pd.DataFrame(
    [
        {"context": context, "token": f"␣{word}", "probability": 0.5 / (1 + rank)}
        for context, words in {
            "short names": ["a", "the", "an", "is"],
            "long names": ["constitutional", "misunderstanding", "the", "internationalisation"],
            "others": ["x", "y", "z", "w"],
            "more": ["x", "y", "z", "w"],
            "and more": ["x", "y", "z", "w"],
        }.items()
        for rank, word in enumerate(words)
    ]
)
STEPS = 60
TOKENS = pd.DataFrame(
    {"step": range(1, STEPS + 1), "token": ["␣a", "␣constitution", "␣word"] * (STEPS // 3)}
).assign(row=lambda frame: (frame["step"] - 1) // 4, column=lambda frame: (frame["step"] - 1) % 4)
NATS = pd.DataFrame(
    [
        {"step": step, "measure": name, "nats": step % 7 + shift}
        for step in range(1, STEPS + 1)
        for name, shift in (("entropy before the token", 0), ("surprisal of the token", 1))
    ]
)
GUESSES = pd.DataFrame(
    [
        {"step": step, "token": f"␣guess{rank}", "probability": 1 / (2 + rank), "right": rank == 1}
        for step in range(1, STEPS + 1)
        for rank in range(8)
    ]
).replace({"right": {True: "what comes next", False: "another token"}})
LETTER = pd.DataFrame(
    [
        {"neuron": neuron, "text": text, "token": token, "added": (i % 5 - 2) / 3, "fires": i % 5}
        for neuron in (7, 8)
        for text in ("a letter", "a report")
        for i, token in enumerate(["Dear", "␣Sir", ",", "⏎", "␣unquestionably"] * 9)
    ]
)
A, B, ESTIMATE = Axis("a", "across"), Axis("b", "up"), Axis("estimate", "change (nats)")

Charts = Mapping[str, Callable[[], alt.TopLevelMixin]]
MARKS: Charts = {
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
    "neurons in a table": lambda: neurons(
        NEURONS,
        x=A,
        y=B,
        group="group",
        listed={"neuron": "neuron", "a": "across", "b": "up", "strength": "strength"},
        listed_by="strength",
        boxed={"x": [5, 15], "y": [0, 6]},
        **WORDS,
    ),
    "neurons by strength": lambda: neurons(
        NEURONS, x=A, y=B, coloured_by=Axis("strength", "strength", scale="log"), **WORDS
    ),
    "neurons by strength and shape": lambda: neurons(
        NEURONS,
        x=A,
        y=B,
        shaped_by="group",
        coloured_by=Axis("strength", "strength of the effect (nats)", scale="log"),
        **WORDS,
    ),
    "neurons by shape": lambda: neurons(NEURONS, x=A, y=B, shaped_by="group", **WORDS),
    "panels of dots": lambda: dots(
        BY_QUANTITY,
        x=Axis("estimate", TITLES, rules={"none": 0}),
        category=Category("group", ""),
        group="group",
        panel="quantity",
        choose={"text": "Text"},
        **WORDS,
    ),
    "panels of bars": lambda: bars(
        BY_QUANTITY[BY_QUANTITY["text"] == "clean"],
        x=ESTIMATE,
        category=Category("group", "group of neurons"),
        panel="quantity",
        **WORDS,
    ),
    "panels of bands": lambda: bands(
        COURSES,
        x=Axis("position", "position in the second copy (tokens)"),
        y=ESTIMATE,
        group="group",
        panel="quantity",
        **WORDS,
    ),
    "dashes": lambda: bands(
        COURSE[COURSE["group"].isin(GROUPS[:3])],
        x=Axis("position", "position"),
        y=ESTIMATE,
        dashed_by="group",
        **WORDS,
    ),
    "names that change": lambda: bars(
        CONTEXTS,
        x=Axis("probability", "probability", domain=(0, 1)),
        category=Category("token", "next token"),
        choose={"context": "Context"},
        **WORDS,
    ),
    "side by side": lambda: side_by_side(
        [
            alt.Chart(NEURONS)
            .mark_point()
            .encode(
                x=alt.X("a:Q", title="the first of two numbers, with a title of some length"),
                y=alt.Y("b:Q", title="up"),
            )
        ]
        * 2,
        height=200,
        **WORDS,
    ),
    "stepper": lambda: stepper(
        TOKENS,
        [
            StepBars(
                GUESSES,
                Axis("probability", "probability", domain=(0, 1)),
                Category("token", "next token"),
                group="right",
            ),
            StepLines(NATS, Axis("nats", "nats", zero=True), group="measure"),
            StepBars(
                ESTIMATES.merge(TOKENS[["step"]], how="cross").query("text == 'clean'"),
                ESTIMATE,
                Category("group", "neuron"),
            ),
        ],
        shading=pd.DataFrame({"step": [9, 9, 8], "source": [1, 8, 1], "weight": [1.0, 0.3, 1.0]}),
        initially={"step": 9},
        step_label="Position",
        **WORDS,
    ),
}
TEXTS: dict[str, Callable[[], ColouredText]] = {
    "coloured text": lambda: coloured_text(
        LETTER,
        token="token",
        colours={"fires": "activation", "added": "entropy added (nats)"},
        panel="text",
        choose={"neuron": "Neuron"},
        **WORDS,
    ),
}


def write_gallery(
    site: Path, name: str, charts: Charts, texts: Mapping[str, Callable[[], ColouredText]] = {}
) -> None:
    """Put charts and coloured texts into a copy of the landing page."""
    enable_theme()
    template = (site / "index.html").read_text(encoding="utf-8")
    start = re.search(r"<article\b[^>]*>", template)
    assert start is not None, "expected an article in index.html"
    end = template.index("</article>", start.end())
    cells = {what: _cell(shown(draw())["text/html"]) for what, draw in charts.items()}
    cells |= {what: _cell(draw()._repr_html_()) for what, draw in texts.items()}
    body = "".join(f"<p>{html.escape(what)}</p>{cell}" for what, cell in cells.items())
    filled = template[: start.end()] + f"<section>{body}</section>" + template[end:]
    # The page's list of contents names headings that are not there any more.
    without_contents = re.sub(r'<li class="toc-h\d.*?</li>', "", filled, flags=re.DOTALL)
    (site / name).write_text(without_contents, encoding="utf-8")


def _cell(output: str) -> str:
    """HTML as the site holds the output of a cell."""
    inside = f'<div class="output text_html">{output}</div>'
    return f'<div class="cell"><div class="cell_output">{inside}</div></div>'
