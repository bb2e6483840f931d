"""Charts of the final scale: its values from text to text, and the entropy with and without."""

import altair as alt
import numpy as np
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots, finish
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.charts.looks import colour, edge
from confidence_neurons.charts.menus import Chooser

BINS = 40
SHOWN = 0.998  # of the tokens; the few others would squeeze them


def scale_histogram(frame: pd.DataFrame, title: str) -> alt.Chart:
    """Distribution of the final scale over tokens, one colour per text; buttons choose a model.

    `frame` has columns `model`, `text` and `scale`, a row per token.
    """
    names = list(dict.fromkeys(frame["text"]))
    counted = pd.concat(
        _histogram(of_model).assign(model=model)
        for model, of_model in frame.groupby("model", sort=False)
    )
    chooser = Chooser.of(counted, {"model": "Model"})
    chart = (
        chooser.chart(counted, ["text", "low", "high", "share"])
        .mark_bar(fillOpacity=0.45, strokeWidth=1, binSpacing=0)
        .encode(
            x=alt.X("low:Q", bin="binned", title="Final scale"),
            x2="high:Q",
            y=alt.Y("share:Q", title="Share of the text's tokens", stack=None).axis(format="%"),
            color=colour("text", names),
            stroke=edge("text", names),
            tooltip=[
                alt.Tooltip("text:N", title="Text"),
                alt.Tooltip("low:Q", title="Scale from", format=".2f"),
                alt.Tooltip("high:Q", title="to", format=".2f"),
                alt.Tooltip("share:Q", title="Share of tokens", format=".1%"),
            ],
        )
        .add_params(*chooser.parameters)
    )
    return finish(
        chart,
        title=title,
        description=(
            "Overlaid histograms. Across: the final scale, by which the last norm divides. Up: the "
            "share of tokens. One colour per text; buttons choose a model. Two tokens in a "
            "thousand lie beyond the right edge."
        ),
    )


def entropy_with_each_scale(frame: pd.DataFrame, title: str) -> Drawn:
    """Mean entropy of each text with its own scale and with that of clean text; a panel a model.

    `frame` comes from `dial.entropies`.
    """
    return dots(
        frame,
        x=Axis("estimate", "Mean entropy (nats)", zero=True),
        category=Category("text", ""),
        group="divided_by",
        panel="model",
        title=title,
        description=(
            "A panel for each model, a row for each text, two dots in a row: the mean entropy with "
            "the text's own final scale, and with the mean scale of clean text. Lines are 95 "
            "percent intervals."
        ),
    )


def _histogram(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per text and bin that holds tokens; the bins are the same for all texts."""
    edges = np.linspace(frame["scale"].min(), frame["scale"].quantile(SHOWN), BINS + 1)
    parts = [
        pd.DataFrame(
            {
                "text": text,
                "low": edges[:-1],
                "high": edges[1:],
                "share": np.histogram(of_text["scale"], edges)[0] / len(of_text),
            }
        )
        for text, of_text in frame.groupby("text", sort=False)
    ]
    return pd.concat(parts).query("share > 0")
