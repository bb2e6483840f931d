"""The charts of a report: those of chapters 2 to 5, for any model."""

from collections.abc import Iterator

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots, neurons
from confidence_neurons.command.measuring import HEARD, NULL_SPACE, Findings
from confidence_neurons.command.tables import SHARES, held_as
from confidence_neurons.groups.finding import COSINE, LN_MEDIATED, NULL_FRACTION
from confidence_neurons.groups.names import ENTROPY, FREQUENCY, OTHERS

MOST_DRAWN = 3000  # neurons in one chart
LOWEST_SHARE = -1.5
SPAN = 3000  # the widest logarithmic axis: highest over lowest
DETAILS = {"neuron": "neuron"}


def spectrum_chart(findings: Findings) -> alt.TopLevelMixin:
    """Singular values, the largest first; those that are zero stand at the foot."""
    frame, values = findings.spectrum, findings.spectrum["singular_value"]
    median = float(values.median())
    floor = float(values[values > 1e-4 * values.max()].min()) / 2
    shown = frame.assign(shown=values.clip(lower=floor), kind=frame["kind"].replace(HEARD, OTHERS))
    return neurons(
        shown,
        x=Axis("index", "direction, by size of its singular value"),
        y=Axis(
            "shown",
            "singular value (logits per unit of stream)",
            scale="log",
            rules={"median": median},
        ),
        group="kind",
        details={"singular_value": "singular value, as computed"},
        title="Which directions reach the logits?",
        description=(
            "Scatter plot with a logarithmic vertical axis. Across: the directions of the residual "
            "stream, ordered by singular value. Up: the singular value of the effective "
            f"unembedding. The {NULL_SPACE} is marked by colour and shape; values that are zero up "
            "to rounding stand at the foot. A dashed rule marks the median."
        ),
    )


def norm_chart(findings: Findings) -> alt.TopLevelMixin:
    """Weight norm against LogitVar over its median."""
    frame = findings.neurons
    share = frame["logit_var"] / frame["logit_var"].median()
    shown = drawn(frame.assign(logit_var_share=share))
    return neurons(
        shown[shown["logit_var_share"] > 0],
        x=Axis("weight_norm", "weight norm"),
        y=Axis("logit_var_share", "LogitVar / median LogitVar", scale="log"),
        group="group",
        details=DETAILS | {"null_fraction": "null-space fraction"},
        title="Norm and LogitVar of every neuron",
        description=(
            "Scatter plot of the layer's neurons. Across: the norm of the output weights. Up, on a "
            "logarithmic axis: LogitVar over its median. Colour and shape mark the groups."
        ),
    )


def share_chart(findings: Findings) -> alt.TopLevelMixin:
    """Null-space fraction against the share of the effect that the final scale mediates."""
    shown = drawn(findings.neurons.dropna(subset=["null_fraction", "entropy_ln_mediated"]))
    return neurons(
        shown.assign(share=shown["entropy_ln_mediated"].clip(lower=LOWEST_SHARE)),
        x=Axis(
            "null_fraction",
            "null-space fraction",
            domain=(0, 1),
            rules={"criterion": NULL_FRACTION},
        ),
        y=Axis(
            "share",
            f"share through the scale (lower ones at {LOWEST_SHARE})",
            domain=(LOWEST_SHARE, 1),
            rules={"criterion": LN_MEDIATED},
        ),
        group="group",
        details=DETAILS
        | {
            "entropy_ln_mediated": "share, as measured",
            "entropy_total": "|change of entropy| (nats)",
        },
        title="How much of each neuron's effect goes through the scale",
        description=(
            "Scatter plot of the layer's neurons. Across: the share of the output weights' norm in "
            "the null space. Up: the share of the effect on entropy that the final scale mediates; "
            "very low ones stand at the lower edge. Dashed rules mark the criteria. Colour and "
            "shape mark the groups."
        ),
    )


