"""The unigram distribution as a place to go to: two opinions, a push, a cloud, and heat."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bars, dots, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.frequency_direction.unigrams import CLASSES

KL = "KL(P_freq || P_model) (nats)"


def vocabulary_chart(frame: pd.DataFrame) -> Drawn:
    """Both frequencies of each token; frames of `unigrams.vocabulary`."""
    return neurons(
        frame.assign(**{"class": pd.Categorical(frame["class"], CLASSES)}),
        x=Axis("counted", "log of the share in the books (nats)"),
        y=Axis("own", "log of the model's mean prediction (nats)"),
        group="class",
        details={"token": "token"},
        diagonal="rising",
        title="Two opinions on what is frequent",
        description=(
            "Scatter plot, one point per token of the vocabulary. Across: natural logarithm of "
            "its share in a collection of old books. Up: natural logarithm of the probability "
            "that the model gives it on average. A dashed line shows where both agree. Colour "
            "and shape tell frequent tokens from rare ones. Both rise together, with a wide "
            "scatter, and tokens that never stand in the books form a column at the left."
        ),
    )


def pushed_chart(frame: pd.DataFrame, text: str) -> Drawn:
    """A prediction pushed along u by a slider; frames of `steering.pushed`."""
    return bars(
        frame,
        x=Axis("probability", "probability of the next token", domain=(0, 0.35)),
        category=Category("token", "next token, frequent ones above"),
        slide={"power": "Power of the frequency"},
        initially={"power": 0.0},
        corner="corner",
        title=f"Towards frequent tokens, or away: “{text} …”",
        description=(
            "Bar chart with a slider. Rows: tokens that may come next, the most frequent one "
            "above. Across: their probability. The slider multiplies each probability by a power "
            "of the token's frequency: to the right frequent tokens gain, to the left rare ones. "
            "The corner gives entropy and KL divergence."
        ),
    )


def cloud_chart(levels: pd.DataFrame) -> Drawn:
    """Entropy against the distance to one of several unigram distributions, a point per token.

    `levels` has `entropy`, `unigram` and `kl`.
    """
    return neurons(
        levels[["unigram", "entropy", "kl"]],
        x=Axis("entropy", "entropy of the prediction (nats)"),
        y=Axis("kl", KL, zero=True),
        choose={"unigram": "P_freq"},
        details={},
        height=300,
        title="Less sure, and nearer to any unigram distribution",
        description=(
            "Scatter plot, one point per token of the passages. Across: entropy of the "
            "prediction. Up: KL divergence from the unigram distribution to it, in nats. A menu "
            "chooses the unigram distribution: counted, the model's own, or one of shuffled "
            "counts. All three clouds fall, the shuffled one most steeply."
        ),
    )


def heat_chart(found: pd.DataFrame, title: str) -> Drawn:
    """Distances on several texts beside heat; frames of `nearness.beside_heat` with `model`."""
    columns = ["model", "text", "predictions", "quantity", "estimate", "low", "high"]
    return dots(
        found.loc[found["quantity"] != "entropy", columns],
        x=Axis("estimate", KL),
        category=Category("text", ""),
        group="predictions",
        choose={"model": "Model", "quantity": "P_freq"},
        title=title,
        description=(
            "Dots with intervals, in rows. Rows: the least sure third of the predictions on the "
            "passages, the passages with their tokens shuffled, and noise. Across: mean KL "
            "divergence from the unigram distribution, in nats. Colour and shape: what the model "
            "predicts there, and predictions that it was sure of, heated to the same mean "
            "entropy. Menus choose the model and the unigram distribution."
        ),
    )
