"""A tiny model with groups and texts, as the chapter has them for real ones."""

import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.causal_effects.subjects import Subject


@pytest.fixture(scope="package")
def subject():
    model, _ = references.tiny_pair("neox-serial")
    return Subject(
        "tiny",
        model,
        {"entropy": [4, 9], "equal norm": [2, 7], "equal rho": [1, 3], "random": [0, 5]},
        {"a": references.tokens_for(rows=3, seed=0)},
        cn.run(model, references.tokens_for(rows=4, seed=7)),
        cn.geometry(model, k=3).null_space,
        3,
    )


@pytest.fixture(scope="package")
def state(subject):
    return cn.run(subject.model, subject.texts["a"])
