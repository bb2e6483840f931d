"""Charts of repeats that break: what the model does there, and what hedging would do."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import group_colours
from confidence_neurons.charts.theme import GREY, finish

PANEL_WIDTH = 230
BREAK_PANELS = {
    "confidence": "confidence",
    "loss": "loss (nats)",
    "entropy": "entropy (nats)",
    "scale": "final scale",
    "activation": "mean activation",
}


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
    """Loss at the break, just after it and elsewhere, as neurons are held up more and more.

    `doses` comes from `induction.doses.hedging_doses`.
    """
    sets = list(doses["set"].unique())
    base = alt.Chart(doses.round(3))
    panels = []
    for place in doses["place"].unique():
        chosen = base.transform_filter(f"datum.place === '{place}'").encode(
            x=alt.X("dose:Q", title="dose (share of the first copy's activation)"),
            color=alt.Color("set:N", sort=sets, title=None, scale=group_colours(sets)),
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
            "Three line charts, one line per set of neurons. Across: how far the neurons are held "
            "up, as a share of their activation on the first copy. Up: the loss where the repeat "
            "breaks and just after it, which falls with the dose of the entropy neurons, and the "
            "loss where it holds, which rises. The control set moves them much less."
        ),
        height=None,
    )
