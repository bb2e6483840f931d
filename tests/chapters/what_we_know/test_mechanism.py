"""Claims about how neurons act, against means and correlations that are computed here."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.putting_back import neuron_effects
from confidence_neurons_book.null_space.writing import written_entropy
from confidence_neurons_book.what_we_know import claims, mechanism


def by_group(found):
    assert found.columns.tolist() == claims.COLUMNS
    assert (found["low"] <= found["estimate"] + 1e-9).all()
    return found.set_index("group")["estimate"]


def share(effects, direct, total):
    return 1 - effects[direct].abs().mean() / effects[total].abs().mean()


def test_null_writes_are_told_by_the_share_that_goes_through_the_scale(subject, state):
    found = by_group(mechanism.null_directions(subject, state, every=1))
    space = cn.geometry(subject.model, k=3)
    quietest = space.spectrum.directions[:, -2:-1].T  # the last one is exactly null
    written = written_entropy(subject.model, state, {"w": quietest}, [mechanism.STRENGTH])
    means = written.groupby("written")["change"].mean()
    assert found[claims.NAMED] == pytest.approx(1 - means["w, scale frozen"] / means["w"])
    assert found[claims.CONTROL] < found[claims.NAMED]


def test_entropy_neurons_stand_beside_those_of_equal_rho(subject):
    found = by_group(mechanism.entropy_neurons(subject, subject.texts["a"]))
    for group, kind in {claims.NAMED: "entropy", claims.CONTROL: "equal rho"}.items():
        effects = cn.token_effects(subject.model, subject.texts["a"], subject.groups[kind])
        expected = share(effects, "entropy_direct", "entropy_total")
        assert found[group] == pytest.approx(expected, abs=1e-5)


def test_marks_are_rank_correlations_over_the_layer(subject):
    found = mechanism.marks(subject)
    ranks = cn.neuron_weights(subject.model, k=3).corr("spearman")["null_fraction"]
    of_claim = found[found["group"] == claims.NAMED].set_index("claim")["estimate"]
    assert of_claim[claims.NORM] == pytest.approx(ranks["weight_norm"], abs=1e-6)
    assert of_claim[claims.LOGIT_VAR] == pytest.approx(-ranks["logit_var"], abs=1e-6)
    assert set(found["model"]) == {"tiny"}
    assert (found["low"] < found["high"]).all()


def test_frequency_neurons_stand_beside_another_direction_at_the_same_angle(subject, state):
    counts = torch.arange(1, 1 + subject.model.cfg.d_vocab)
    unigram, neurons = Unigram.from_counts(counts), [4, 9, 1]
    found = by_group(mechanism.frequency_neurons(subject, state, neurons, unigram))
    effects = neuron_effects(subject.model, state, neurons, {"u": unigram.direction}, unigram)
    expected = share(effects, "entropy_u", "entropy_total")
    assert found[claims.NAMED] == pytest.approx(expected, abs=1e-5)
    level = torch.zeros_like(state.mean_activations())
    held = by_group(mechanism.frequency_neurons(subject, state, neurons, unigram, level))
    assert not pd.Series(held).equals(pd.Series(found))
