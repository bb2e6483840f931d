"""What the experiments measure of a grown model: its end's weights, and each kind of text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor

from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import LN_MEDIATED, group_criteria
from confidence_neurons.groups.names import ENTROPY
from confidence_neurons.growing.probes import Probe
from confidence_neurons.measure.outputs import read
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.output_map import output_map
from confidence_neurons.model.state import State, run
from confidence_neurons.weights.geometry import Geometry, geometry
from confidence_neurons.weights.spectrum import exact_null_directions, spectrum_of
from confidence_neurons.weights.unembedding import EffectiveUnembedding

SCANNED_ROWS = 12
QUIET = 1 / 3
QUIETEST = 3
DIAL_RHO = 0.8
DIAL_LOGIT_VAR = 0.5
WEIGHTS = "weights"
READINGS = ("loss", "entropy", "confidence", "right", "scale")


@dataclass(frozen=True)
class Row:
    """One number: of which measure, on which kind of text (or of the weights), which of several."""

    measure: str
    kind: str
    index: int
    value: float


def measure_model(
    model: LightModel,
    probes: Mapping[str, Probe],
    counts: Int[Tensor, " d_vocab"] | None = None,
    k: int | None = None,
) -> list[Row]:
    """Everything that is measured of a grown model.

    Parameters
    ----------
    model : LightModel
        Grown.
    probes : mapping of str to Probe
        Kind -> text.
    counts : Int[Tensor, "d_vocab"], optional
        Of the tokens of its training text.
    k : int, optional
        Dimension of the null space; by default by the spectrum's gap.

    Returns
    -------
    list[Row]
        Of the weights, see `weight_rows`; of each kind, see `text_rows`.
    """
    space = geometry(model, k=k, counts=counts)
    rows = list(weight_rows(model, space))
    for kind, probe in probes.items():
        rows += [Row(name, kind, 0, value) for name, value in text_measures(model, probe, space)]
    return rows


def weight_rows(model: LightModel, space: Geometry) -> Iterator[Row]:
    """The spectrum with and without the gain, and where its quietest directions lie.

    `index` counts singular values, the largest first, without the exact zero
    that centring makes; and the quietest directions, the quietest first.
    `null_dimension` and `quiet` count directions: those of the null space that
    is measured (the exact one included), and those below a third of the median. `axis` is
    the largest coordinate of a quiet direction, `axis_gain` the gain there
    over the median gain.
    """
    end = output_map(model)
    plain = EffectiveUnembedding(replace(end, gain=torch.ones_like(end.gain)))
    exact = exact_null_directions(space.spectrum.values)
    values = {
        "singular_value": space.spectrum.values,
        "singular_value_without_gain": spectrum_of(plain.product).values,
    }
    for name, all_values in values.items():
        some = all_values[: len(all_values) - exact]
        median = some.median()
        yield from (Row(name, WEIGHTS, n, float(value)) for n, value in enumerate(some))
        suffix = name.removeprefix("singular_value")
        yield Row(f"smallest_over_median{suffix}", WEIGHTS, 0, float(some[-1] / median))
        yield Row(f"quiet{suffix}", WEIGHTS, 0, float((some < QUIET * median).sum()))
    yield Row("null_dimension", WEIGHTS, 0, float(space.k))
    gain = end.gain.abs()
    heard = space.spectrum.directions[:, : len(gain) - exact]
    for place in range(min(QUIETEST, heard.shape[1])):
        direction = heard[:, -1 - place].abs()
        coordinate = int(direction.argmax())
        yield Row("axis", WEIGHTS, place, float(direction[coordinate]))
        yield Row("axis_gain", WEIGHTS, place, float(gain[coordinate] / gain.median()))


def text_measures(model: LightModel, probe: Probe, space: Geometry) -> Iterator[tuple[str, float]]:
    """What a model does on one kind of text.

    Means over its positions of loss and entropy (and the best that they could
    be), confidence, `right` (accuracy) and final scale; `overconfidence`,
    confidence minus accuracy; `null_share`, the share of the stream's length
    that lies in the null space. Of the neurons, scanned on the first rows: how
    many are entropy neurons by the library's criteria (`entropy_neurons`), and
    how many are dials (`dials`); null-space fraction, LogitVar over the
    median, mediated share and effect of the one strongest on entropy
    (`strongest_...`), and of the strongest dial (`dial_...`, NaN without one).
    """
    state = run(model, probe.tokens, at=probe.at)
    means = read(model, state, READINGS)[list(READINGS)].mean()
    yield from ((name, float(value)) for name, value in means.items())
    yield "overconfidence", float(means["confidence"] - means["right"])
    yield "null_share", null_share(state, space)
    yield "optimal_loss", probe.optimal_loss
    yield "optimal_entropy", probe.optimal_entropy
    few = probe.some(SCANNED_ROWS)
    neurons = scan(model, few.tokens, at=few.at, k=space.k, counts=space.unigram)
    dials = is_dial(neurons)
    yield "entropy_neurons", float(group_criteria(neurons)[ENTROPY].sum())
    yield "dials", float(dials.sum())
    yield "highest_rho", float(neurons["null_fraction"].max())
    for name, some in (("strongest", neurons), ("dial", neurons[dials])):
        yield from _strongest(name, some, float(neurons["logit_var"].median()))


def is_dial(neurons: pd.DataFrame) -> pd.Series:
    """Which scanned neurons write almost only null space, and act through the scale.

    A null-space fraction above 0.8, LogitVar under half of the median, an
    effect on entropy above the median neuron's, and more than half of it
    mediated by the final scale.
    """
    return (
        (neurons["null_fraction"] > DIAL_RHO)
        & (neurons["logit_var"] < DIAL_LOGIT_VAR * neurons["logit_var"].median())
        & (neurons["entropy_ln_mediated"] > LN_MEDIATED)
        & (neurons["entropy_total"] > neurons["entropy_total"].median())
    )


def null_share(state: State, space: Geometry) -> float:
    """Mean share of the residual stream's length in the null space, where it counts."""
    stream = space.norm.centre(state.residual[state.counted])
    return float(((stream @ space.null_space).norm(dim=-1) / stream.norm(dim=-1)).mean())


def _strongest(
    name: str, neurons: pd.DataFrame, median_logit_var: float
) -> Iterator[tuple[str, float]]:
    """Of the neuron with the largest effect on entropy; NaN where there is none."""
    top = neurons.nlargest(1, "entropy_total").squeeze(axis=0) if len(neurons) else {}
    nan = float("nan")
    yield f"{name}_rho", float(top.get("null_fraction", nan))
    yield f"{name}_logit_var", float(top.get("logit_var", nan)) / median_logit_var
    yield f"{name}_mediated", float(top.get("entropy_ln_mediated", nan))
    yield f"{name}_effect", float(top.get("entropy_total", nan))
