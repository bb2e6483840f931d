"""Ways to choose neurons: whom they name, and what those do."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots, side_by_side
from confidence_neurons.charts.layers import Drawn, tooltips
from confidence_neurons.charts.looks import in_order
from confidence_neurons.charts.menus import rounded
from confidence_neurons.charts.neurons import point_layer
from confidence_neurons.groups.names import OTHERS

PANEL_HEIGHT = 240
DETAILS = {
    "neuron": "neuron",
    "ways": "named by",
    "weight_norm": "weight norm",
    "logit_var_share": "LogitVar / median",
    "null_fraction": "null-space fraction",
    "entropy_total": "|entropy change| (nats)",
    "entropy_ln_mediated": "share through the scale",
}


def plane_panels(named: pd.DataFrame) -> alt.VConcatChart:
    """Weight norm against LogitVar, a panel for each model; colour and shape say who is named.

    `named` holds frames of `selections.named_by`.
    """
    shown = rounded(named[["measured", "named", *DETAILS]])
    names = in_order(shown["named"])
    x = Axis("weight_norm", "weight norm")
    y = Axis("logit_var_share", "LogitVar / median", scale="log")
    panels = []
    for name, rows in shown.groupby("measured", sort=False):
        others_first = rows.sort_values("named", key=lambda who: who != OTHERS, kind="stable")
        points = point_layer(
            alt.Chart(others_first.drop(columns="measured")),
            x,
            y,
            tooltips(rows, DETAILS),
            names,
            "named",
        )
        title = alt.Title(str(name), fontSize=12, anchor="start")
        panels.append(points.properties(title=title))
    return side_by_side(
        panels,
        height=PANEL_HEIGHT,
        title="Whom each way names",
        description=(
            "Scatter plots, one for each model, a point for each neuron of the "
            "last layer. Across: the norm of the output weights. Up, on a logarithmic axis: "
            "LogitVar over its median. Colour and shape tell the way that names a neuron; those "
            "that several ways name have a look of their own, and those that none names are small "
            "and grey."
        ),
    )


def selection_shares(effects: pd.DataFrame) -> Drawn:
    """Share through the scale of each way's neurons beside controls, a panel a measurement.

    `effects` holds frames of `selections.selection_effects`.
    """
    shown = effects[effects["effect"] == "mediated"]
    titles = {name: f"{name}: share through the scale" for name in shown["measured"].unique()}
    return dots(
        shown,
        x=Axis("estimate", titles, rules={"nothing": 0}),
        category=Category("selection", ""),
        group="group",
        panel="measured",
        details={"tokens": "neurons × tokens"},  # noqa: RUF001
        title="What the chosen neurons do, beside controls",
        description=(
            "Dots with intervals, a panel for each model and text. A row for each way to choose "
            "neurons. Across: the share of the effect on entropy that goes through the final "
            "scale, of the neurons that the way names and of as many others of equal norm, of "
            "equal null-space fraction and at random. Lines are 95 % intervals over rows of text."
        ),
    )
