"""Charts of next-token distributions: bars, a sentence, temperature, the final scale."""

import altair as alt
import numpy as np
import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, bars, finish
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.charts.looks import colour, edge
from confidence_neurons.charts.theme import BLUE, ORANGE

ROW_HEIGHT = 17
PROBABILITY = Axis("probability", "Probability", domain=(0, 1))
DETAILS = {"rank": "Rank", "entropy": "Entropy (nats)"}


def next_token_bars(frame: pd.DataFrame) -> Drawn:
    """Bars of the likeliest next tokens; a menu chooses the context.

    `frame` comes from `predictions.top_predictions`.
    """
    return bars(
        _with_entropy(frame),
        x=PROBABILITY,
        category=Category("token", "Next token"),
        choose={"context": "Context"},
        corner="corner",
        details=DETAILS,
        height=300,
        title="The model's next-token distribution",
        description=(
            "Horizontal bars, one per token, the likeliest on top: the probability that the model "
            "gives to each next token. A menu chooses the context. The entropy of the whole "
            "distribution stands in the corner."
        ),
    )


def temperature_bars(frame: pd.DataFrame) -> Drawn:
    """Bars of one next-token distribution; a slider sets the temperature.

    `frame` comes from `predictions.temperature_sweep`; its temperatures are
    evenly spaced and include 1.
    """
    return bars(
        _with_entropy(frame),
        x=PROBABILITY,
        category=Category("token", "Next token"),
        slide={"temperature": "Temperature"},
        initially={"temperature": 1.0},
        corner="corner",
        details=DETAILS,
        height=300,
        title="The same logits at another temperature",
        description=(
            "Horizontal bars, one per token, the likeliest on top: the probability of each next "
            "token at the temperature that a slider sets. The order of the bars never changes. "
            "Higher temperatures make the bars more alike and the entropy, in the corner, higher."
        ),
    )


def entropy_along_text(frame: pd.DataFrame) -> alt.LayerChart:
    """Entropy before each token of a text and the token's surprisal; reads downwards.

    `frame` comes from `predictions.along_text`.
    """
    labelled = frame.assign(
        place=[
            f"{token} {position}"
            for position, token in zip(frame["position"], frame["token"], strict=True)
        ]
    )
    base = alt.Chart(labelled).encode(
        y=alt.Y("place:N", sort=None, title="Token and its position in the text"),
        tooltip=[
            alt.Tooltip("token:N", title="Token"),
            alt.Tooltip("entropy:Q", title="Entropy before it (nats)", format=".2f"),
            alt.Tooltip("surprisal:Q", title="Its surprisal (nats)", format=".2f"),
            alt.Tooltip("guess:N", title="The model's guess"),
            alt.Tooltip("probability:Q", title="Probability of the guess", format=".2f"),
        ],
    )
    measures = ["entropy before the token", "surprisal of the token"]
    told = alt.Color(
        "measure:N",
        title=None,
        scale=alt.Scale(domain=measures, range=[BLUE, ORANGE]),
        legend=alt.Legend(columns=1),
    )
    entropies = (
        base.transform_calculate(measure=f"'{measures[0]}'")
        .mark_bar()
        .encode(x=alt.X("entropy:Q", title="Nats"), color=told)
    )
    surprisals = (
        base.transform_calculate(measure=f"'{measures[1]}'")
        .mark_point(filled=True, size=60, opacity=1)
        .encode(x="surprisal:Q", color=told)
    )
    return finish(
        alt.LayerChart(layer=[entropies, surprisals]),
        height=ROW_HEIGHT * len(frame),
        title="Unsure before a token, surprised by it",
        description=(
            "One line per token of the text, from top to bottom. A bar shows the entropy of the "
            "model's prediction before the token, a dot the surprisal of the token that came, both "
            "in nats."
        ),
    )


def scale_histogram(frame: pd.DataFrame, bins: int = 50) -> alt.Chart:
    """Distribution of the final norm's scale over tokens, one colour per text.

    `frame` has columns `text` and `scale`, a row per token.
    """
    edges = np.histogram_bin_edges(frame["scale"], bins)
    counted = pd.concat(
        pd.DataFrame(
            {
                "text": text,
                "low": edges[:-1],
                "high": edges[1:],
                "share": np.histogram(group["scale"], edges)[0] / len(group),
            }
        )
        for text, group in frame.groupby("text", sort=False)
    )
    names = list(frame["text"].unique())
    chart = (
        alt.Chart(counted)
        .transform_filter("datum.share > 0")
        .mark_bar(fillOpacity=0.45, strokeWidth=1, binSpacing=0)
        .encode(
            x=alt.X("low:Q", bin="binned", title="Scale of the final LayerNorm"),
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
    )
    return finish(
        chart,
        title="The final LayerNorm's scale on several texts",
        description=(
            "Overlaid histograms. Across: the scale by which the final LayerNorm divides. Up: the "
            "share of tokens. One colour per text."
        ),
    )


def scale_and_temperature(frame: pd.DataFrame) -> Drawn:
    """Mean entropy when the scale is multiplied, and when the logits are divided.

    `frame` comes from `predictions.scale_against_temperature`.
    """
    names = {"entropy_scale": "scale times factor", "entropy_temperature": "temperature = factor"}
    long = frame.rename(columns=names).melt("factor", list(names.values()), "change", "entropy")
    return bands(
        long,
        x=Axis("factor", "Factor", scale="log", values=sorted(frame["factor"])),
        y=Axis("entropy", "Mean entropy (nats)", zero=True),
        group="change",
        title="The final scale and the temperature, side by side",
        description=(
            "Two lines. Across: a factor, on a logarithmic axis. Up: mean entropy in nats. One "
            "line multiplies the final scale by the factor, the other divides the logits by it. "
            "What separates them is the bias of the logits."
        ),
    )


def _with_entropy(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(corner=[f"entropy {nats:.2f} nats" for nats in frame["entropy"]])
