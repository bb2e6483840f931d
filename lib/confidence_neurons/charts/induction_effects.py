"""Charts of what ablations do on repeated sequences: neurons, heads, broken repeats."""

from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, finish

PANEL_WIDTH = 230
ROW = 26
CLIP_PANELS = {
    "entropy": "change of entropy (nats)",
    "loss": "change of loss (nats)",
    "confidence if wrong": "change of confidence where wrong",
}
HEAD_PANELS = {
    "loss": "loss (nats)",
    "entropy": "entropy (nats)",
    "activation": "activation of the neuron",
}
BREAK_PANELS = {
    "confidence": "confidence",
    "loss": "loss (nats)",
    "entropy": "entropy (nats)",
    "scale": "final scale",
    "activation": "mean activation",
}


def clip_chart(effects: pd.DataFrame) -> alt.VConcatChart:
    """Clip ablation of sets of neurons: each neuron alone, and all of a set together.

    `effects` holds frames of `induction.neuron_effects`, each with a column
    `experiment`, among which a menu chooses.
    """
    shown = effects.loc[effects["quantity"].isin(list(CLIP_PANELS))].copy()
    shown["ablated neurons"] = [
        "one neuron" if known else "all of the set" for known in shown["neuron"].notna()
    ]
    shown["neuron"] = _names(shown["neuron"])
    columns = ["experiment", "set", "quantity", "neuron", "ablated neurons"]
    shown = shown[[*columns, "clean", "ablated", "change", "low", "high"]].round(4)
    experiments = list(shown["experiment"].unique())
    menu = alt.param(
        name="clip_experiment",
        value=experiments[0],
        bind=alt.binding_radio(options=experiments, name="Experiment: "),
    )
    sets = list(shown["set"].unique())
    panels = []
    for quantity, title in CLIP_PANELS.items():
        base = alt.Chart(shown).transform_filter(
            f"datum.experiment === clip_experiment && datum.quantity === '{quantity}'"
        )
        y = alt.Y("set:N", sort=sets, title=None)
        rule = base.mark_rule(strokeWidth=2, color=GREY).encode(
            x=alt.X("low:Q", title=title), x2="high:Q", y=y
        )
        points = base.mark_point(filled=True, opacity=0.8).encode(
            x="change:Q",
            y=y,
            color=alt.Color(**_ablated([BLUE, ORANGE])),
            shape=alt.Shape(**_ablated(["circle", "diamond"])),
            size=alt.Size(**_ablated([30, 110])),
            tooltip=[
                "set:N",
                alt.Tooltip("ablated neurons:N"),
                "neuron:N",
                alt.Tooltip("clean:Q", format=".3f"),
                alt.Tooltip("ablated:Q", format=".3f"),
                alt.Tooltip("change:Q", format="+.3f"),
                alt.Tooltip("low:Q", title="95 % from", format="+.3f"),
                alt.Tooltip("high:Q", title="to", format="+.3f"),
            ],
        )
        panels.append(
            alt.LayerChart(layer=[rule, points], width=PANEL_WIDTH, height=ROW * len(sets))
        )
    return finish(
        alt.vconcat(*panels).add_params(menu),
        title="Clip ablation: one by one, and together",
        description=(
            "Three dot plots with one row per set of neurons. Across: the change of entropy, of "
            "loss, and of the confidence at places where the model is wrong. Small dots are single "
            "neurons, a diamond the whole set, with its confidence interval. Entropy neurons held "
            "at their level of the first copy make the second copy uncertain; together they do far "
            "more than one by one, and control sets do little."
        ),
        height=None,
    )


def heads_effect_chart(effects: pd.DataFrame) -> alt.VConcatChart:
    """Loss, entropy and a chosen neuron on the second copy, with sets of heads switched off.

    `effects` comes from `induction.head_effects`, with a column `kind` that
    groups the sets. A dashed rule marks the model left alone.
    """
    shown = effects.loc[effects["quantity"].isin(list(HEAD_PANELS))].copy()
    shown["from"], shown["to"] = shown["clean"] + shown["low"], shown["clean"] + shown["high"]
    neurons = shown["neuron"].dropna().unique().tolist()
    shown["neuron"] = _names(shown["neuron"])
    columns = ["set", "kind", "quantity", "neuron", "clean", "ablated", "from", "to"]
    shown = shown[columns].round(3)
    menu = alt.param(
        name="heads_neuron",
        value=str(neurons[0]),
        bind=alt.binding_select(options=list(map(str, neurons)), name="Neuron: "),
    )
    sets, kinds = list(shown["set"].unique()), list(shown["kind"].unique())
    panels = []
    for quantity, title in HEAD_PANELS.items():
        rows = f"datum.quantity === '{quantity}'"
        if quantity == "activation":
            rows += " && datum.neuron === heads_neuron"
        base = alt.Chart(shown).transform_filter(rows)
        y = alt.Y("set:N", sort=sets, title=None)
        left_alone = base.mark_rule(strokeDash=[4, 4], color=GREY).encode(x="mean(clean):Q")
        interval = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("from:Q", title=title), x2="to:Q", y=y
        )
        points = base.mark_point(filled=True, size=70, opacity=0.9).encode(
            x="ablated:Q",
            y=y,
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds)),
            shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds)),
            tooltip=[
                alt.Tooltip("set:N", title="switched off"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("clean:Q", title="left alone", format=".2f"),
                alt.Tooltip("ablated:Q", title="switched off", format=".2f"),
                alt.Tooltip("from:Q", title="95 % from", format=".2f"),
                alt.Tooltip("to:Q", format=".2f"),
            ],
        )
        panels.append(
            alt.LayerChart(
                layer=[left_alone, interval, points],
                width=PANEL_WIDTH - 20,
                height=(ROW - 10) * len(sets),
            )
        )
    return finish(
        alt.vconcat(*panels).add_params(menu),
        title="The second copy with heads switched off",
        description=(
            "Three dot plots with one row per set of heads that look at BOS only. Across: loss, "
            "entropy, and the activation of the neuron that a menu chooses, all on the second "
            "copy, with confidence intervals. A dashed rule marks the model left alone. Without "
            "the induction heads, or the previous-token head, all three are as high as on the "
            "first copy; other heads change little."
        ),
        height=None,
    )


