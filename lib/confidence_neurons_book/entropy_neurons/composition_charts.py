"""Where neurons write in the spectrum, who is chosen at other sizes of the null space."""

import altair as alt
import pandas as pd

from confidence_neurons.charts.menus import menu
from confidence_neurons.charts.theme import BLUE, GREEN, GREY, ORANGE, finish
from confidence_neurons.groups.finding import NULL_FRACTION

PANEL_WIDTH = 260
PANEL_HEIGHT = 140
SMALLEST_SHOWN = 0.05


def cosine_chart(cosines: pd.DataFrame, labels: dict[int, str]) -> alt.VConcatChart:
    """Singular spectrum above, a chosen neuron's cosines with the directions below.

    Parameters
    ----------
    cosines:
        From `composition.direction_cosines`.
    labels:
        What the menu calls each neuron, in its order.
    """
    first = next(iter(cosines["neuron"]))
    spectrum = cosines.loc[cosines["neuron"] == first, ["direction", "singular_value"]]
    spectrum = spectrum.assign(singular_value=spectrum["singular_value"].clip(SMALLEST_SHOWN))
    x = alt.X("direction:Q", title=None, scale=alt.Scale(nice=False, domain=_ends(spectrum)))
    values = (
        alt.Chart(spectrum.round(3))
        .mark_point(filled=True, size=22, color=BLUE)
        .encode(
            x=x,
            y=alt.Y(
                "singular_value:Q",
                title="singular value",
                scale=alt.Scale(type="log", nice=False),
            ).axis(tickCount=4, format="~g"),
            tooltip=[
                alt.Tooltip("direction:Q"),
                alt.Tooltip("singular_value:Q", title="singular value", format=".3~g"),
            ],
        )
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    )
    packed = (
        cosines.assign(label=[labels[neuron] for neuron in cosines["neuron"]])
        .round(3)
        .groupby("label", sort=False, as_index=False)[["direction", "cosine"]]
        .agg(list)
    )
    names = list(labels.values())
    choice = menu("cosine_neuron", "Neuron", names)
    bars = (
        alt.Chart(packed)
        .transform_filter("datum.label === cosine_neuron")
        .transform_flatten(["direction", "cosine"])
        .mark_bar(color=ORANGE, size=2)
        .encode(
            x=x.title("direction, by size of its singular value"),
            y=alt.Y("cosine:Q", title="|cosine|", scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                alt.Tooltip("label:N", title="neuron"),
                alt.Tooltip("direction:Q"),
                alt.Tooltip("cosine:Q", title="|cosine|", format=".2f"),
            ],
        )
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    )
    return finish(
        alt.vconcat(values, bars).add_params(choice),
        title="Where does a neuron write?",
        description=(
            "Two panels over the directions of the residual stream, ordered by singular value. "
            "Top, on a logarithmic axis: the singular values of the effective unembedding; exact "
            "zeros stand at the lower edge. Bottom: bars with the absolute cosine of the chosen "
            "neuron's output weights with each direction. Entropy neurons have their tall bars at "
            "the right end; other neurons spread over all directions."
        ),
        height=None,
    )


def null_dimension_chart(sweep: pd.DataFrame, chosen: int) -> alt.VConcatChart:
    """Neurons over the threshold, and entropy neurons' null-space fractions, against k.

    Parameters
    ----------
    sweep:
        From `entropy_neurons.null_dimension_sweep`.
    chosen:
        The size k that is used; a rule marks it.
    """
    kinds = ["entropy neurons", "median neuron", "random direction"]
    lines = _fractions(sweep, chosen, kinds)
    which = [f"null-space fraction over {NULL_FRACTION}", "all three criteria"]
    counts = pd.DataFrame(
        [
            {"k": k, "which": name, "neurons": sum(met)}
            for k, part in sweep.groupby("k")
            for name, met in zip(
                which, (part["null_fraction"] > NULL_FRACTION, part["entropy_neuron"]), strict=True
            )
        ]
    )
    x = alt.X("k:Q", title="k, size of the null space", scale=alt.Scale(type="log", nice=False))
    x = x.axis(values=[k for k in sorted(sweep["k"].unique()) if k in (2, 3, 5, 8, 16, 32, 64)])
    rule = (
        alt.Chart(pd.DataFrame({"k": [chosen]}))
        .mark_rule(color=GREY, strokeDash=[4, 4])
        .encode(x=x, tooltip=[alt.Tooltip("k:Q", title="k by the gap")])
    )
    top = (
        alt.Chart(counts)
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("neurons:Q", title="neurons"),
            color=alt.Color(
                "which:N",
                legend=alt.Legend(title=None, columns=1),
                scale=alt.Scale(domain=which, range=[BLUE, ORANGE]),
            ),
            strokeDash=alt.StrokeDash("which:N", legend=None),
            tooltip=[alt.Tooltip("which:N", title="criterion"), "k:Q", "neurons:Q"],
        )
    )
    bottom = (
        alt.Chart(lines)
        .mark_line(point=alt.OverlayMarkDef(size=14))
        .encode(
            x=x,
            y=alt.Y("null_fraction:Q", title="null-space fraction", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[ORANGE, GREEN, GREY])
            ),
            strokeDash=alt.StrokeDash("kind:N", sort=kinds, legend=None),
            detail="neuron:N",
            tooltip=[
                alt.Tooltip("kind:N", title="line"),
                alt.Tooltip("neuron:Q"),
                "k:Q",
                alt.Tooltip("null_fraction:Q", title="null-space fraction", format=".2f"),
            ],
        )
    )
    panels = [
        alt.LayerChart(layer=[panel, rule], width=PANEL_WIDTH, height=PANEL_HEIGHT)
        for panel in (top, bottom)
    ]
    return finish(
        alt.vconcat(*panels).resolve_scale(color="independent", strokeDash="independent"),
        title="What depends on k, and what does not",
        description=(
            "Two line charts against k, the size of the null space, on a logarithmic axis; a "
            "dashed rule marks the k that the gap chooses. Top: how many neurons have a null-space "
            "fraction over the threshold, and how many meet all three criteria. Bottom: the "
            "null-space fractions of the entropy neurons, of the median neuron and of a random "
            "direction. The first count grows with k, the second hardly moves."
        ),
        height=None,
    )


def _fractions(sweep: pd.DataFrame, chosen: int, kinds: list[str]) -> pd.DataFrame:
    """Null-space fractions against k: each entropy neuron's, the median one, a random one."""
    met = set(sweep.query("k == @chosen and entropy_neuron")["neuron"])
    rows = []
    for k, part in sweep.groupby("k"):
        for neuron, fraction in zip(part["neuron"], part["null_fraction"], strict=True):
            if neuron in met:
                rows.append((k, neuron, kinds[0], fraction))
        rows.append((k, -1, kinds[1], part["null_fraction"].median()))
        rows.append((k, -1, kinds[2], part["random"].iloc[0]))
    return pd.DataFrame(rows, columns=["k", "neuron", "kind", "null_fraction"]).round(3)


def _ends(spectrum: pd.DataFrame) -> list[float]:
    return [0, len(spectrum) + 1]
