"""Growing: interrupted or not, the same weights to the last bit."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file

import references
from confidence_neurons.growing import training
from confidence_neurons.growing.checkpoint import load_checkpoint, save_checkpoint
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.network import build_network, set_weights
from confidence_neurons.growing.optimizer import build_optimizer
from confidence_neurons.growing.recipe import PROSE, Settling
from confidence_neurons.growing.snapshots import snapshot_path
from confidence_neurons.growing.training import learning_rate, next_token_loss, train
from growing.conftest import prose_settling


class Interrupted(Exception):
    """Stands for whatever kills a run."""


class Watched(Mixture):
    """A mixture that notes the steps asked for, and may stop the run at one of them."""

    stop_at: int | None
    steps: list[int]

    def __init__(self, mixture, stop_at=None):
        super().__init__(mixture.recipe, mixture.tokens, mixture.unigram)
        vars(self).update(stop_at=stop_at, steps=[])

    def batch(self, step):
        if step == self.stop_at:
            raise Interrupted
        self.steps.append(step)
        return super().batch(step)


def grown(directory) -> dict[str, torch.Tensor]:
    """Everything a run leaves behind: weights, moments, every snapshot."""
    return {
        f"{file.relative_to(directory)}/{name}": tensor
        for file in sorted(directory.rglob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"frozen_scale": 1.0},
        {"final_norm": "rms", "learned_gain": False, "dropout": 0.1, "rotated": True},
    ],
    ids=["layer", "frozen", "every knob"],
)
@pytest.mark.parametrize("stop_at", [3, 4])
def test_a_run_that_was_interrupted_gives_the_same_bits(
    recipe, mixture, tmp_path, monkeypatch, knobs, stop_at
):
    recipe = replace(recipe, **knobs)
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 2)
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    train(recipe, mixture, straight, compiled=False)

    before = Watched(mixture, stop_at)
    with pytest.raises(Interrupted):
        train(recipe, before, stopped, compiled=False)
    assert before.steps == list(range(stop_at))
    assert not (stopped / "snapshots" / "step-000006.safetensors").exists()

    torch.manual_seed(123)  # another process would not have the first one's state
    after = Watched(mixture)
    train(recipe, after, stopped, compiled=False)
    last_checkpoint = stop_at // 2 * 2
    assert after.steps == list(range(last_checkpoint, recipe.steps))
    assert_same_bits(grown(straight), grown(stopped))


def test_two_runs_give_the_same_bits_and_another_seed_others(recipe, mixture, tmp_path):
    for name in ("one", "same"):
        train(recipe, mixture, tmp_path / name, compiled=False)
    other = replace(recipe, seed=1)
    train(other, replace(mixture, recipe=other), tmp_path / "other", compiled=False)
    one = grown(tmp_path / "one")
    assert_same_bits(one, grown(tmp_path / "same"))
    weights = "checkpoint.safetensors/weights/gpt_neox.embed_in.weight"
    assert not torch.equal(one[weights], grown(tmp_path / "other")[weights])


def test_growing_lowers_the_loss(recipe, mixture, tmp_path):
    recipe = replace(recipe, steps=30, learning_rate=1e-2)
    train(recipe, replace(mixture, recipe=recipe), tmp_path, compiled=False)
    tokens = mixture.batch(1000)
    losses = []
    for step in (0, 30):
        network = build_network(recipe)
        set_weights(network, load_file(snapshot_path(tmp_path, step)))
        with torch.no_grad():
            losses.append(next_token_loss(network, tokens).item())
    assert losses[1] < losses[0] - 0.3


def test_a_model_that_diverges_is_caught_at_once(recipe, mixture, tmp_path):
    recipe = replace(recipe, steps=60, learning_rate=1e30)
    watched = Watched(replace(mixture, recipe=recipe))
    with pytest.raises(ValueError, match=r"tiny: .*a number, got nan at step .*learning_rate"):
        train(recipe, watched, tmp_path, compiled=False)
    assert watched.steps[-1] < 10


def test_dropout_changes_what_is_grown(recipe, mixture, tmp_path):
    train(recipe, mixture, tmp_path / "without", compiled=False)
    train(replace(recipe, dropout=0.2), mixture, tmp_path / "with", compiled=False)
    last = "snapshots/step-000006.safetensors"
    one, other = (load_file(tmp_path / name / last) for name in ("without", "with"))
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_finished_run_is_not_grown_further(recipe, mixture, tmp_path):
    seconds = train(recipe, mixture, tmp_path, compiled=False)
    finished = grown(tmp_path)
    again = Watched(mixture)
    assert train(recipe, again, tmp_path, compiled=False) >= seconds > 0
    assert again.steps == []
    assert_same_bits(finished, grown(tmp_path))


def test_a_run_that_lost_a_snapshot_is_not_gone_on_with(recipe, mixture, tmp_path):
    train(recipe, mixture, tmp_path, compiled=False)
    snapshot_path(tmp_path, 0).unlink()
    with pytest.raises(FileNotFoundError, match=r"step-000000.*Delete checkpoint"):
        train(recipe, mixture, tmp_path, compiled=False)


@pytest.mark.parametrize("changed", [{"steps": 4}, {"steps": 9}, {"learning_rate": 1.0}])
def test_a_run_of_another_recipe_is_not_gone_on_with(recipe, mixture, tmp_path, changed):
    train(recipe, mixture, tmp_path, compiled=False)
    finished = grown(tmp_path)
    with pytest.raises(ValueError, match=next(iter(changed))):
        train(replace(recipe, **changed), mixture, tmp_path, compiled=False)
    assert_same_bits(finished, grown(tmp_path))


@pytest.mark.parametrize("part", ["growing", "settling"])
def test_the_learning_rate_warms_up_and_comes_down_to_nothing(part):
    settling = prose_settling()
    if part == "growing":
        first, last, warmup, peak = 0, settling.start, PROSE.warmup_steps, PROSE.learning_rate
    else:
        first, last = settling.start, PROSE.steps
        warmup, peak = settling.warmup_steps, settling.learning_rate
    rates = [learning_rate(PROSE, step) for step in range(first, last)]
    assert max(rates) == peak
    assert rates.index(max(rates)) in (warmup - 1, warmup)
    assert rates[0] == pytest.approx(peak / warmup)
    assert all(later > earlier for earlier, later in pairwise(rates[:warmup]))
    assert all(later < earlier for earlier, later in pairwise(rates[warmup:]))
    assert rates[(warmup + len(rates)) // 2] == pytest.approx(peak / 2, rel=1e-2)
    assert 0 <= rates[-1] < 1e-3 * peak


def test_settling_begins_from_rounded_weights_and_an_optimiser_without_a_past(
    recipe, mixture, tmp_path, monkeypatch
):
    settling = Settling(
        start=4,
        warmup_steps=1,
        learning_rate=1e-3,
        corrupted_share=0.5,
        repeated_share=0.1,
        corruption_exponent=2.0,
    )
    settled = replace(recipe, settling=settling)
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 2)
    straight, shipped = tmp_path / "straight", tmp_path / "shipped"
    train(settled, replace(mixture, recipe=settled), straight, compiled=False)

    # The same from weights in half precision, all that a shipped model has.
    with pytest.raises(Interrupted):
        train(settled, Watched(replace(mixture, recipe=settled), 4), shipped, compiled=False)
    path = shipped / "checkpoint.safetensors"
    network = build_network(settled)
    optimizer = build_optimizer(settled, network)
    load_checkpoint(path, network, optimizer, settled)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.half())
            for moment in ("exp_avg", "exp_avg_sq"):
                optimizer.state[parameter][moment].fill_(7.0)
    save_checkpoint(path, network, optimizer, settled, step=4, seconds=1.0)
    train(settled, replace(mixture, recipe=settled), shipped, compiled=False)
    last = "snapshots/step-000006.safetensors"
    one, other = load_file(straight / last), load_file(shipped / last)
    assert_same_bits(one, other)


def test_the_loss_is_the_mean_over_all_tokens_that_have_a_next_one(recipe, mixture):
    network, tokens = build_network(recipe), mixture.batch(0)[:2, :6]
    with torch.no_grad():
        logits, loss = network(tokens).logits, next_token_loss(network, tokens)
    losses = [
        -torch.tensor(references.softmax(logits[row, place].tolist()))[tokens[row, place + 1]].log()
        for row in range(2)
        for place in range(5)
    ]
    assert loss.item() == pytest.approx(torch.stack(losses).sum().item() / 10, rel=1e-5)
