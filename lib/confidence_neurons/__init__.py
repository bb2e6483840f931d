"""Measure how language models regulate their confidence.

Every public name is listed in `HOMES`, with the module that it lives in. It is
imported on first use, so that `import confidence_neurons` costs nothing:
PyTorch and TransformerLens take seconds to import.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confidence_neurons import charts as charts
    from confidence_neurons import exercises as exercises
    from confidence_neurons import induction as induction
    from confidence_neurons.engine.scan import scan as scan
    from confidence_neurons.engine.tokens import token_effects as token_effects
    from confidence_neurons.groups.candidates import norm_then_logit_var as norm_then_logit_var
    from confidence_neurons.groups.candidates import pareto_front as pareto_front
    from confidence_neurons.groups.controls import controls as controls
    from confidence_neurons.groups.controls import random_heads as random_heads
    from confidence_neurons.groups.finding import find_groups as find_groups
    from confidence_neurons.groups.finding import group_criteria as group_criteria
    from confidence_neurons.groups.finding import with_groups as with_groups
    from confidence_neurons.groups.recorded import recorded_groups as recorded_groups
    from confidence_neurons.measure.calibration import (
        expected_calibration_error as expected_calibration_error,
    )
    from confidence_neurons.measure.calibration import reliability as reliability
    from confidence_neurons.measure.distributions import entropy as entropy
    from confidence_neurons.measure.distributions import kl_divergence as kl_divergence
    from confidence_neurons.measure.distributions import log_probabilities as log_probabilities
    from confidence_neurons.measure.distributions import nats_to_bits as nats_to_bits
    from confidence_neurons.measure.effects import compare as compare
    from confidence_neurons.measure.effects import effects as effects
    from confidence_neurons.measure.intervals import intervals as intervals
    from confidence_neurons.measure.intervals import mediated_share as mediated_share
    from confidence_neurons.measure.interventions import ablate as ablate
    from confidence_neurons.measure.interventions import ablate_heads as ablate_heads
    from confidence_neurons.measure.interventions import write as write
    from confidence_neurons.measure.outputs import read as read
    from confidence_neurons.measure.outputs import read_logits as read_logits
    from confidence_neurons.model.loading import available_models as available_models
    from confidence_neurons.model.loading import load_light as load_light
    from confidence_neurons.model.loading import load_model as load_model
    from confidence_neurons.model.memory import MemoryNeeded as MemoryNeeded
    from confidence_neurons.model.memory import memory_needed as memory_needed
    from confidence_neurons.model.records import growth_record as growth_record
    from confidence_neurons.model.records import unigram_counts as unigram_counts
    from confidence_neurons.model.state import State as State
    from confidence_neurons.model.state import run as run
    from confidence_neurons.model.versions import show_versions as show_versions
    from confidence_neurons.text.altered import break_repeats as break_repeats
    from confidence_neurons.text.altered import corrupt as corrupt
    from confidence_neurons.text.altered import repeated_prose as repeated_prose
    from confidence_neurons.text.altered import repeated_random as repeated_random
    from confidence_neurons.text.labels import token_labels as token_labels
    from confidence_neurons.text.reading import passages as passages
    from confidence_neurons.text.reading import prose_tokens as prose_tokens
    from confidence_neurons.text.reading import tokens_from_file as tokens_from_file
    from confidence_neurons.text.reading import tokens_from_text as tokens_from_text
    from confidence_neurons.weights.counts import count_tokens as count_tokens
    from confidence_neurons.weights.geometry import Geometry as Geometry
    from confidence_neurons.weights.geometry import geometry as geometry
    from confidence_neurons.weights.geometry import neuron_weights as neuron_weights
    from confidence_neurons.weights.mean_prediction import mean_prediction as mean_prediction
    from confidence_neurons.weights.neurons import logit_var as logit_var
    from confidence_neurons.weights.neurons import null_fraction as null_fraction
    from confidence_neurons.weights.spectrum import spectrum as spectrum
    from confidence_neurons.weights.unigram import Unigram as Unigram

# Libraries below ask for notebook widgets to draw progress bars; the project's bars are text.
warnings.filterwarnings("ignore", message="IProgress not found")

__version__ = "0.1.0"

HOMES = {
    # models and what ships with them
    "model.loading": (
        "load_model",
        "load_light",
        "available_models",
    ),
    "model.records": ("unigram_counts", "growth_record"),
    "model.memory": ("memory_needed", "MemoryNeeded"),
    "model.versions": ("show_versions",),
    # text as rows of tokens
    "text.reading": ("passages", "prose_tokens", "tokens_from_text", "tokens_from_file"),
    "text.altered": ("corrupt", "repeated_random", "repeated_prose", "break_repeats"),
    "text.labels": ("token_labels",),
    "weights.counts": ("count_tokens",),
    # a text through a network, once
    "model.state": ("State", "run"),
    "measure.interventions": ("ablate", "ablate_heads", "write"),
    # what the output says
    "measure.outputs": ("read", "read_logits"),
    "measure.distributions": ("entropy", "log_probabilities", "kl_divergence", "nats_to_bits"),
    "measure.calibration": ("reliability", "expected_calibration_error"),
    # what the weights say
    "weights.geometry": ("geometry", "Geometry", "neuron_weights"),
    "weights.spectrum": ("spectrum",),
    "weights.mean_prediction": ("mean_prediction",),
    "weights.unigram": ("Unigram",),
    "weights.neurons": ("null_fraction", "logit_var"),
    # what neurons do
    "engine.scan": ("scan",),
    "engine.tokens": ("token_effects",),
    "measure.effects": ("effects", "compare"),
    "measure.intervals": ("intervals", "mediated_share"),
    # groups of neurons and their controls
    "groups.finding": ("find_groups", "group_criteria", "with_groups"),
    "groups.recorded": ("recorded_groups",),
    "groups.candidates": ("pareto_front", "norm_then_logit_var"),
    "groups.controls": ("controls", "random_heads"),
}
NAMESPACES = ("charts", "induction", "exercises")
HOME = {name: module for module, names in HOMES.items() for name in names}

__all__ = [*HOME, *NAMESPACES]


def __getattr__(name: str) -> Any:
    if name in NAMESPACES:
        return import_module(f"{__name__}.{name}")
    if name in HOME:
        return getattr(import_module(f"{__name__}.{HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
