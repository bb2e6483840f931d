"""The one way of refusing bad input: every public function is `checked`, see `kinds`."""

# These modules fill `CHECKS`; whatever else owns a concept adds the check of its own arguments.
from confidence_neurons.checks import models, tensors, texts
from confidence_neurons.checks.kinds import (
    CHECKS,
    FEWEST_POSITIONS,
    TOKEN_TYPES,
    Check,
    Given,
    anything,
    as_list,
    checked,
    finite,
    flag,
    is_frame,
    kind_of,
    need_columns,
    numbers,
    once,
    one_of,
    real,
    size_of,
    some_of,
    whole,
)
from confidence_neurons.checks.texts import is_text

__all__ = [
    "CHECKS",
    "FEWEST_POSITIONS",
    "TOKEN_TYPES",
    "Check",
    "Given",
    "anything",
    "as_list",
    "checked",
    "finite",
    "flag",
    "is_frame",
    "is_text",
    "kind_of",
    "models",
    "need_columns",
    "numbers",
    "once",
    "one_of",
    "real",
    "size_of",
    "some_of",
    "tensors",
    "texts",
    "whole",
]
