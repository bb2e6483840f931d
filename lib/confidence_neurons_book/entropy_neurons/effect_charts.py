"""What neurons do when they are held: along a sentence, all of a layer, groups, the crowd."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, bars, dots, neurons

SHARE = "LN-mediated share of the effect"
EFFECT = "mean |change of entropy| (nats)"
CHANGE = "mean change of entropy (nats)"
PATHS = {"entropy_total": "scale computed anew", "entropy_direct": "scale frozen"}
LEAST, MOST = -1.0, 1.0  # shares that are shown
CONTROLLED = (5e-4, 0.3)  # nats: the effects of neurons and controls


def sentence_chart(changes: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """Change of entropy at each token of a sentence, with the scale computed anew and frozen.

    Parameters
    ----------
    changes:
        From `token_effects`, with columns `label` (what stands at the token)
        and `name` (of the neuron).
    title:
        What the chart shows.
    """
    return bars(
        by_path(changes, ["name", "label", "entropy"]),
        x=Axis("change", "change of entropy (nats)"),
        category=Category("label", "token"),
        group="path",
        choose={"name": "Neuron"},
        details={"entropy": "entropy with the neuron (nats)"},
        title=title,
        description=(
            "Pairs of horizontal bars, one pair for each token of a sentence. Across: how the "
            "entropy of the prediction made there changes when the chosen neuron is held at its "
            "mean, with the final scale computed anew, and with the scale frozen at what it was."
        ),
    )


def by_path(changes: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """A row for each path of a change: columns `path` and `change`."""
    long = changes.melt(keys, list(PATHS), var_name="path", value_name="change")
    return long.assign(path=long["path"].map(PATHS))


def plane_chart(scans: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """Weight norm and LogitVar beside null-space fraction and effect; boxes mark neurons in both.

    Parameters
    ----------
    scans:
        Frames of `scan` of all neurons, with columns `model` and `group`.
        Norm and LogitVar are shown over their medians.
    title:
        What the chart shows.
    """
    medians = scans.groupby("model", sort=False)[["weight_norm", "logit_var"]].transform("median")
    shown = scans.assign(
        norm=scans["weight_norm"] / medians["weight_norm"],
        variance=scans["logit_var"] / medians["logit_var"],
    )
    columns = ["neuron", "norm", "variance", "null_fraction", "entropy_total", "model", "group"]
    rho = Axis("null_fraction", "null-space fraction", domain=(0, 1))
    return neurons(
        shown[columns],
        x=Axis("norm", "weight norm / median"),
        y=Axis("variance", "LogitVar / median", scale="log"),
        beside=[(rho, Axis("entropy_total", EFFECT, scale="log"))],
        group="group",
        choose={"model": "Model"},
        details={"neuron": "neuron"},
        title=title,
        description=(
            "Two scatter plots of the last layer's neurons of the chosen model. In the first the "
            "norm of the output weights lies across and LogitVar up, both over their medians. In "
            "the second the null-space fraction lies across and the effect on entropy up. Colour "
            "and shape mark the entropy neurons. A box dragged in one marks the same neurons in "
            "the other."
        ),
    )


def share_chart(scans: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """Null-space fraction against LN-mediated share, coloured by the effect on entropy.

    Parameters
    ----------
    scans:
        Frames of `scan`, of the neurons that are awake, with columns `model`
        and `group`. Shares beyond the axis stand at its ends.
    title:
        What the chart shows.
    """
    columns = ["neuron", "null_fraction", "entropy_ln_mediated", "entropy_total", "model", "group"]
    return neurons(
        scans[columns],
        x=Axis("null_fraction", "null-space fraction", domain=(0, 1), rules={"0.6": 0.6}),
        y=Axis("entropy_ln_mediated", SHARE, domain=(LEAST, MOST), rules={"half": 0.5}),
        coloured_by=Axis("entropy_total", EFFECT, scale="log"),
        shaped_by="group",
        choose={"model": "Model"},
        title=title,
        description=(
            "Scatter plot of the last layer's neurons of the chosen model. Across: the null-space "
            "fraction. Up: the share of the effect on entropy that is gone when the scale is "
            "frozen. Colour, from blue to orange: the effect. Dashed lines mark the two "
            "thresholds of the definition, and shape the neurons that were found on other rows."
        ),
    )


def control_chart(shares: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """Effect against LN-mediated share with its interval, a point for each neuron of the groups.

    Parameters
    ----------
    shares:
        `neuron`, `group`, `effect`, and `estimate`, `low`, `high` of the share.
    title:
        What the chart shows.
    """
    return neurons(
        shares[["neuron", "group", "effect", "estimate", "low", "high"]],
        x=Axis("effect", EFFECT, scale="log", domain=CONTROLLED),
        y=Axis(
            "estimate",
            SHARE,
            domain=(LEAST, MOST),
            interval=("low", "high"),
            rules={"half": 0.5},
        ),
        group="group",
        details={"neuron": "neuron"},
        title=title,
        description=(
            "Scatter plot of the entropy neurons and of three groups of controls. Across, on a "
            "logarithmic axis: the effect on entropy. Up: the share of it that is gone when the "
            "scale is frozen, with a 95 % bootstrap interval. A dashed line marks one half."
        ),
    )


def rank_chart(ranks: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """Change of loss by the rank of the right token, for groups and a temperature.

    `ranks` comes from `intervals` by `model`, `band` of ranks and `group`.
    """
    return dots(
        ranks,
        x=Axis("estimate", "change of loss (nats)", rules={"no change": 0}),
        category=Category("band", "rank of the right token"),
        group="group",
        panel="model",
        title=title,
        description=(
            "A panel for each model, with a point and a 95 % bootstrap interval for each "
            "intervention, in rows by the rank that the model gave to the right token. Across: the "
            "mean change of loss. The interventions: the entropy neurons held together, one "
            "temperature that changes the mean entropy as much, and controls of equal null-space "
            "fraction held together."
        ),
    )


def crowd_chart(changes: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.VConcatChart:
    """What holding groups together does to the final scale and to the mean entropy.

    Parameters
    ----------
    changes:
        From `intervals` by `model`, `group`, `quantity` ("scale" or "entropy")
        and `path`.
    title:
        What the chart shows.
    """
    return dots(
        changes,
        x=Axis("estimate", {"scale": "change of the scale", "entropy": CHANGE}, zero=True),
        category=Category("group", ""),
        group="path",
        panel="quantity",
        choose={"model": "Model"},
        title=title,
        description=(
            "Two panels, with a point and a 95 % bootstrap interval for each group of neurons that "
            "is held together in the chosen model. Left: the mean change of the final scale. "
            "Right: the mean change of entropy, with the scale computed anew and with it frozen."
        ),
    )
