"""Single neurons: a text coloured by what a neuron does, its loss changes, one prediction."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours
from confidence_neurons.charts.menus import buttons, menu
from confidence_neurons.charts.theme import BLUE, INK_ON_LIGHT, ORANGE, SKY, finish
from confidence_neurons_book.entropy_neurons.stories import FROZEN, LINE_CHARACTERS, WITH, WITHOUT

PANEL_WIDTH = 290
LINE_HEIGHT = 20
CHARACTER_SHARE = 0.92
MEASURES = {
    "activation": "activation",
    "entropy_added": "entropy added",
    "loss_added": "loss added",
}


def story_chart(stories: pd.DataFrame, labels: dict[int, str]) -> alt.VConcatChart:
    """Texts set in lines, each token on a background that says what the chosen neuron does there.

    Parameters
    ----------
    stories:
        From `stories.neuron_stories`.
    labels:
        What the menu calls each neuron, in its order.
    """
    lists = ["text", "token", "line", "start", "end", "entropy", *MEASURES]
    packed = _packed(stories, labels, lists)
    for measure in MEASURES:
        packed[f"{measure}_largest"] = [max(map(abs, each)) or 1 for each in packed[measure]]
    names = list(labels.values())
    neuron = menu("story_neuron", "Neuron", names)
    options = list(MEASURES)
    measure = buttons("story_measure", "Colour", options, labels=list(MEASURES.values()))
    base = (
        alt.Chart(packed)
        .transform_filter("datum.label === story_neuron")
        .transform_flatten([*lists])
        .transform_calculate(
            shade="datum[story_measure] / datum[story_measure + '_largest']",
        )
    )
    panels = [_text_panel(base, stories, name) for name in dict.fromkeys(stories["text"])]
    return finish(
        alt.vconcat(*panels).add_params(neuron, measure),
        title="Where the neuron fires, and what it adds",
        description=(
            "Texts set in lines, one panel per text. The background of each token shows, for the "
            "chosen neuron, its activation there, the entropy it adds to the prediction made "
            "there, or the loss it adds: orange for positive values, blue for negative ones, "
            "white for zero, the strongest colour for the neuron's largest value in these texts. "
            "Most entropy neurons stay pale on clean text; four of them are strongly coloured on "
            "noise."
        ),
        height=None,
    )


def _text_panel(base: alt.Chart, stories: pd.DataFrame, text: str) -> alt.LayerChart:
    lines = int(stories.loc[stories["text"] == text, "line"].max()) + 1
    here = base.transform_filter(alt.datum.text == text)
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, LINE_CHARACTERS + 1], nice=False))
    y = alt.Y("line:O", axis=None)
    tooltip = [
        alt.Tooltip("token:N"),
        alt.Tooltip("activation:Q", format=".2f"),
        alt.Tooltip("entropy:Q", title="entropy here (nats)", format=".2f"),
        alt.Tooltip("entropy_added:Q", title="entropy added (nats)", format="+.3f"),
        alt.Tooltip("loss_added:Q", title="loss added (nats)", format="+.3f"),
    ]
    ground = here.mark_rect().encode(
        x=x,
        x2="end:Q",
        y=y,
        color=alt.Color(
            "shade:Q",
            scale=alt.Scale(domain=[-1, 0, 1], range=[BLUE, "#ffffff", ORANGE], interpolate="rgb"),
            legend=alt.Legend(title="as a share of the neuron's largest value", gradientLength=160),
        ),
        tooltip=tooltip,
    )
    words = here.mark_text(align="left", font="monospace", fontSize=10.5, dx=1).encode(
        x=x, y=y, text="token:N", tooltip=tooltip, color=alt.value(INK_ON_LIGHT)
    )
    return alt.LayerChart(
        layer=[ground, words],
        width=PANEL_WIDTH,
        height=LINE_HEIGHT * lines,
        title=alt.Title(text, fontSize=12, anchor="start"),
    )


def _packed(frame: pd.DataFrame, labels: dict[int, str], columns: list[str]) -> pd.DataFrame:
    """One row per neuron, with a list for each column: names of columns are written once."""
    shown = frame.round(3).assign(label=[labels[neuron] for neuron in frame["neuron"]])
    return pd.DataFrame(shown.groupby("label", sort=False, as_index=False)[columns].agg(list))


def loss_change_chart(effects: pd.DataFrame, labels: dict[int, str]) -> alt.Chart:
    """Change of loss against the clean loss at single tokens, coloured by reciprocal rank.

    `effects` comes from `ablation.token_effects`, thinned to a sample.
    """
    columns = ["loss", "loss_total", "entropy_total", "reciprocal_rank"]
    packed = _packed(effects, labels, columns)
    names = list(labels.values())
    choice = menu("loss_neuron", "Neuron", names)
    chart = (
        alt.Chart(packed)
        .transform_filter("datum.label === loss_neuron")
        .transform_flatten([*columns])
        .mark_point(filled=True, size=28, opacity=0.8)
        .encode(
            x=alt.X("loss:Q", title="loss with the neuron (nats)"),
            y=alt.Y("loss_total:Q", title="change of loss without it (nats)"),
            color=alt.Color(
                "reciprocal_rank:Q",
                title="reciprocal rank",
                scale=alt.Scale(scheme="viridis", domain=[0, 1]),
            ),
            tooltip=[
                alt.Tooltip("loss:Q", title="loss (nats)", format=".2f"),
                alt.Tooltip("loss_total:Q", title="change of loss (nats)", format="+.3f"),
                alt.Tooltip("entropy_total:Q", title="change of entropy (nats)", format="+.3f"),
                alt.Tooltip("reciprocal_rank:Q", title="reciprocal rank", format=".3f"),
            ],
        )
        .add_params(choice)
    )
    return finish(
        chart,
        title="Less loss at likely tokens, more at unlikely",
        description=(
            "Scatter plot, a point per token of noisy text, for the chosen neuron. Across: the "
            "loss with the neuron. Up: how the loss changes when the neuron is held at its mean "
            "on clean text. Colour: the reciprocal rank of the right token, 1 where it is the "
            "first choice. Points of high rank lie below zero at the left, points of low rank "
            "above zero at the right."
        ),
    )


def prediction_chart(predictions: pd.DataFrame) -> alt.Chart:
    """Probabilities of the likeliest tokens with a neuron, without it, and with the scale frozen.

    `predictions` comes from `stories.predictions_without`.
    """
    marked = predictions.assign(
        shown=predictions["token"].where(~predictions["target"], predictions["token"] + " (next)")
    )
    states = [WITH, WITHOUT, FROZEN]
    chart = (
        alt.Chart(marked.round(5))
        .mark_bar()
        .encode(
            x=alt.X("probability:Q", title="probability"),
            y=alt.Y("shown:N", sort=None, title="next token", axis=alt.Axis(labelLimit=110)),
            yOffset=alt.YOffset("state:N", sort=states),
            color=alt.Color(
                "state:N",
                sort=states,
                scale=alt.Scale(domain=states, range=[BLUE, ORANGE, SKY]),
                legend=alt.Legend(title=None, columns=1),
            ),
            tooltip=[
                alt.Tooltip("state:N", title="state"),
                alt.Tooltip("token:N"),
                alt.Tooltip("rank:Q"),
                alt.Tooltip("probability:Q", format=".4f"),
                alt.Tooltip("entropy:Q", title="entropy (nats)", format=".2f"),
            ],
        )
    )
    return finish(
        chart,
        height=36 * len(set(predictions["token"])),
        title="One prediction, with the neuron and without it",
        description=(
            "Grouped horizontal bars, three per token: the probability of the likeliest next "
            "tokens with the neuron, without it, and without it but with the scale of the final "
            "norm kept. The token that comes next is marked. Without the neuron the likeliest "
            "token gains; with the scale kept the bars hardly move."
        ),
    )


def noise_chart(activations: pd.DataFrame) -> alt.LayerChart:
    """Mean activation against the share of noise, a thin line per neuron, a thick one per group.

    `activations` comes from `stories.activations_by_noise`, with a column `group`.
    """
    names = list(dict.fromkeys(activations["group"]))
    colour = alt.Color("group:N", sort=names, title=None, scale=group_colours(names))
    base = alt.Chart(activations.round(3)).encode(
        x=alt.X("rate:Q", title="share of tokens replaced by noise").axis(format="%"),
        color=colour,
    )
    thin = base.mark_line(opacity=0.35, strokeWidth=1.2).encode(
        y=alt.Y("activation:Q", title="mean activation"),
        detail="neuron:N",
        tooltip=[
            alt.Tooltip("neuron:Q"),
            alt.Tooltip("group:N"),
            alt.Tooltip("rate:Q", format=".0%", title="replaced"),
            alt.Tooltip("activation:Q", format=".2f"),
        ],
    )
    thick = base.mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=45)).encode(
        y="mean(activation):Q",
        strokeDash=alt.StrokeDash("group:N", sort=names, legend=None),
        tooltip=[
            alt.Tooltip("group:N"),
            alt.Tooltip("rate:Q", format=".0%", title="replaced"),
            alt.Tooltip("mean(activation):Q", format=".2f", title="mean activation"),
        ],
    )
    return finish(
        alt.LayerChart(layer=[thin, thick]),
        title="Asleep on prose, awake on noise",
        description=(
            "Line chart. Across: the share of the tokens that was replaced by noise. Up: the mean "
            "activation. A thin line per neuron and a thick one per group. The entropy neurons "
            "rise from about zero on clean prose; the neurons of the control groups mostly stay "
            "low."
        ),
    )
