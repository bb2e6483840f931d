"""What a scan took for granted, in sentences: printed, recorded and shown in the report."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from confidence_neurons.command.choosing import Choice
from confidence_neurons.command.settings import Settings
from confidence_neurons.command.text import Rows
from confidence_neurons.groups.finding import COSINE, LN_MEDIATED, NULL_FRACTION
from confidence_neurons.groups.names import ENTROPY, FREQUENCY
from confidence_neurons.model.ends import Model
from confidence_neurons.model.packaged import PACKAGES
from confidence_neurons.weights.geometry import Geometry
from confidence_neurons.weights.spectrum import TAIL_SHARE, exact_null_directions

CLEAR_GAP = 1.5  # ratio of neighbouring singular values
NAMES = {ENTROPY: "entropy neurons", FREQUENCY: "token frequency neurons"}


def model_record(model: Model, layer: int) -> dict[str, Any]:
    """Name and sizes of a model."""
    sizes = ("n_layers", "n_heads", "d_model", "d_mlp", "d_vocab", "n_ctx")
    return {
        "name": str(model.cfg.model_name),
        "layer": layer,
        **{size: int(getattr(model.cfg, size)) for size in sizes},
        "dtype": str(model.cfg.dtype).removeprefix("torch."),
        "device": str(model.cfg.device),
    }


def assumptions(
    model: Model,
    rows: Rows,
    space: Geometry,
    neurons: pd.DataFrame,
    choices: Sequence[Choice],
    settings: Settings,
) -> dict[str, str]:
    """What was assumed: topic -> sentence."""
    return {
        "Null space": _null_space(space, settings),
        "Text": (
            f"{rows.tokens.numel():,} tokens of {rows.source}, in {len(rows.tokens)} rows of "
            f"{rows.tokens.shape[1]}. Another text may wake other neurons."
        ),
        "Rows": (
            "Neurons were chosen on every second row, and everything reported was measured on the "
            "other rows, which played no part in the choice."
        ),
        "Ablation": (
            "A neuron is held at its mean activation over the rows that are reported on. The total "
            "effect lets the final norm compute its scale anew; the direct effect keeps it."
        ),
        "Weights": _weights(model, settings),
        "Way": _way(neurons),
        "Entropy neurons": (
            f"Null-space fraction above {NULL_FRACTION:g}, more than {LN_MEDIATED:.0%} of the "
            "effect on entropy through the final scale, and an effect above the median neuron's. "
            f"{_found(choices, ENTROPY)}"
        ),
        "Token frequency neurons": _frequency(space, choices),
        "Intervals": (
            "95 % bootstrap intervals over rows, of means over the positions that the tables "
            "count. Controls: as many neurons of nearly equal weight norm, of nearly equal "
            "null-space fraction, and drawn at random."
        ),
    }


def missing(choice: Choice) -> str:
    """What is shown where no neuron met the criteria."""
    return (
        f"No neuron of this layer met the criteria on this text. The {len(choice.neurons)} that "
        "come nearest are shown as candidates. Their effects stand beside controls all the same."
    )


def _null_space(space: Geometry, settings: Settings) -> str:
    if settings.k is not None:
        return f"k = {settings.k}, as given."
    if settings.null_directions is not None:
        return f"k = {space.k}, as recorded for {settings.model}. Other --k may name other neurons."
    values = space.spectrum.values
    exact = exact_null_directions(values)
    tail = values.flip(0)[exact : exact + max(2, round(TAIL_SHARE * len(values)))]
    ratios = (tail[1:] / tail[:-1]).sort(descending=True).values
    second = f", the next largest ratio is {ratios[1]:.2f}" if len(ratios) > 1 else ""
    doubt = " That is hardly a gap: try other --k." if float(ratios[0]) < CLEAR_GAP else ""
    return (
        f"k = {space.k}, by the largest relative gap in the spectrum's tail: neighbours there "
        f"have a ratio of {ratios[0]:.2f}{second}.{doubt}"
    )


def _weights(model: Model, settings: Settings) -> str:
    held = str(model.cfg.dtype).removeprefix("torch.")
    quantised = settings.model in PACKAGES or settings.model.endswith(".gguf")
    origin = (
        "Quantised in a GGUF file, and read as the numbers that they stand for; held" * quantised
    )
    return f"{origin or 'Held'} in {held}, measured in float32 or more."


def _way(neurons: pd.DataFrame) -> str:
    number = neurons["method"].value_counts()
    ways = ", ".join(f"{name} for {count:,} neurons" for name, count in number.items())
    worst = float(neurons["error_estimate"].max())
    estimate = f" The largest estimate of a relative error is {worst:.1%}." if worst > 0 else ""
    return f"Effects of all neurons: {ways}.{estimate}"


def _found(choices: Sequence[Choice], kind: str) -> str:
    choice = next((choice for choice in choices if choice.kind == kind), None)
    if choice is None:
        return "None was found."
    if choice.met:
        return f"{len(choice.neurons)} met this."
    return f"None met this; the {len(choice.neurons)} nearest are shown as candidates."


def _frequency(space: Geometry, choices: Sequence[Choice]) -> str:
    if space.unigram is None:
        return "Not looked for: token counts are not known. Give --counts."
    return (
        f"Size of the cosine with the frequency direction above {COSINE:g}, and an effect on "
        f"entropy above the median neuron's. Frequencies: {space.unigram.source}. "
        f"{_found(choices, FREQUENCY)}"
    )
