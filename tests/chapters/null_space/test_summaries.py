"""The chapter's tables say what was measured, with intervals."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.null_space import summaries
from confidence_neurons_book.null_space.readers import (
    random_basis,
    reading,
    scale_without,
    token_frame,
)
from confidence_neurons_book.null_space.summaries import (
    UNREAD,
    by_size,
    crowd,
    layer_intervals,
    without_directions,
)
from confidence_neurons_book.null_space.writers import neuron_shares, parts_of


@pytest.fixture(scope="module")
def model():
    return references.light(references.tiny_pair("llama")[1])


@pytest.fixture(scope="module")
def parts(model):
    return parts_of(model, references.tokens_for(rows=3), cn.geometry(model, k=4))


def test_changes_stand_in_their_own_row_and_column(model):
    tokens = references.tokens_for(rows=3)
    bases = {"b": random_basis(32, 3), "a": random_basis(32, 3, seed=1)}
    clean = reading(model, tokens, bases["a"])
    missing = {name: reading(model, tokens, bases["a"], basis) for name, basis in bases.items()}
    readings = {("attention", name): each for name, each in missing.items()}
    readings |= {("scale", name): scale_without(model, clean, bases[name]) for name in bases}
    frame = without_directions(model, clean, readings)
    assert frame.index.tolist() == list(UNREAD)
    assert frame.columns.tolist() == ["b", "a"]
    before = token_frame(model, clean)
    for row, (quantity, reader) in UNREAD.items():
        for name in bases:
            after = token_frame(model, readings[reader, name])
            change = (after[quantity] - before[quantity]).mean()
            assert frame.loc[row, name].split()[0] == f"{change:z.2f}"


def test_sizes_change_what_is_held_and_written(model, parts):
    frame = by_size(model, parts, [2, 4])
    assert frame["k"].tolist() == [2, 4]
    assert frame["by chance"].tolist() == [f"{(k / 32) ** 0.5:.2f}" for k in (2, 4)]
    held = [float(words.split()[0]) for words in frame["held"]]
    assert held[0] < held[1]
    layers = layer_intervals(parts)
    last = layers.query("kind == 'MLP' and layer == 1").set_index("component")
    found = frame.iloc[1]["last MLP"].split()[0]
    assert float(found) == pytest.approx(last.loc["null part, what varies", "estimate"], abs=0.006)


def test_the_crowd_is_what_writes_into_the_null_space(model, parts, monkeypatch):
    monkeypatch.setattr(summaries, "HIGH", 0.4)
    frame = crowd(model, parts, [0, 1])
    rho = cn.neuron_weights(model, k=4)["null_fraction"]
    many = int((rho > 0.4).sum())
    assert many > 0
    assert frame["neurons"].tolist() == [len(rho), many, many, 2]
    written = neuron_shares(model, parts, {"all": range(len(rho))})
    share = written["written"].mean() / written["length"].mean()
    assert frame["share"].iloc[0].split()[0] == f"{share:z.2f}"


def test_intervals_hold_their_estimate(parts):
    layers = layer_intervals(parts)
    assert (layers["low"] <= layers["estimate"]).all()
    assert (layers["estimate"] <= layers["high"]).all()
    assert torch.isfinite(torch.tensor(layers["estimate"].to_numpy())).all()
