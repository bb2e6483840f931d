"""The unigram distribution as a place to go to: how near, who carries it, what pushes along it."""

import pandas as pd

from confidence_neurons.charts import Axis, bands, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.frequency_direction.carriers import COMMON, FREQUENT, NEVER, RARE

CLASSES = [FREQUENT, COMMON, RARE, NEVER]
DISTANCES = {
    "kl": "KL(P_freq || P_model)",
    "kl_reverse": "KL(P_model || P_freq)",
    "kl_shuffled": "control: KL(shuffled P_freq || P_model)",
}


def distance_chart(levels: pd.DataFrame) -> Drawn:
    """Entropy against the distance to the unigram distribution, one point per token.

    `levels` has rows of `read` with two more columns: `text`, and
    `kl_shuffled`, the distance to shuffled counts.
    """
    named = levels[["text", "entropy", *DISTANCES]].rename(columns=DISTANCES)
    return neurons(
        named.melt(["text", "entropy"], var_name="distance", value_name="nats"),
        x=Axis("entropy", "entropy of the prediction (nats)"),
        y=Axis("nats", "distance (nats)", zero=True),
        group="text",
        choose={"distance": "Distance"},
        title="How sure, and how near to the unigram distribution?",
        description=(
            "Scatter plot, one point per token. Across: entropy of the prediction in nats. Up: "
            "its distance to the unigram distribution in nats; a switch chooses the distance. "
            "Colour and shape tell the texts apart."
        ),
    )


def carriers_chart(
    table: pd.DataFrame, vectors: list[str], title: str = "Who raises frequent tokens?"
) -> Drawn:
    """Logits against token frequency, one point per token of the vocabulary.

    `table` comes from `carriers.vocabulary_table`; `vectors` names
    its columns of logits, among which a menu chooses.
    """
    keys = ["token", "class", "log_frequency"]
    return neurons(
        by_class(table)[[*keys, *vectors]].melt(keys, vectors, "source", "logit"),
        x=Axis("log_frequency", "log frequency of the token (nats)"),
        y=Axis("logit", "logit, centred"),
        group="class",
        choose={"source": "Logits"},
        details={"token": "token"},
        title=title,
        description=(
            "Scatter plot over tokens of the vocabulary. Across: natural logarithm of the "
            "token's frequency in the training text. Up: its logit, for the source that a menu "
            "chooses, such as the bias of the logits or what a neuron writes. Colour and shape "
            "tell frequent tokens from rare ones and from those hardly ever seen. A source that "
            "carries frequency shows a slope."
        ),
    )


def scale_limit_chart(limits: pd.DataFrame) -> Drawn:
    """Distance to the unigram distribution as the final scale grows, with several biases.

    `limits` comes from `carriers.scale_limit`, finite factors only.
    """
    return bands(
        limits,
        x=Axis("factor", "final scale, as a multiple of its own", scale="log"),
        y=Axis("kl", "KL(P_freq || P_model), mean (nats)", zero=True),
        group="bias",
        details={"entropy": "entropy (nats)"},
        title="Where does a growing scale lead?",
        description=(
            "Line chart. Across, on a logarithmic axis: the factor by which the final scale is "
            "multiplied. Up: mean KL divergence from the unigram distribution to the model's, in "
            "nats. One line for each bias of the logits."
        ),
    )


def by_class(frame: pd.DataFrame) -> pd.DataFrame:
    """With its classes of tokens in their order, so that each looks the same in every chart."""
    return frame.assign(**{"class": pd.Categorical(frame["class"], CLASSES)})
