"""Snapshots: planned steps, whole files, and nothing of a damaged one is used."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file, save_file

from confidence_neurons.growing import snapshots
from confidence_neurons.growing.network import build_network, named_weights
from confidence_neurons.growing.recipe import PROSE
from confidence_neurons.growing.snapshots import (
    load_snapshot,
    save_snapshot,
    snapshot_path,
    snapshot_paths,
    snapshot_steps,
)
from confidence_neurons.growing.training import train
from growing.conftest import prose_settling

NORM = "gpt_neox.final_layer_norm.weight"


def test_snapshots_stand_at_the_steps_that_were_planned(recipe, mixture, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "FIRST_SNAPSHOT", 2)
    train(recipe, mixture, tmp_path, compiled=False)
    found = sorted(file.name for file in (tmp_path / "snapshots").iterdir())
    expected = [f"step-{step:06d}.safetensors" for step in snapshot_steps(recipe)]
    assert found == expected
    assert len(found) > 2
    first = load_file(tmp_path / "snapshots" / found[0])
    for name, weights in build_network(recipe).named_parameters():
        assert torch.equal(first[name], weights), name


@pytest.mark.parametrize("steps", [11_000, 1000, 50_000])
def test_snapshot_steps_are_logarithmic(steps):
    chosen = snapshot_steps(replace(PROSE, steps=steps, settling=None))
    assert 20 <= len(chosen) <= 30
    assert chosen[0] == 0
    assert chosen[1] == snapshots.FIRST_SNAPSHOT
    assert chosen[-1] == steps
    assert chosen == sorted(set(chosen))
    ratios = [later / earlier for earlier, later in pairwise(chosen[1:])]
    assert max(ratios) / min(ratios) < 1.1


def test_settling_adds_a_few_snapshots_to_the_same_logarithmic_ones():
    chosen, start = snapshot_steps(PROSE), prose_settling().start
    assert [step for step in chosen if step <= start] == snapshot_steps(
        replace(PROSE, steps=start, settling=None)
    )
    later = [step for step in chosen if step > start]
    assert len(later) == snapshots.SETTLING_SNAPSHOTS
    assert later[-1] == PROSE.steps
    assert len(chosen) <= 30


@pytest.mark.parametrize("steps", [1, 2, 6, 16, 17])
def test_even_a_short_run_has_a_first_and_a_last_snapshot(recipe, steps):
    chosen = snapshot_steps(replace(recipe, steps=steps))
    assert chosen[0] == 0
    assert chosen[-1] == steps
    assert all(0 <= step <= steps for step in chosen)


def test_a_snapshot_comes_back(recipe, tmp_path):
    network = build_network(replace(recipe, seed=1))
    save_snapshot(tmp_path, network, 3)
    back = named_weights(load_snapshot(recipe, snapshot_path(tmp_path, 3)))
    assert all(torch.equal(back[name], weight) for name, weight in named_weights(network).items())
    assert [file.name for file in (tmp_path / "snapshots").iterdir()] == ["step-000003.safetensors"]


def test_paths_are_those_of_the_steps_so_far(recipe, tmp_path):
    network = build_network(recipe)
    save_snapshot(tmp_path, network, 0)
    assert snapshot_paths(recipe, tmp_path, last=5) == {0: snapshot_path(tmp_path, 0)}
    with pytest.raises(FileNotFoundError, match=r"step-000006.*one of 1 of 2 snapshots"):
        snapshot_paths(recipe, tmp_path)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda weights: weights.pop(NORM), NORM),
        (lambda weights: weights.update({NORM: torch.ones(3)}), r"\[16\], got \[3\]"),
        (lambda weights: weights.update(extra=torch.ones(3)), "expected extra of shape none"),
    ],
    ids=["missing", "misshapen", "unexpected"],
)
def test_a_snapshot_of_other_weights_is_refused(recipe, tmp_path, spoil, named):
    weights = named_weights(build_network(recipe))
    spoil(weights)
    save_file(weights, tmp_path / "step.safetensors")
    with pytest.raises(ValueError, match=rf"step\.safetensors is damaged.*{named}.*grows anew"):
        load_snapshot(recipe, tmp_path / "step.safetensors")
