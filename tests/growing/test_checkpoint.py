"""Checkpoints: everything comes back, and a write that fails costs nothing."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from confidence_neurons.growing import checkpoint
from confidence_neurons.growing.checkpoint import load_checkpoint, save_checkpoint
from confidence_neurons.growing.files import read_tensors
from confidence_neurons.growing.recipe import PROSE


def trained(seed: int, steps: int) -> tuple[nn.Linear, torch.optim.AdamW]:
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, fused=True)
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    for _ in range(steps):
        layer(torch.randn(4, 3, generator=generator)).pow(2).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return layer, optimizer


def state(layer: nn.Module, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [
        tensor.clone()
        for parameter in layer.parameters()
        for tensor in (parameter.detach(), *map(optimizer.state[parameter].get, checkpoint.MOMENTS))
    ]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_weights_moments_step_and_seconds_come_back(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    before = trained(0, steps=3)
    save_checkpoint(path, *before, PROSE, step=3, seconds=12.5)
    after = trained(1, steps=1)
    assert not same(state(*before), state(*after))
    assert load_checkpoint(path, *after, PROSE) == (3, 12.5)
    assert same(state(*before), state(*after))


def test_the_next_step_is_the_same_as_without_a_stop(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    before, after = trained(0, steps=3), trained(1, steps=1)
    save_checkpoint(path, *before, PROSE, step=3, seconds=0.0)
    load_checkpoint(path, *after, PROSE)
    for layer, optimizer in (before, after):
        layer(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    assert same(state(*before), state(*after))


def test_a_write_that_fails_half_way_leaves_the_previous_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.safetensors"
    first = trained(0, steps=2)
    save_checkpoint(path, *first, PROSE, step=2, seconds=1.0)
    whole = path.read_bytes()

    def killed(tensors, file, metadata):
        file.write_bytes(whole[: len(whole) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_file", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, *trained(0, steps=4), PROSE, step=4, seconds=2.0)
    assert path.read_bytes() == whole
    after = trained(1, steps=1)
    assert load_checkpoint(path, *after, PROSE) == (2, 1.0)
    assert same(state(*first), state(*after))


def test_a_new_checkpoint_replaces_the_old_one_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, *trained(0, steps=2), PROSE, step=2, seconds=1.0)
    second = trained(0, steps=4)
    save_checkpoint(path, *second, PROSE, step=4, seconds=2.0)
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.safetensors"]
    after = trained(1, steps=1)
    assert load_checkpoint(path, *after, PROSE) == (4, 2.0)
    assert same(state(*second), state(*after))


@pytest.mark.parametrize(
    "changed", [{"learning_rate": 1.0}, {"settling": None}, {"betas": (0.0, 1.0)}]
)
def test_a_checkpoint_of_another_recipe_is_refused_and_says_what_differs(tmp_path, changed):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, *trained(0, steps=2), PROSE, step=2, seconds=1.0)
    after = trained(1, steps=1)
    untouched = state(*after)
    with pytest.raises(ValueError, match=next(iter(changed))):
        load_checkpoint(path, *after, replace(PROSE, **changed))
    assert same(state(*after), untouched)


def test_a_knob_that_a_checkpoint_does_not_know_was_at_its_default(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, *trained(0, steps=2), PROSE, step=2, seconds=1.0)
    tensors, record = read_tensors(path, "")
    written = json.loads(record["recipe"])
    del written["dropout"]
    save_file(tensors, path, metadata=record | {"recipe": json.dumps(written)})
    assert load_checkpoint(path, *trained(1, steps=1), PROSE) == (2, 1.0)
    with pytest.raises(ValueError, match=r"dropout 0\.0 where 0\.1"):
        load_checkpoint(path, *trained(1, steps=1), replace(PROSE, dropout=0.1))


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1])


def without_record(path):
    save_file(load_file(path), path)


def without_moment(path):
    tensors, record = read_tensors(path, "")
    del tensors["exp_avg/bias"]
    save_file(tensors, path, metadata=record)


def misshapen(path):
    tensors, record = read_tensors(path, "")
    save_file(tensors | {"weights/bias": torch.ones(1)}, path, metadata=record)


@pytest.mark.parametrize("spoil", [truncated, without_record, without_moment, misshapen])
def test_a_damaged_checkpoint_is_named_and_changes_nothing(tmp_path, spoil):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, *trained(0, steps=2), PROSE, step=2, seconds=1.0)
    spoil(path)
    after = trained(1, steps=1)
    untouched = state(*after)
    with pytest.raises(ValueError, match=r"checkpoint\.safetensors is damaged.*Delete it"):
        load_checkpoint(path, *after, PROSE)
    assert same(state(*after), untouched)
