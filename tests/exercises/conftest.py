"""Each test begins a session of its own."""

import pytest

from confidence_neurons.exercises.progress import SESSION


@pytest.fixture(autouse=True)
def a_session_of_its_own():
    SESSION.clear()
    yield
    SESSION.clear()
