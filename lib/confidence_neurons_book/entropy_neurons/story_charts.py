"""Single neurons: a text coloured by what a neuron does, its loss changes, one prediction."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, bars, buttons, finish, neurons
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import LESS_NONE_MORE
from confidence_neurons_book.entropy_neurons.stories import LINE_CHARACTERS

PANEL_WIDTH = 290
LINE_HEIGHT = 20
NOTHING = 1e-9  # a share this small has no ground
MEASURES = {
    "activation": "activation",
    "entropy_added": "entropy added",
    "loss_added": "loss added",
}


def story_chart(stories: pd.DataFrame, labels: dict[int, str]) -> alt.VConcatChart:
    """Texts set in lines, each token on a ground that says what the chosen neuron does there.

    Parameters
    ----------
    stories:
        From `stories.neuron_stories`.
    labels:
        What the menu calls each neuron, in its order.
    """
    shown = _labelled(stories, labels)
    for measure in MEASURES:
        sizes = shown.groupby("label")[measure].transform(lambda values: values.abs().max())
        shown[f"{measure} as a share"] = shown[measure] / sizes.where(sizes > 0, 1)
    chooser = Chooser.of(shown, {"label": "Neuron"})
    measure = buttons("chosen_measure", "Colour", list(MEASURES.values()))
    panels = [
        _text_panel(chooser, shown[shown["text"] == name], name)
        for name in dict.fromkeys(shown["text"])
    ]
    return finish(
        alt.vconcat(*panels).add_params(*chooser.parameters, measure),
        title="Where the neuron fires, and what it adds",
        description=(
            "Texts set in lines, one panel per text. The ground of each token shows, for the "
            "chosen neuron, its activation there, the entropy it adds to the prediction made "
            "there, or the loss it adds: orange for positive values, blue for negative ones, none "
            "for zero, the strongest colour for the neuron's largest value in these texts."
        ),
    )


def _text_panel(chooser: Chooser, tokens: pd.DataFrame, name: str) -> alt.LayerChart:
    columns = ["token", "line", "start", "end", "entropy", *MEASURES]
    shares = [f"{measure} as a share" for measure in MEASURES]
    names = list(MEASURES.values())
    here = chooser.chart(tokens, [*columns, *shares]).transform_calculate(
        share=f"datum[{shares}[indexof({names}, chosen_measure)]]"
    )
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, LINE_CHARACTERS + 1], nice=False))
    y = alt.Y("line:O", axis=None)
    tooltip = [
        alt.Tooltip("token:N"),
        alt.Tooltip("activation:Q", format=".2f"),
        alt.Tooltip("entropy:Q", title="entropy here (nats)", format=".2f"),
        alt.Tooltip("entropy_added:Q", title="entropy added (nats)", format="+.3f"),
        alt.Tooltip("loss_added:Q", title="loss added (nats)", format="+.3f"),
    ]
    scale = alt.Scale(domain=[-1, -NOTHING, NOTHING, 1], range=LESS_NONE_MORE, interpolate="rgb")
    ground = here.mark_rect().encode(
        x=x,
        x2="end:Q",
        y=y,
        color=alt.Color(
            "share:Q",
            scale=scale,
            legend=alt.Legend(title="as a share of the neuron's largest value", values=[-1, 0, 1]),
        ),
        tooltip=tooltip,
    )
    words = here.mark_text(align="left", font="monospace", fontSize=10.5, dx=1).encode(
        x=x, y=y, text="token:N", tooltip=tooltip
    )
    return alt.LayerChart(
        layer=[ground, words],
        width=PANEL_WIDTH,
        height=LINE_HEIGHT * (int(tokens["line"].max()) + 1),
        title=alt.Title(name, fontSize=12, anchor="start"),
    )


def loss_change_chart(
    effects: pd.DataFrame, labels: dict[int, str]
) -> alt.LayerChart | alt.VConcatChart:
    """Change of loss against the clean loss at single tokens, coloured by reciprocal rank.

    `effects` comes from `token_effects`, thinned to a sample.
    """
    shown = effects.assign(reciprocal_rank=1 / effects["rank"])
    return neurons(
        _labelled(shown, labels),
        x=Axis("loss", "loss with the neuron (nats)"),
        y=Axis("loss_total", "change of loss without it (nats)"),
        coloured_by=Axis("reciprocal_rank", "reciprocal rank", domain=(0, 1)),
        choose={"label": "Neuron"},
        details={"entropy_total": "change of entropy (nats)"},
        title="Which tokens lose, which gain?",
        description=(
            "Scatter plot, a point per token, for the chosen neuron. Across: the loss with the "
            "neuron. Up: how the loss changes when the neuron is held at its mean on clean text. "
            "Colour, from blue to orange: the reciprocal rank of the right token, 1 where it is "
            "the first choice."
        ),
    )


def prediction_chart(predictions: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """Probabilities of the likeliest tokens with a neuron, without it, and with the scale frozen.

    `predictions` comes from `stories.predictions_without`.
    """
    coming = predictions["token"] + " (next)"
    return bars(
        predictions.assign(shown=predictions["token"].where(~predictions["target"], coming)),
        x=Axis("probability", "probability"),
        category=Category("shown", "next token"),
        group="state",
        details={"rank": "rank", "entropy": "entropy (nats)"},
        title="One prediction, with the neuron and without it",
        description=(
            "Grouped horizontal bars, three per token: the probability of the likeliest next "
            "tokens with the neuron, without it, and without it but with the scale of the final "
            "norm kept. The token that comes next is marked."
        ),
    )


def noise_chart(activations: pd.DataFrame) -> alt.LayerChart | alt.VConcatChart:
    """Mean activation against the share of noise, a thin line per neuron, a thick one per group.

    `activations` comes from `stories.activations_by_noise`, with a column `group`.
    """
    return bands(
        activations[["rate", "neuron", "group", "activation"]],
        x=Axis("rate", "share of tokens replaced by noise", format="%"),
        y=Axis("activation", "mean activation"),
        group="group",
        member="neuron",
        title="Activation as prose turns into noise",
        description=(
            "Line chart. Across: the share of the tokens that was replaced by noise. Up: the mean "
            "activation. A thin line per neuron and a thick one per group."
        ),
    )


def _labelled(frame: pd.DataFrame, labels: dict[int, str]) -> pd.DataFrame:
    return frame.assign(label=frame["neuron"].map(labels))
