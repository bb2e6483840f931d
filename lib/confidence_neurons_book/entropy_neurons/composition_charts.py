"""Where neurons write in the spectrum, who is chosen at other sizes of the null space."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, bands, finish
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.theme import BLUE, ORANGE, PANEL_WIDTH
from confidence_neurons.groups.finding import NULL_FRACTION

PANEL_HEIGHT = 140
SMALLEST_SHOWN = 0.05
TICKS = (2, 3, 5, 8, 16, 32, 64)
OVER, ALL_THREE = "over the threshold", "all three criteria"


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
    across = Axis("direction", "direction, by size of its singular value")
    across = across.x().scale(domain=[0, len(spectrum) + 1])
    size = {"width": PANEL_WIDTH, "height": PANEL_HEIGHT}
    values = (
        Chooser.of(spectrum)
        .chart(spectrum, ["direction", "singular_value"])
        .mark_point(filled=True, size=22, color=BLUE, opacity=1)
        .encode(
            x=across.title(None),
            y=Axis("singular_value", "singular value", scale="log").y(),
            tooltip=["direction:Q", alt.Tooltip("singular_value:Q", title="singular value")],
        )
        .properties(**size)
    )
    named = cosines.assign(label=[labels[neuron] for neuron in cosines["neuron"]])
    chooser = Chooser.of(named, {"label": "Neuron"})
    bars = (
        chooser.chart(named, ["direction", "cosine"])
        .mark_bar(color=ORANGE, size=2)
        .encode(
            x=across,
            y=Axis("cosine", "|cosine|", domain=(0, 1)).y(),
            tooltip=[
                alt.Tooltip("label:N", title="neuron"),
                "direction:Q",
                alt.Tooltip("cosine:Q", title="|cosine|"),
            ],
        )
        .properties(**size)
    )
    return finish(
        alt.vconcat(values, bars).add_params(*chooser.parameters),
        title="Where does a neuron write?",
        description=(
            "Two panels over the directions of the residual stream, ordered by singular value. "
            "Top, on a logarithmic axis: the singular values of the effective unembedding; exact "
            "zeros stand at the lower edge. Bottom: bars with the absolute cosine of the chosen "
            "neuron's output weights with each direction."
        ),
    )


def null_dimension_chart(sweep: pd.DataFrame, chosen: int) -> alt.LayerChart | alt.VConcatChart:
    """Neurons over the threshold, and entropy neurons' null-space fractions, against k.

    Parameters
    ----------
    sweep:
        From `composition.null_dimension_sweep`.
    chosen:
        The size k that is used; a rule marks it.
    """
    return bands(
        pd.concat([_counts(sweep), _fractions(sweep, chosen)]),
        x=Axis(
            "k",
            "k, size of the null space",
            scale="log",
            values=[k for k in sorted(set(sweep["k"])) if k in TICKS],
            rules={"k by the gap": chosen},
        ),
        y=Axis("value", {"count": "neurons", "fraction": "null-space fraction"}, zero=True),
        group="line",
        member="neuron",
        panel="panel",
        title="What depends on k, and what does not",
        description=(
            "Two line charts against k, the size of the null space, on a logarithmic axis; a "
            "dashed rule marks the k that the gap chooses. Top: how many neurons have a null-space "
            f"fraction over {NULL_FRACTION}, and how many meet all three criteria. Bottom: the "
            "null-space fractions of the entropy neurons, of the median neuron and of a random "
            "direction."
        ),
    )


def _counts(sweep: pd.DataFrame) -> pd.DataFrame:
    """How many neurons meet one criterion, and all of them, at each k."""
    met = sweep.assign(over=sweep["null_fraction"] > NULL_FRACTION).groupby("k", as_index=False)
    sums = met[["over", "entropy"]].sum()
    named = sums.set_axis(["k", OVER, ALL_THREE], axis=1)
    long = named.melt("k", var_name="line", value_name="value")
    return long.assign(panel="count", neuron=-1)


def _fractions(sweep: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Null-space fractions at each k: each entropy neuron's, the median one, a random one."""
    met = set(sweep.query("k == @chosen and entropy")["neuron"])
    each = sweep[sweep["neuron"].isin(met)].rename(columns={"null_fraction": "value"})
    by_k = sweep.groupby("k", as_index=False)
    median = by_k["null_fraction"].median().rename(columns={"null_fraction": "value"})
    random = by_k["random"].first().rename(columns={"random": "value"})
    frames = [
        each[["k", "neuron", "value"]].assign(line="entropy"),
        median.assign(line="median neuron", neuron=-1),
        random.assign(line="random direction", neuron=-1),
    ]
    return pd.concat(frames).assign(panel="fraction")
