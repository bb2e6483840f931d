"""The script of a model holds the model's own bits, and what the library says of its neurons."""

import base64
import json
from typing import Any

import numpy as np
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.text.plain import PLAIN
from confidence_neurons_book.playground.model_script import model_script, pointed

NAMES = ("prose", "prose-no-norm")
BEFORE, AFTER = "(globalThis.confidenceNeuronsModels ??= {})[", ";\n"
MOST_BYTES = 2_600_000


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    return {name: model_script(name, tokenizer=name == "prose") for name in NAMES}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def held(name: str, scripts: dict[str, str]) -> dict[str, Any]:
    return json.loads(scripts[name].removeprefix(f'{BEFORE}"{name}"] = ').removesuffix(AFTER))


def test_weights_are_the_stored_bits(name, held):
    halves = np.frombuffer(base64.b64decode(held["data"]), "<f2")
    stored = dict(cn.load_light(name).network.state_dict())
    for tensor, (start, end) in held["tensors"].items():
        own = stored[f"gpt_neox.{tensor}"].numpy().ravel()
        assert np.array_equal(halves[start:end].astype(np.float32), own), tensor
    lengths = [end - start for start, end in held["tensors"].values()]
    assert sum(lengths) == len(halves) == 857_216


def test_numbers_are_the_librarys(name, held):
    model = cn.load_model(name)
    space, weights = cn.geometry(model), cn.neuron_weights(model)
    means = cn.run(model, cn.prose_tokens(model)).mean_activations()
    assert np.array_equal(np.float32(held["means"]), means.numpy())
    for key, column in {
        "weightNorm": "weight_norm",
        "nullFraction": "null_fraction",
        "frequencyCosine": "frequency_cosine",
    }.items():
        assert held["neurons"][key] == pytest.approx(weights[column].tolist(), rel=1e-6)
    directions = np.frombuffer(base64.b64decode(held["directions"]), "<f4").reshape(128, 128)
    for direction, own in zip(directions, space.spectrum.directions.numpy().T, strict=True):
        assert np.array_equal(direction, own) or np.array_equal(direction, -own)
    assert held["values"] == pytest.approx(space.spectrum.values.tolist(), rel=1e-6)
    assert held["nullDimension"] == space.k
    assert held["groups"] == cn.recorded_groups(name)


def test_directions_point_where_their_largest_coordinate_is_positive(held):
    directions = np.frombuffer(base64.b64decode(held["directions"]), "<f4").reshape(128, 128)
    assert (directions.max(axis=1) >= -directions.min(axis=1)).all()


def test_the_sign_that_a_machine_gives_does_not_matter():
    directions = torch.linalg.qr(torch.randn(9, 9, generator=torch.manual_seed(0))).Q
    signs = torch.tensor([1.0, -1, 1, -1, -1, 1, 1, -1, -1])
    assert torch.equal(pointed(directions * signs), pointed(directions))
    assert torch.equal(pointed(directions).abs(), directions.abs())


def test_heads_are_named_by_their_scores(name, held):
    model = cn.load_model(name)
    tokens = cn.repeated_random(model.cfg.d_vocab, 40, count=8, seed=3)
    scores = cn.induction.head_scores(model, tokens, 40).set_index(["layer", "head"])
    for kind, score in (("induction", "induction"), ("previous", "previous_token")):
        named = [tuple(head) for head in held["heads"][kind]]
        assert named
        assert scores.loc[named, score].min() > scores.drop(named)[score].max()


def test_only_one_script_holds_the_tokenizer_and_the_plain_characters(name, held):
    assert ("tokenizer" in held) == ("plain" in held) == (name == "prose")
    if name == "prose":
        assert {ord(key): value for key, value in held["plain"].items()} == PLAIN
        assert held["tokenizer"]["model"]["vocab"] == cn.load_light(name).tokenizer.get_vocab()


def test_the_final_scale_is_told_apart(scripts, held, name):
    model = cn.load_model(name)
    eps = {"prose": 1e-5, "prose-no-norm": 1e6}[name]
    assert held["config"]["finalEps"] == eps
    assert held["config"]["eps"] == 1e-5
    scale = cn.run(model, torch.tensor([[held["config"]["bos"], 5, 6]])).scale
    assert bool((scale > 999).all()) == (name == "prose-no-norm")


def test_scripts_are_plain_light_and_the_same_each_time(scripts):
    for name, script in scripts.items():
        assert script.isascii()
        assert len(script) < MOST_BYTES
        assert model_script(name, tokenizer=name == "prose") == script