def breaks_chart(around: pd.DataFrame, level: float) -> alt.VConcatChart:
    """What the model does just before and after a token that breaks the repeat.

    Parameters
    ----------
    around:
        From `induction.broken.around_breaks`.
    level:
        Mean activation of the same neurons on the first copy, which a dashed
        rule marks.
    """
    names = list(around["sequence"].unique())
    base = alt.Chart(around.round(3))
    panels = []
    for quantity, title in BREAK_PANELS.items():
        chosen = base.transform_filter(f"datum.quantity === '{quantity}'").encode(
            x=alt.X("offset:Q", title="tokens after the break", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("sequence:N", sort=names, title="repeat"),
        )
        area = chosen.mark_area(opacity=0.25).encode(y="low:Q", y2="high:Q")
        line = chosen.mark_line(point=True).encode(
            y=alt.Y("mean:Q", title=title),
            strokeDash=alt.StrokeDash("sequence:N", sort=names, legend=None),
            tooltip=[
                alt.Tooltip("sequence:N", title="repeat"),
                "offset:Q",
                alt.Tooltip("mean:Q", title=title, format=".2f"),
                alt.Tooltip("low:Q", title="95 % from", format=".2f"),
                alt.Tooltip("high:Q", title="to", format=".2f"),
            ],
        )
        layers = [area, line]
        if quantity == "activation":
            rule = alt.Chart(pd.DataFrame({"level": [level], "rule": ["mean on the first copy"]}))
            layers.append(
                rule.mark_rule(strokeDash=[4, 4], color=GREY).encode(
                    y="level:Q", tooltip=["rule:N", alt.Tooltip("level:Q", format=".2f")]
                )
            )
        panels.append(alt.LayerChart(layer=layers, width=PANEL_WIDTH, height=110))
    return finish(
        alt.vconcat(*panels),
        title="Where a repeat breaks",
        description=(
            "Five line charts over the offset from the token that breaks the repeat, one line for "
            "broken and one for unbroken sequences, with confidence bands: confidence, loss, "
            "entropy, final scale, and mean activation of the entropy neurons. At offset -1 the "
            "model is as confident as in an unbroken repeat, and its loss is very high. At offset "
            "0 the entropy rises. A dashed rule marks the activation on the first copy; here the "
            "neurons stay at rest throughout."
        ),
        height=None,
    )


def doses_chart(doses: pd.DataFrame) -> alt.VConcatChart:
    """Loss at the break and elsewhere, as neurons are held up more and more.

    `doses` comes from `induction.doses.hedging_doses`.
    """
    sets = list(doses["set"].unique())
    base = alt.Chart(doses.round(3))
    panels = []
    for place in doses["place"].unique():
        chosen = base.transform_filter(f"datum.place === '{place}'").encode(
            x=alt.X("dose:Q", title="dose (share of the first copy's activation)"),
            color=alt.Color("set:N", sort=sets, title=None, scale=alt.Scale(range=[BLUE, GREEN])),
        )
        area = chosen.mark_area(opacity=0.25).encode(y="low:Q", y2="high:Q")
        line = chosen.mark_line(point=True).encode(
            y=alt.Y("loss:Q", title=["loss (nats)", str(place)]),
            strokeDash=alt.StrokeDash("set:N", sort=sets, legend=None),
            tooltip=[
                "set:N",
                "dose:Q",
                alt.Tooltip("loss:Q", title="loss (nats)", format=".2f"),
                alt.Tooltip("confidence:Q", title="confidence", format=".2f"),
            ],
        )
        panels.append(alt.LayerChart(layer=[area, line], width=PANEL_WIDTH, height=130))
    return finish(
        alt.vconcat(*panels),
        title="Hedging: what it saves and what it costs",
        description=(
            "Two line charts, one line per set of neurons. Across: how far the neurons are held "
            "up, as a share of their activation on the first copy. Up: the loss where the repeat "
            "breaks, which falls with the dose of the entropy neurons, and the loss where it "
            "holds, which rises. The control set moves both much less."
        ),
        height=None,
    )


def _names(neurons: pd.Series) -> list[str]:
    return ["all" if pd.isna(neuron) else str(neuron) for neuron in neurons]


def _ablated(values: list) -> dict[str, Any]:
    """How single neurons and whole sets are told apart, for an encoding channel."""
    scale = alt.Scale(domain=["one neuron", "all of the set"], range=values)
    return {"shorthand": "ablated neurons:N", "title": None, "scale": scale}
