"""Bad input to the public face: a clear error of the library's own, at once, never a number."""

import inspect
import signal
import traceback
from pathlib import Path
from types import FunctionType

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import confidence_neurons as cn
from confidence_neurons.checks import CHECKS
from refusals import BAD, KINDS, VALID, Nothing

LIBRARY = Path(cn.__file__).parent
CLEAR = (TypeError, ValueError, FileNotFoundError, NotImplementedError, ConnectionError)
SECONDS = 20


def function(name):
    module, _, short = name.rpartition(".")
    return getattr(getattr(cn, module) if module else cn, short)


def public_functions():
    for prefix in ("", *(f"{name}." for name in cn.NAMESPACES)):
        module = getattr(cn, prefix.rstrip(".")) if prefix else cn
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, FunctionType) and inspect.signature(value).parameters:
                yield prefix + name


def assert_refused(name, argument, value):
    """The call raises a documented error, from within the library, with something to say."""
    arguments = {**VALID[name](), argument: value}

    def too_long(*_):
        pytest.fail(f"{name} hangs on {argument}={value!r}")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    try:
        with pytest.raises(CLEAR) as refusal:
            function(name)(**arguments)
    finally:
        signal.alarm(0)
    raised_in = Path(traceback.extract_tb(refusal.tb)[-1].filename)
    assert LIBRARY in raised_in.parents, f"raised in {raised_in}: {refusal.value}"
    assert len(str(refusal.value)) > 20


CASES = [
    (name, argument, index)
    for name, arguments in VALID.items()
    for argument in BAD
    if argument in inspect.signature(function(name)).parameters
    for index in range(len(BAD[argument]))
]


def test_every_public_function_has_valid_arguments_and_every_argument_a_check_and_a_kind():
    assert set(VALID) == set(public_functions()) - {"charts.enable_theme"}
    for name, arguments in VALID.items():
        parameters = set(inspect.signature(function(name)).parameters)
        assert set(arguments()) <= parameters
        assert parameters <= set(CHECKS), name
        if not name.startswith("charts."):
            assert parameters <= set(KINDS), name


@pytest.mark.parametrize("name", VALID)
def test_valid_arguments_are_accepted(name):
    function(name)(**VALID[name]())


@pytest.mark.parametrize(("name", "argument", "index"), CASES)
def test_a_wrong_value_is_refused(name, argument, index):
    assert_refused(name, argument, BAD[argument][index])


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.complex_numbers(),
    st.sampled_from(
        [
            Nothing(),
            Nothing,
            len,
            np.zeros(3),
            np.zeros((2, 2), dtype=complex),
            pd.Series([1.0]),
            pd.DataFrame({"a": [1]}),
            torch.zeros(2, 2),
            torch.zeros(3, dtype=torch.complex64),
            torch.tensor([True]),
            range(0),
            iter([1]),
        ]
    ),
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
@given(st.data())
def test_a_value_of_another_type_is_refused(data):
    name = data.draw(st.sampled_from(sorted(VALID)))
    arguments = sorted(set(VALID[name]()) & set(KINDS))
    argument = data.draw(st.sampled_from(arguments))
    optional = inspect.signature(function(name)).parameters[argument].default is None
    kind = KINDS[argument]

    def may_be(value):
        if value is None:
            return optional
        if isinstance(value, bool):
            return kind is bool
        return isinstance(value, kind)

    value = data.draw(JUNK.filter(lambda value: not may_be(value)))
    assert_refused(name, argument, value)
