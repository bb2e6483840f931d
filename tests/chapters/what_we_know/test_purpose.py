"""Claims about what entropy neurons are for, against the library's general functions."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.causal_effects.dial import Dial
from confidence_neurons_book.causal_effects.hands import turns
from confidence_neurons_book.induction.responses import response, take_back
from confidence_neurons_book.what_we_know import claims, purpose

GROUPS = {claims.NAMED: "entropy", claims.CONTROL: "equal norm"}
PERIOD = 5


def by_group(found):
    assert found.columns.tolist() == claims.COLUMNS
    return found.set_index("group")["estimate"]


def test_hedging_is_what_the_response_of_the_strongest_adds(subject):
    tokens = cn.repeated_prose(references.tokens_for(rows=4, seed=3), PERIOD)
    found = by_group(purpose.hedging(subject, tokens, PERIOD))
    state = cn.run(subject.model, tokens)
    first, second = (state.at(copy) for copy in cn.induction.copy_masks(tokens, PERIOD))
    back = take_back(subject.model, second, response(second, first), {"it": [4]}, ("entropy",))
    assert found[claims.NAMED] == pytest.approx(-back["entropy_total"].mean(), abs=1e-7)
    assert found.index.tolist() == [claims.NAMED, claims.CONTROL]


def test_controllers_are_rank_correlations_of_turn_and_need(subject, state):
    found = by_group(purpose.controllers(subject, state))
    dial = Dial.of(subject.model, state)
    for name, group in GROUPS.items():
        turn = turns(subject, state)[group]
        rest = dial.read(-turn)
        ranks = torch.stack([turn, rest["loss"] - rest["entropy"]]).argsort().argsort().double()
        assert found[name] == pytest.approx(float(torch.corrcoef(ranks)[0, 1]), abs=1e-6)


def test_costs_are_rises_of_the_mean_loss_at_rest(subject, state):
    found = purpose.costs(subject, state, "a")
    assert set(found["claim"]) == {claims.of_use("a")}
    clean = cn.read(subject.model, state, "loss")["loss"].mean()
    level = subject.reference.mean_activations()
    for name, group in GROUPS.items():
        rested = cn.ablate(subject.model, state, subject.groups[group], to=level)
        rise = cn.read(subject.model, rested, "loss")["loss"].mean() - clean
        assert by_group(found)[name] == pytest.approx(rise, abs=1e-6)
