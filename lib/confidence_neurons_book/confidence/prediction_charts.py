"""Charts of next-token distributions: bars, a sentence, temperature, the final scale."""

import altair as alt
import numpy as np
import pandas as pd

from confidence_neurons.charts.menus import menu
from confidence_neurons.charts.theme import BLUE, GREEN, ORANGE, finish

ROW_HEIGHT = 17
TOKEN_TOOLTIPS = [
    alt.Tooltip("token:N", title="Token"),
    alt.Tooltip("probability:Q", title="Probability", format=".3f"),
    alt.Tooltip("rank:O", title="Rank"),
    alt.Tooltip("entropy:Q", title="Entropy (nats)", format=".2f"),
]


def next_token_bars(frame: pd.DataFrame) -> alt.LayerChart:
    """Bars of the likeliest next tokens; a menu chooses the context.

    `frame` comes from `predictions.top_predictions`.
    """
    contexts = list(frame["context"].unique())
    choice = menu("context", "Context", contexts)
    chart = _token_bars(frame, "datum.context === context").add_params(choice)
    return finish(
        chart,
        title="The model's next-token distribution",
        description=(
            "Horizontal bars, one per token, the likeliest on top: the probability that the model "
            "gives to each next token. A menu chooses the context. The entropy of the whole "
            "distribution stands in the corner."
        ),
    )


def temperature_bars(frame: pd.DataFrame) -> alt.LayerChart:
    """Bars of one next-token distribution; a slider sets the temperature.

    `frame` comes from `predictions.temperature_sweep`; its temperatures are
    evenly spaced and include 1.
    """
    temperatures = sorted(map(float, set(frame["temperature"])))
    step = temperatures[1] - temperatures[0]
    slider = alt.param(
        name="temperature",
        value=1.0,
        bind=alt.binding_range(
            min=temperatures[0],
            max=temperatures[-1],
            step=step,
            name="Temperature: ",
        ),
    )
    chosen = f"abs(datum.temperature - temperature) < {step / 2}"
    return finish(
        _token_bars(frame, chosen).add_params(slider),
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
    colour = alt.Color(
        "measure:N",
        title=None,
        scale=alt.Scale(domain=measures, range=[BLUE, ORANGE]),
        legend=alt.Legend(columns=1),
    )
    bars = (
        base.transform_calculate(measure=f"'{measures[0]}'")
        .mark_bar(opacity=0.6)
        .encode(x=alt.X("entropy:Q", title="Nats"), color=colour)
    )
    points = (
        base.transform_calculate(measure=f"'{measures[1]}'")
        .mark_point(filled=True, size=60, opacity=1)
        .encode(x="surprisal:Q", color=colour)
    )
    return finish(
        alt.LayerChart(layer=[bars, points]),
        height=ROW_HEIGHT * len(frame),
        title="Unsure before a token, surprised by it",
        description=(
            "One line per token of the text, from top to bottom. A bar shows the entropy of the "
            "model's prediction before the token, a dot the surprisal of the token that came, both "
            "in nats. Entropy is low inside words and set phrases and high where many words fit."
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
    chart = (
        alt.Chart(counted)
        .mark_bar(opacity=0.55, binSpacing=0)
        .encode(
            x=alt.X("low:Q", bin="binned", title="Scale of the final LayerNorm"),
            x2="high:Q",
            y=alt.Y("share:Q", title="Share of the text's tokens", stack=None).axis(format="%"),
            color=alt.Color("text:N", sort=None, title=None),
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
        title="The final LayerNorm's scale on three texts",
        description=(
            "Overlaid histograms. Across: the scale by which the final LayerNorm divides. Up: the "
            "share of tokens. One colour per text. The more of a text is noise, the further to "
            "the right its histogram lies."
        ),
    )


def scale_and_temperature(frame: pd.DataFrame) -> alt.Chart:
    """Mean entropy when the scale is multiplied, and when the logits are divided.

    `frame` comes from `predictions.scale_against_temperature`.
    """
    names = {"entropy_scale": "scale times factor", "entropy_temperature": "temperature = factor"}
    long = frame.rename(columns=names).melt("factor", list(names.values()), "change", "entropy")
    chart = (
        alt.Chart(long)
        .mark_line(point=True)
        .encode(
            x=alt.X("factor:Q", title="Factor", scale=alt.Scale(type="log", base=2)).axis(
                values=sorted(frame["factor"])
            ),
            y=alt.Y("entropy:Q", title="Mean entropy (nats)"),
            color=alt.Color("change:N", title=None, scale=alt.Scale(range=[BLUE, GREEN])),
            strokeDash=alt.StrokeDash("change:N", title=None),
            tooltip=[
                alt.Tooltip("change:N", title="Changed"),
                alt.Tooltip("factor:Q", title="Factor"),
                alt.Tooltip("entropy:Q", title="Mean entropy (nats)", format=".2f"),
            ],
        )
    )
    return finish(
        chart,
        title="A larger scale is a higher temperature",
        description=(
            "Two lines. Across: a factor, on a logarithmic axis. Up: mean entropy in nats. One "
            "line multiplies the final scale by the factor, the other divides the logits by it. "
            "Both rise together; what separates them is the bias of the logits."
        ),
    )


def _token_bars(frame: pd.DataFrame, chosen: str) -> alt.LayerChart:
    """Bars of the rows that a Vega expression chooses, with the entropy in the corner."""
    base = alt.Chart(frame).transform_filter(chosen)
    bars = base.mark_bar().encode(
        x=alt.X("probability:Q", title="Probability", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("token:N", title="Next token", sort=alt.EncodingSortField("rank", op="min")),
        tooltip=TOKEN_TOOLTIPS,
    )
    entropy = (
        base.transform_filter("datum.rank === 1")
        .transform_calculate(label="'entropy ' + format(datum.entropy, '.2f') + ' nats'")
        .mark_text(align="right", baseline="bottom", fontSize=14, dx=-4, dy=-4)
        .encode(x=alt.value("width"), y=alt.value("height"), text="label:N", tooltip=TOKEN_TOOLTIPS)
    )
    return alt.LayerChart(layer=[bars, entropy])
