"""The optimiser: what it moves, and what a rotated basis changes."""

import copy
from dataclasses import replace

import pytest
import torch

from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.optimizer import (
    build_optimizer,
    random_rotation,
    stream_dimensions,
    turn,
)
from confidence_neurons.growing.training import next_token_loss

TOKENS = torch.randint(1, 280, (4, 12), generator=torch.Generator().manual_seed(0))


def test_weight_decay_falls_on_matrices_only(recipe):
    network = build_network(recipe)
    decay = {
        parameter: group["weight_decay"]
        for group in build_optimizer(recipe, network).param_groups
        for parameter in group["params"]
    }
    assert len(decay) == len(list(network.parameters()))
    for parameter in network.parameters():
        assert decay[parameter] == (recipe.weight_decay if parameter.ndim == 2 else 0)


def test_a_gain_that_is_not_learned_is_not_moved(recipe):
    network = build_network(replace(recipe, learned_gain=False))
    take_step(replace(recipe, learned_gain=False), network)
    assert (network.gpt_neox.final_layer_norm.weight == 1).all()
    learned = build_network(recipe)
    take_step(recipe, learned)
    assert not (learned.gpt_neox.final_layer_norm.weight == 1).all()


def test_a_rotation_is_orthogonal_and_depends_on_the_seed():
    one, same, other = (random_rotation(16, seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)
    assert torch.allclose(one @ one.T, torch.eye(16), atol=1e-6)


@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_of_the_stream_is_turned_on_its_side(recipe, tied):
    network = build_network(replace(recipe, tied=tied))
    sides = stream_dimensions(network)
    for name, parameter in network.named_parameters():
        of_the_stream = [side for side, size in enumerate(parameter.shape) if size == 16]
        if "attention.dense.weight" in name:
            of_the_stream = [0]  # square: its input are the heads
        assert sides.get(parameter) == (of_the_stream[0] if of_the_stream else None), name
    assert len(sides) == (15 if tied else 16) - 2  # the biases of queries and of neurons are not


def test_turning_back_gives_the_parameters_again(recipe):
    network, rotation = build_network(recipe), random_rotation(16, 0)
    before = copy.deepcopy(network)
    sides = stream_dimensions(network)
    turn(sides, rotation)
    name = "gpt_neox.embed_in.weight"
    assert not torch.allclose(network.get_parameter(name), before.get_parameter(name))
    turn(sides, rotation.T)
    for one, other in zip(network.parameters(), before.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def take_step(recipe, network):
    optimizer = build_optimizer(recipe, network)
    next_token_loss(network, TOKENS).backward()
    optimizer.step()
    return optimizer


def test_a_step_in_a_rotated_basis_is_adams_step_there(recipe):
    """The first step of Adam moves each coordinate by the learning rate: there, and only there."""
    recipe = replace(recipe, weight_decay=0.0, rotated=True)
    network = build_network(recipe)
    embedding = network.get_parameter("gpt_neox.embed_in.weight")
    before = embedding.detach().clone()
    take_step(recipe, network)
    moved = embedding.detach() - before
    seen = moved[TOKENS[0, 0]]
    rotated = random_rotation(16, recipe.seed) @ seen
    assert rotated.abs() == pytest.approx(torch.full((16,), recipe.learning_rate), rel=1e-2)
    assert seen.abs() != pytest.approx(torch.full((16,), recipe.learning_rate), rel=1e-1)


def test_without_moments_of_its_own_a_rotation_changes_nothing(recipe):
    """A huge epsilon makes Adam a plain descent, which has no basis."""
    networks = []
    for rotated in (False, True):
        knobs = replace(recipe, rotated=rotated, weight_decay=0.0)
        network = build_network(knobs)
        optimizer = build_optimizer(knobs, network)
        for group in optimizer.param_groups:
            group.update(eps=1e6, lr=1e3)
        for _ in range(3):
            next_token_loss(network, TOKENS).backward()
            optimizer.step()
            optimizer.zero_grad()
        networks.append(network)
    for one, other in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
