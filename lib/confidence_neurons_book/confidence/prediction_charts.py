"""Charts of next-token distributions: bars under a temperature, a sentence token by token."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, bars, finish
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.charts.theme import BLUE, GREEN, ORANGE

ROW_HEIGHT = 17
ENTROPY = "entropy before the token"
CAME, OTHER = "surprisal, the best guess came", "surprisal, another token came"
COLOURS = {ENTROPY: BLUE, CAME: GREEN, OTHER: ORANGE}
SHAPES = {ENTROPY: "square", CAME: "diamond", OTHER: "circle"}


def temperature_bars(frame: pd.DataFrame, title: str) -> Drawn:
    """Bars of one next-token distribution; a slider sets the temperature.

    `frame` comes from `predictions.temperature_sweep`; its temperatures are
    evenly spaced and include 1. The axis follows the longest bar.
    """
    return bars(
        frame.assign(corner=[f"entropy {nats:.2f} nats" for nats in frame["entropy"]]),
        x=Axis("probability", "Probability", format="~%"),
        category=Category("token", "Next token"),
        slide={"temperature": "Temperature"},
        initially={"temperature": 1.0},
        corner="corner",
        details={"rank": "Rank", "held": "All bars together"},
        height=300,
        title=title,
        description=(
            "Horizontal bars, one per token, the likeliest on top: the probability of each next "
            "token at the temperature that a slider sets. The order of the bars never changes. "
            "Higher temperatures make the bars more alike and the entropy, in the corner, higher. "
            "The axis follows the longest bar."
        ),
    )


def entropy_along(frame: pd.DataFrame, title: str) -> alt.LayerChart:
    """Entropy before each token of a text and the token's surprisal; reads downwards.

    `frame` comes from `predictions.along_text`.
    """
    places = zip(frame["position"], frame["token"], strict=True)
    labelled = frame.assign(
        place=[f"{token} {position}" for position, token in places],
        measure=[CAME if came else OTHER for came in frame["came"]],
    ).round(3)
    names = list(COLOURS)
    base = alt.Chart(labelled).encode(
        y=alt.Y("place:N", sort=None, title="Token and its position in the text"),
        color=alt.Color(
            "measure:N",
            title=None,
            scale=alt.Scale(domain=names, range=list(COLOURS.values())),
            legend=alt.Legend(columns=1),
        ),
        tooltip=[
            alt.Tooltip("token:N", title="Token"),
            alt.Tooltip("entropy:Q", title="Entropy before it (nats)", format=".2f"),
            alt.Tooltip("surprisal:Q", title="Its surprisal (nats)", format=".2f"),
            alt.Tooltip("guess:N", title="The model's guess"),
            alt.Tooltip("probability:Q", title="Probability of the guess", format=".2f"),
        ],
    )
    entropies = (
        base.transform_calculate(measure=f"'{ENTROPY}'")
        .mark_bar()
        .encode(x=alt.X("entropy:Q", title="Nats").axis(format="~f", tickCount=8))
    )
    shape = alt.Scale(domain=names, range=list(SHAPES.values()))
    surprisals = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="surprisal:Q", shape=alt.Shape("measure:N", title=None, scale=shape)
    )
    return finish(
        alt.LayerChart(layer=[entropies, surprisals]),
        height=ROW_HEIGHT * len(frame),
        title=title,
        description=(
            "One line per token of the text, from top to bottom. A bar shows the entropy of the "
            "model's prediction before the token. A mark shows the surprisal of the token that "
            "came: a diamond where it was the model's best guess, a circle where it was another."
        ),
    )
