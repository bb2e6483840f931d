"""The unigram distribution as a place to go to: how near, who carries it, what pushes along it."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, finish
from confidence_neurons_book.frequency_direction.carriers import COMMON, FREQUENT, NEVER, RARE

DISTANCES = {
    "kl": "KL(P_freq || P_model)",
    "kl_reverse": "KL(P_model || P_freq)",
    "kl_shuffled": "control: KL(shuffled P_freq || P_model)",
}
CLASSES = alt.Scale(domain=[FREQUENT, COMMON, RARE, NEVER], range=[ORANGE, BLUE, GREEN, GREY])
SHAPES = alt.Scale(
    domain=[FREQUENT, COMMON, RARE, NEVER], range=["square", "circle", "triangle-up", "cross"]
)


def distance_chart(levels: pd.DataFrame) -> alt.Chart:
    """Entropy against the distance to the unigram distribution, one point per token.

    `levels` has rows of `frequency.levels.token_levels` with two more columns:
    `text`, and `kl_shuffled`, the distance to shuffled counts.
    """
    names = list(DISTANCES.values())
    choice = buttons("distance", "Distance", names)
    shown = levels[["text", "entropy", *DISTANCES]].round(2).rename(DISTANCES, axis=1)
    chart = (
        alt.Chart(shown)
        .transform_fold([*names], as_=["kind", "value"])
        .transform_filter("datum.kind === distance")
        .mark_point(filled=True, size=18, opacity=0.5)
        .encode(
            x=alt.X("entropy:Q", title="entropy of the prediction (nats)"),
            y=alt.Y("value:Q", title="distance (nats)"),
            color=alt.Color("text:N", sort=list(levels["text"].unique()), title="text"),
            tooltip=[
                "text:N",
                alt.Tooltip("entropy:Q", title="entropy (nats)"),
                alt.Tooltip("value:Q", title="distance (nats)"),
            ],
        )
        .add_params(choice)
    )
    return finish(
        chart,
        title="The less sure, the nearer to the unigram distribution",
        description=(
            "Scatter plot, one point per token. Across: entropy of the prediction in nats. Up: "
            "its distance to the unigram distribution in nats; a switch chooses the distance. "
            "Colour tells the texts apart. The distance falls as entropy rises, and for both "
            "real distances it comes close to zero on the right. For the shuffled counts it "
            "stays high."
        ),
    )


def carriers_chart(
    table: pd.DataFrame, vectors: list[str], title: str = "Who raises frequent tokens?"
) -> alt.Chart:
    """Logits against token frequency, one point per token of the vocabulary.

    `table` comes from `frequency.carriers.vocabulary_table`; `vectors` names
    its columns of logits, among which a menu chooses.
    """
    choice = menu("carrier", "Logits", vectors)
    shown = table[["token", "class", "log_frequency", *vectors]].round(2)
    chart = (
        alt.Chart(shown)
        .transform_fold([*vectors], as_=["vector", "logit"])
        .transform_filter("datum.vector === carrier")
        .mark_point(filled=True, size=22, opacity=0.7)
        .encode(
            x=alt.X(
                "log_frequency:Q",
                scale=alt.Scale(zero=False),
                title="log frequency of the token (nats)",
            ),
            y=alt.Y("logit:Q", title="logit, centred"),
            color=alt.Color("class:N", scale=CLASSES, title="token"),
            shape=alt.Shape("class:N", scale=SHAPES, title="token"),
            tooltip=[
                "token:N",
                "class:N",
                alt.Tooltip("log_frequency:Q", title="log frequency"),
                alt.Tooltip("logit:Q", format=".2f"),
            ],
        )
        .add_params(choice)
    )
    return finish(
        chart,
        title=title,
        description=(
            "Scatter plot over tokens of the vocabulary. Across: natural logarithm of the "
            "token's frequency in the training text. Up: its logit, for the source that a menu "
            "chooses, such as the bias of the logits or what a neuron writes. Colour and shape "
            "tell frequent tokens from rare ones and from those hardly ever seen. A source that "
            "carries frequency shows a slope."
        ),
    )


def scale_limit_chart(limits: pd.DataFrame) -> alt.Chart:
    """Distance to the unigram distribution as the final scale grows, with several biases.

    `limits` comes from `frequency.carriers.scale_limit`, finite factors only.
    """
    names = list(limits["bias"].unique())
    chart = (
        alt.Chart(limits.round(3))
        .mark_line(point=alt.OverlayMarkDef(size=22))
        .encode(
            x=alt.X(
                "factor:Q",
                scale=alt.Scale(type="log"),
                title="final scale, as a multiple of its own",
            ),
            y=alt.Y("kl:Q", title="KL(P_freq || P_model), mean (nats)"),
            color=alt.Color(
                "bias:N",
                scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREEN, PINK, AMBER]),
                title="bias of the logits",
            ),
            tooltip=[
                alt.Tooltip("bias:N", title="bias"),
                alt.Tooltip("factor:Q", title="scale, multiple of its own"),
                alt.Tooltip("kl:Q", title="KL (nats)"),
                alt.Tooltip("entropy:Q", title="entropy (nats)"),
            ],
        )
    )
    return finish(
        chart,
        title="Where does a growing scale lead?",
        description=(
            "Line chart. Across, on a logarithmic axis: the factor by which the final scale is "
            "multiplied. Up: mean KL divergence from the unigram distribution to the model's, in "
            "nats. One line for each bias of the logits. With the model's own bias the curve ends "
            "lower than without a bias or with a random one, but not at zero."
        ),
    )