def paths_chart(findings: Findings, kind: str) -> alt.TopLevelMixin | None:
    """Total against direct effect of chosen neurons and controls, with intervals."""
    found = findings.members[findings.members["of"] == kind]
    parts = []
    for effect in ("total", "direct"):
        rows = found[found["quantity"] == f"entropy_{effect}"].set_index(["group", "neuron"])
        named = {"estimate": effect, "low": f"{effect}_low", "high": f"{effect}_high"}
        parts.append(rows.rename(columns=named)[list(named.values())])
    wide = pd.concat(parts, axis=1).dropna().reset_index()
    wide = wide[(wide["total"] > 0) & (wide["direct"] > 0)]
    if wide.empty:
        return None
    highest = float(wide[["total_high", "direct_high"]].max(axis=None))
    lowest = float(wide[["total_low", "direct_low"]].min(axis=None))
    domain = (max(0.8 * lowest, highest / SPAN), 1.2 * highest)
    axes = [
        Axis(
            effect,
            f"{effect} effect (mean |change|, nats)",
            scale="log",
            domain=domain,
            interval=(f"{effect}_low", f"{effect}_high"),
        )
        for effect in ("total", "direct")
    ]
    floor = domain[0]
    return neurons(
        wide.assign(**{name: wide[name].clip(lower=floor) for name in wide if "_" in name}),
        x=axes[0],
        y=axes[1],
        group="group",
        diagonal="rising",
        details=DETAILS,
        title="Total and direct effect on entropy, neuron by neuron",
        description=(
            "Scatter plot with logarithmic axes. Across: the total effect of holding a neuron at "
            "its mean; up: the direct effect, with the final scale frozen; mean absolute changes "
            "of entropy in nats, with 95 % intervals as lines. On the dashed diagonal both are "
            "equal; below it the path through the scale adds to the effect. Colour and shape tell "
            "the chosen neurons and their controls."
        ),
    )


def groups_chart(findings: Findings, kind: str) -> alt.TopLevelMixin | None:
    """Mediated share and size of the effect of a group beside its controls, with intervals."""
    choice = next(choice for choice in findings.choices if choice.kind == kind)
    held = held_as(findings, choice)
    through = "the final scale" if kind == ENTROPY else "the frequency direction"
    titles = {
        SHARES[kind]: f"share through {through}",
        "entropy_total": "mean |change of entropy| (nats)",
    }
    frame = findings.groups
    rows = frame[(frame["of"] == kind) & (frame["held"] == held)]
    rows = rows[rows["quantity"].isin(titles)].dropna(subset=["estimate", "low", "high"])
    if rows.empty:
        return None
    columns = ["group", "quantity", "estimate", "low", "high", "neurons", "tokens"]
    return dots(
        rows[columns],
        x=Axis("estimate", titles, rules={"none": 0}),
        category=Category("group", ""),
        group="group",
        panel="quantity",
        details={"neurons": "neurons", "tokens": "positions"},
        title=f"The group beside its controls, held {held}",
        description=(
            "Two panels with a point and a 95 % interval for the chosen group and each control. "
            f"Above: the share of the effect on entropy that goes through {through}. Below: the "
            "mean absolute change of entropy in nats."
        ),
    )


def frequency_chart(findings: Findings) -> alt.TopLevelMixin:
    """Cosine with the frequency direction against the effect on entropy."""
    frame = findings.neurons
    highest = float(frame["entropy_total"].max())
    known = frame[frame["frequency_cosine"].notna() & (frame["entropy_total"] > 0)]
    shown = drawn(known)
    return neurons(
        shown.assign(effect=shown["entropy_total"].clip(lower=highest / SPAN)),
        x=Axis(
            "frequency_cosine",
            "cosine with the frequency direction",
            domain=(-1, 1),
            rules={"criterion": COSINE, "criterion, other side": -COSINE},
        ),
        y=Axis("effect", "mean |change of entropy| (nats)", scale="log"),
        group="group",
        details=DETAILS | {"entropy_total": "as measured", "null_fraction": "null-space fraction"},
        title="Along the frequency direction",
        description=(
            "Scatter plot of the layer's neurons. Across: the cosine of a neuron's direct effect "
            "on the logits with the frequency direction, positive where it favours frequent "
            "tokens. Up, on a logarithmic axis: the mean absolute change of entropy when it is "
            "held at its mean. Outside the dashed rules the criterion is met. Colour and shape "
            "mark the groups."
        ),
    )


def figures(findings: Findings) -> Iterator[tuple[str, alt.TopLevelMixin]]:
    """Section -> chart, in the order of the page."""
    kinds = [choice.kind for choice in findings.choices]
    yield "null-space", spectrum_chart(findings)
    yield "neurons", norm_chart(findings)
    yield "neurons", share_chart(findings)
    if ENTROPY in kinds:
        yield from _of("effects", paths_chart(findings, ENTROPY), groups_chart(findings, ENTROPY))
    if FREQUENCY in kinds:
        yield "frequency", frequency_chart(findings)
        yield from _of("frequency", groups_chart(findings, FREQUENCY))


def drawn(frame: pd.DataFrame) -> pd.DataFrame:
    """What a browser can draw: every neuron of a group, and of the others not too many."""
    if len(frame) <= MOST_DRAWN:
        return frame
    others = frame[frame["group"] == OTHERS]
    others = others.sample(min(MOST_DRAWN, len(others)), random_state=0)
    return pd.concat([frame[frame["group"] != OTHERS], others]).sort_index()


def _of(section: str, *charts: alt.TopLevelMixin | None) -> Iterator[tuple[str, alt.TopLevelMixin]]:
    yield from ((section, chart) for chart in charts if chart is not None)
