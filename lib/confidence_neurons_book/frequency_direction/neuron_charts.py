"""Token frequency neurons: how strong, by which path, on which tokens."""

import pandas as pd

from confidence_neurons.charts import Axis, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.groups.names import OTHERS
from confidence_neurons_book.frequency_direction.carrier_charts import by_class

MEASURES = {
    "KL(P_freq || P_model)": ("kl_total", "frequency_mediated"),
    "loss": ("loss_total", "loss_frequency_mediated"),
    "entropy": ("entropy_total", "entropy_frequency_mediated"),
}
ADDED = {
    "loss_added": "loss",
    "kl_added": "KL(P_freq || P_model)",
    "entropy_added": "entropy",
}
SMALLEST = 0.02
LOWEST = -0.5


def mediation_chart(effects: pd.DataFrame) -> Drawn:
    """Frequency-mediated share against the size of the effect, one point per neuron.

    `effects` holds frames of `scan` with frequency columns, each with
    a column `measured` that says on what, and `group`. Shares below -0.5 stand
    at the left edge; of the neurons in no group those whose effects are all
    below 2 % of the largest are left out.
    """
    frames = []
    large = effects["group"] != OTHERS
    keys = ["neuron", "group", "measured", "frequency_cosine", "null_fraction"]
    for name, (effect, share) in MEASURES.items():
        frames.append(
            effects[keys].assign(quantity=name, effect=effects[effect], share=effects[share])
        )
        largest = effects.groupby("measured")[effect].transform("max")
        large |= effects[effect] / largest > SMALLEST
    shown = pd.concat(frame[large] for frame in frames)
    shown = shown[shown["effect"] > 0]
    return neurons(
        shown.assign(shown=shown["share"].clip(lower=LOWEST)),
        x=Axis("shown", f"share of the effect mediated by u (lower ones at {LOWEST})"),
        y=Axis("effect", "mean absolute effect (nats)", scale="log"),
        group="group",
        choose={"measured": "Measured on", "quantity": "Effect on"},
        details={
            "neuron": "neuron",
            "share": "share mediated by u, as measured",
            "frequency_cosine": "cosine with u",
            "null_fraction": "null-space fraction",
        },
        title="Token frequency neurons by effect and mediation",
        description=(
            "Scatter plot, one point per neuron of the last layer. Across: the share of its "
            "effect that the frequency direction mediates. Up, on a logarithmic axis: its mean "
            "absolute effect in nats. Switches choose the text and whether the effect is on the "
            "distance to the unigram distribution, on loss or on entropy. Frequency neurons, "
            "entropy neurons and all others differ in colour and shape."
        ),
    )


def story_chart(story: pd.DataFrame, neuron: int) -> Drawn:
    """Activation against what the neuron adds to the loss, by the frequency of the target.

    `story` has one row per token: `activation`, `loss_added`, `kl_added`,
    `entropy_added`, `class` of the target, `at` and `next` (labels); see
    `frequency_story`.
    """
    keys = ["activation", "class", "at", "next"]
    named = by_class(story)[[*keys, *ADDED]].rename(columns=ADDED)
    return neurons(
        named.melt(keys, var_name="quantity", value_name="added"),
        x=Axis("activation", f"activation of neuron {neuron}"),
        y=Axis("added", "what the neuron adds (nats)"),
        group="class",
        choose={"quantity": "Added to"},
        details={"at": "at token", "next": "next token"},
        title=f"What neuron {neuron} adds, token by token",
        description=(
            "Scatter plot, one point per token. Across: activation of the neuron. Up: what the "
            "neuron adds to the loss, the distance to the unigram distribution or the entropy, "
            "in nats; a switch chooses. Colour and shape say how frequent the next token is."
        ),
    )
