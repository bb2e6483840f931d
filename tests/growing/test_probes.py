"""What is measured on: each kind is what it is called, and none was trained on."""

import numpy as np
import pytest

from confidence_neurons.growing.language import Language
from confidence_neurons.growing.noise import NATURAL
from confidence_neurons.growing.probes import RANDOM, language_probes, prose_probes


@pytest.fixture
def probes(text, recipe):
    return prose_probes(text, recipe)


def test_there_is_a_text_of_each_kind_and_the_last_position_never_counts(probes):
    kinds = ["prose", "unigram", "uniform", "shuffled", "random tokens", *NATURAL]
    assert list(probes) == kinds
    for probe in probes.values():
        assert probe.tokens.shape[1] == 32
        assert (probe.tokens[:, 0] == 0).all()
        assert not probe.at[:, [0, -1]].any()
        assert probe.at[:, 1:-1].all()
        assert np.isnan(probe.optimal_loss)


def test_prose_is_held_out_and_half_of_it_is_replaced(probes, text):
    prose = probes["prose"].tokens.numpy()[:, 1:]
    held_out = np.lib.stride_tricks.sliding_window_view(text.validation, 31)
    assert all((held_out == row).all(axis=1).any() for row in prose)
    for kind in ("unigram", "uniform", "shuffled"):
        changed = probes[kind].tokens.numpy()[:, 1:] != prose
        assert 0.3 < changed.mean() < 0.65, kind
    assert set(np.unique(probes["unigram"].tokens)) <= set(text.training) | {0}
    assert (np.sort(probes["shuffled"].tokens) == np.sort(probes["prose"].tokens)).all()


def test_random_tokens_are_from_the_whole_vocabulary(probes, recipe):
    tokens = probes[RANDOM].tokens.numpy()[:, 1:]
    assert tokens.min() >= 1
    assert tokens.mean() == pytest.approx(recipe.vocab_size / 2, rel=0.1)


@pytest.mark.parametrize("kind", NATURAL)
def test_natural_text_is_another_than_that_of_training(probes, text, kind):
    trained = text.natural(kind)
    places = np.lib.stride_tricks.sliding_window_view(trained, 31)
    rows = probes[kind].tokens.numpy()[:, 1:]
    assert len(rows) > 30
    assert not any((places == row).all(axis=1).any() for row in rows)
    assert set(np.unique(rows)) <= set(trained)


def test_a_language_is_probed_by_temperature(recipe):
    language = Language(content=10, rank=3, temperatures=(0.3, 3.0))
    probes = language_probes(language, recipe)
    assert list(probes) == ["all", "0.3", "3"]
    assert (probes["0.3"].at | probes["3"].at).equal(probes["all"].at)
    assert not (probes["0.3"].at & probes["3"].at).any()
    assert not probes["all"].at[:, [0, -1]].any()
    temperature, _ = language.context(probes["all"].tokens.numpy())
    assert (temperature[probes["3"].at.numpy()] == 1).all()
    assert probes["0.3"].optimal_loss < probes["all"].optimal_loss < probes["3"].optimal_loss
    for probe in probes.values():
        assert probe.optimal_loss == pytest.approx(probe.optimal_entropy, abs=0.1)


def test_some_rows_of_a_probe(probes):
    few = probes["prose"].some(1)
    assert few.tokens.shape == (1, 32)
    assert few.at.shape == (1, 32)
