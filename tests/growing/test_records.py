"""The record of growth: tidy, complete, and equal to measuring by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

import references
from confidence_neurons.growing import records
from confidence_neurons.growing.network import build_network
from confidence_neurons.growing.records import (
    Probe,
    mean_readings,
    record_growth,
    repeat_losses,
)
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import repeated_random
from confidence_neurons.weights.spectrum import choose_null_dimension, spectrum
from confidence_neurons.weights.unembedding import effective_unembedding

PERIOD = 8
SIZES = {
    "validation_loss": 1,
    "corrupted_loss": 1,
    "first_copy_loss": 1,
    "second_copy_loss": 1,
    "null_dimension": 1,
    "singular_value": 16,
    "weight_norm": 64,
    "logit_var": 64,
    "null_fraction": 64,
    "frequency_cosine": 64,
    "induction_score": 2,
    "final_scale_clean": 1,
    "final_scale_corrupted": 1,
}


@pytest.fixture
def small_probe(monkeypatch):
    monkeypatch.setattr(records, "PERIOD", PERIOD)
    monkeypatch.setattr(records, "SEQUENCES", 3)


def loop_losses(network, tokens: torch.Tensor) -> list[list[float]]:
    """Loss of each prediction of each row, from the Hugging Face model."""
    with torch.no_grad():
        logits = network(tokens).logits
    return [
        [
            -float(np.log(references.softmax(place.tolist())[target]))
            for place, target in zip(places[:-1], row[1:].tolist(), strict=True)
        ]
        for places, row in zip(logits, tokens, strict=True)
    ]


def test_the_probe_is_held_out_prose_its_corruption_and_repeats(recipe, text, small_probe):
    probe = Probe.from_text(text, recipe)
    assert probe.clean.shape == probe.corrupted.shape == (3, recipe.sequence_length)
    assert (probe.clean[:, 0] == text.tokenizer.bos_token_id).all()
    assert probe.clean[:, 1:].flatten().tolist() == text.validation[: 3 * 31].tolist()
    assert (probe.corrupted[:, 0] == probe.clean[:, 0]).all()
    changed = (probe.corrupted != probe.clean)[:, 1:].float().mean().item()
    assert 0.3 < changed < 0.65
    assert probe.repeated.shape == (3, 2 * PERIOD + 1)
    assert torch.equal(probe.repeated[:, 1 : PERIOD + 1], probe.repeated[:, PERIOD + 1 :])
    assert probe.counts.tolist() == text.counts.tolist()


def test_a_text_without_one_held_out_row_is_refused(recipe, text):
    short = replace(text, validation=text.validation[:10])
    with pytest.raises(ValueError, match="held out"):
        Probe.from_text(short, recipe)


def test_a_recipe_too_short_for_the_repeats_is_refused(recipe, text):
    with pytest.raises(ValueError, match=str(2 * records.PERIOD + 1)):
        Probe.from_text(text, recipe)


def test_growth_is_recorded_in_tidy_rows_with_every_measure(recipe, text, small_probe, tmp_path):
    (tmp_path / "snapshots").mkdir()
    for step, seed in ((0, 0), (6, 1)):
        network = build_network(replace(recipe, seed=seed))
        with torch.no_grad():  # a null direction of its own for each snapshot
            embedding = network.get_parameter("gpt_neox.embed_in.weight")
            embedding[:, seed] *= 0.02
            embedding *= 10
        weights = {name: p.detach().clone() for name, p in network.named_parameters()}
        save_file(weights, tmp_path / "snapshots" / f"step-{step:06d}.safetensors")

    table = record_growth(recipe, text, tmp_path)
    assert table.columns.tolist() == ["step", "measure", "index", "value"]
    assert not table.duplicated(["step", "measure", "index"]).any()
    assert np.isfinite(table["value"]).all()
    for step in (0, 6):
        at_step = table[table["step"] == step]
        assert at_step.groupby("measure").size().to_dict() == SIZES
        for _, rows in at_step.groupby("measure"):
            assert rows["index"].tolist() == list(range(len(rows)))
    assert set(table["step"]) == {0, 6}
    assert_last_step_is_right(table, recipe, text, tmp_path)


def assert_last_step_is_right(table: pd.DataFrame, recipe, text, directory):
    probe = Probe.from_text(text, recipe)
    model = records._boot(recipe, text, directory / "snapshots" / "step-000006.safetensors")
    last = table[table["step"] == 6].set_index(["measure", "index"])["value"]
    values = spectrum(effective_unembedding(model)).values
    assert last["singular_value"].tolist() == pytest.approx(values.tolist(), rel=1e-5)
    k = choose_null_dimension(values)
    assert (table.loc[table["measure"] == "null_dimension", "value"] == k).all()
    clean, corrupted = mean_readings(model, probe.clean), mean_readings(model, probe.corrupted)
    assert last["validation_loss", 0] == pytest.approx(clean["loss"])
    assert last["corrupted_loss", 0] == pytest.approx(corrupted["loss"])
    assert last["final_scale_clean", 0] == pytest.approx(clean["scale"])
    assert last["validation_loss", 0] != pytest.approx(last["corrupted_loss", 0], rel=1e-6)
    first, second = repeat_losses(model, probe.repeated, PERIOD)
    assert last["first_copy_loss", 0] == pytest.approx(first)
    assert last["second_copy_loss", 0] == pytest.approx(second)


def test_a_run_without_snapshots_is_refused(recipe, text, small_probe, tmp_path):
    with pytest.raises(FileNotFoundError, match="grow the model first"):
        record_growth(recipe, text, tmp_path)


def test_the_mean_loss_leaves_out_bos_and_agrees_with_a_loop():
    model, network = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    losses = [loss for row in loop_losses(network, tokens) for loss in row[1:]]
    found = mean_readings(model, tokens)["loss"]
    assert found == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_repeat_losses_agree_with_a_loop():
    model, network = references.tiny_pair("neox-serial")
    tokens = repeated_random(300, PERIOD, count=3)
    first, second = [], []
    for row in loop_losses(network, tokens):
        for target in range(1, len(row) + 1):  # the place of the token that is predicted
            if target <= PERIOD:
                first.append(row[target - 1])
            elif target > PERIOD + 1:  # the first of the second copy cannot be foreseen
                second.append(row[target - 1])
    assert len(second) == 3 * (PERIOD - 1)
    found = repeat_losses(model, tokens, PERIOD)
    assert found == pytest.approx([sum(first) / len(first), sum(second) / len(second)], rel=1e-4)


def test_the_mean_scale_is_that_of_the_measured_positions():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for()
    eps = final_norm(model).eps
    scales = [
        (place.double().var(correction=0) + eps).sqrt().item()
        for row in run(model, tokens).residual
        for place in row[1:-1]
    ]
    found = mean_readings(model, tokens)["scale"]
    assert found == pytest.approx(sum(scales) / len(scales), rel=1e-5)
