"""The definition's two tests, their chance level, and the control at the same angle."""

import numpy as np
import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction import choosing
from confidence_neurons_book.frequency_direction.putting_back import neuron_effects, written

COUNTS = references_ablation.counts_for()
UNIGRAM = cn.Unigram.from_counts(COUNTS)


@pytest.fixture(scope="module")
def case():
    model = references_ablation.loud_model("llama")
    space = cn.geometry(model, k=2, counts=COUNTS)
    return model, cn.run(model, references.tokens_for(rows=3)), space


def test_cosines_are_the_library_s(case):
    model, _, space = case
    found = choosing.cosines(model, space, UNIGRAM)
    expected = cn.neuron_weights(model, k=2, counts=COUNTS)["frequency_cosine"]
    assert found["cosine"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-5)


def test_one_random_write_in_a_hundred_is_above_chance(case):
    _, _, space = case
    limit = choosing.cosine_by_chance(space, UNIGRAM)
    writes = torch.randn(4000, len(space.unembedding), generator=torch.Generator().manual_seed(9))
    logits = writes @ space.unembedding
    size = (torch.nn.functional.normalize(logits, dim=-1) @ UNIGRAM.direction).abs()
    assert float((size > limit).float().mean()) == pytest.approx(0.01, abs=0.006)


def test_who_writes_along_u_is_tested_for_acting_through_it(case):
    model, state, space = case
    along = choosing.cosines(model, space, UNIGRAM)
    chance = float(along["cosine"].abs().median())
    found = choosing.choose(model, state, along, UNIGRAM, chance, median=0.0)
    assert set(found["neuron"]) == set(along.loc[along["cosine"].abs() > chance, "neuron"])
    assert found["effect"].is_monotonic_decreasing
    scanned = cn.scan(model, state.tokens, frequency=True, counts=COUNTS, k=2).set_index("neuron")
    expected = scanned.loc[found["neuron"], "entropy_frequency_mediated"]
    assert found["share"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-2)
    assert (found["frequency"] == (found["share"] > 0.5)).all()
    strict = choosing.choose(model, state, along, UNIGRAM, chance, found["effect"].max())
    assert not strict["frequency"].any()  # none of them is awake


def test_shares_by_path_and_by_neuron(case):
    model, state, space = case
    effects = neuron_effects(model, state, [1, 2], {"u": UNIGRAM.direction}, UNIGRAM)
    paths = {"u": "put back", "frozen": "scale frozen"}
    found = choosing.by_path(effects, "neuron", paths, ["entropy", "kl"])
    for row in found.to_dict("records"):
        part = effects[effects["neuron"] == row["neuron"]]
        path = {name: path for path, name in paths.items()}[row["closed"]]
        left, total = (part[f"{row['quantity']}_{p}"].abs().mean() for p in (path, "total"))
        assert row["estimate"] == pytest.approx(1 - left / total, abs=1e-5)
    along = choosing.cosines(model, space, UNIGRAM)
    told = choosing.reported(effects.assign(group="g"), "u", along)
    assert told["cosine"].tolist() == along.loc[[1, 2], "cosine"].tolist()
    size = effects.groupby("neuron")["entropy_total"].apply(lambda values: values.abs().mean())
    assert told["effect"].tolist() == pytest.approx(size.tolist())


def test_the_control_stands_at_the_angle_of_u(case):
    model, _, _ = case
    neurons = [0, 3, 5]
    unit = torch.nn.functional.normalize(written(model, neurons), dim=-1)
    first, second = (choosing.same_angle(model, neurons, UNIGRAM, seed) for seed in (0, 1))
    assert first.norm(dim=-1).allclose(torch.ones(3))
    assert (first.sum(dim=-1).abs() < 1e-3).all()
    for each in (first, second):
        assert (each * unit).sum(-1).allclose(unit @ UNIGRAM.direction, atol=1e-5)
    assert not np.allclose(first, second)
