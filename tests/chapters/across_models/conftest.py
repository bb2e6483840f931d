"""`prose` on a few rows, measured once."""

import pytest

import confidence_neurons as cn
from confidence_neurons_book.across_models.measured import Measured, measure


@pytest.fixture(scope="package")
def measured() -> Measured:
    model = cn.load_light("prose")
    noise = cn.corrupt(cn.prose_tokens(model, 64, 6), 0.5, cn.unigram_counts("prose"), seed=0)
    return measure("prose, half noise", model, noise, k=5)
