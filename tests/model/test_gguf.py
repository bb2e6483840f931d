"""GGUF files: read as the networks that they hold, or refused with the reason."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from confidence_neurons import load_light, load_model
from confidence_neurons.model import cache
from confidence_neurons.model.gguf import FAMILIES_READ
from tiny_ggufs import gguf_network, write_tiny_gguf
from tiny_models import tiny_tokenizer

TOKENS = torch.randint(1, 300, (3, 20), generator=torch.Generator().manual_seed(0))
READ = ("llama", "mistral", "qwen2", "qwen3", "gpt2-tied", "gpt2-untied", "gemma2", "gemma3")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def nothing_was_kept(place: Path) -> bool:
    files = [file.name for file in place.rglob("*") if file.is_file()]
    return files in ([], ["lock"])


@pytest.mark.parametrize("architecture", READ)
def test_the_network_is_the_one_that_was_written(tmp_path, architecture):
    network = write_tiny_gguf(tmp_path / "a.gguf", architecture)
    model = load_light(tmp_path / "a.gguf")
    with torch.no_grad():
        assert torch.equal(model.network(TOKENS).logits, network(TOKENS).logits)


def test_every_family_that_is_read_is_tried_here():
    names = {name.partition("-")[0] for name in READ} - {"mistral"}
    assert names == set(FAMILIES_READ)


def test_quantised_weights_become_the_float32_numbers_they_stand_for(tmp_path):
    network = write_tiny_gguf(tmp_path / "a.gguf", quantised=True)
    found = load_light(tmp_path / "a.gguf").network
    read = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="a.gguf", dtype=torch.float32)
    with torch.no_grad():
        assert torch.equal(found(TOKENS).logits, read(TOKENS).logits)
    before, after = (n.state_dict()["model.embed_tokens.weight"] for n in (network, found))
    assert after.dtype == torch.float32
    step = before.abs().amax() / 127
    assert 0 < (after - before).abs().max() <= step


def test_both_ways_of_loading_give_the_same_probabilities(tmp_path):
    write_tiny_gguf(tmp_path / "a.gguf")
    bridge, light = load_model(tmp_path / "a.gguf"), load_light(str(tmp_path / "a.gguf"))
    with torch.no_grad():
        expected = light.network(TOKENS).logits.log_softmax(-1)
        found = bridge(TOKENS).log_softmax(-1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_tokenizer_is_the_one_in_the_file_whatever_lies_beside_it(tmp_path):
    write_tiny_gguf(tmp_path / "a.gguf")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    found = load_light(tmp_path / "a.gguf").tokenizer
    text = "My uncle said: 1,234 times!"
    assert found(text)["input_ids"] == tiny_tokenizer()(text)["input_ids"]
    assert found.bos_token_id == 0


def test_a_file_is_converted_once_wherever_it_lies(tmp_path, monkeypatch):
    write_tiny_gguf(tmp_path / "a.gguf")
    load_light(tmp_path / "a.gguf")
    (tmp_path / "b.gguf").write_bytes((tmp_path / "a.gguf").read_bytes())
    monkeypatch.setattr(cache, "convert", pytest.fail)
    assert load_light(tmp_path / "b.gguf").cfg.d_vocab == 300


def test_what_is_kept_says_what_it_was_made_from(tmp_path, kept):
    write_tiny_gguf(tmp_path / "a.gguf")
    load_light(tmp_path / "a.gguf")
    (directory,) = (kept / "models").iterdir()
    record = json.loads((directory / cache.RECORD).read_text())
    assert record["source"]["gguf"] == "a.gguf"
    assert directory.name == f"gguf-{record['source']['gguf_sha256'][:16]}"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(record["files"])


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.3, 0.6, 0.999])
def test_a_file_that_is_cut_short(tmp_path, kept, share):
    path = tmp_path / "a.gguf"
    write_tiny_gguf(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"a\.gguf: expected a GGUF file.*Get the file again"):
        load_light(path)
    assert nothing_was_kept(kept)


@pytest.mark.parametrize("place", range(4, 400, 80))
def test_a_damaged_head_is_refused_or_makes_no_difference(tmp_path, kept, place):
    path = tmp_path / "a.gguf"
    write_tiny_gguf(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    refusal = None
    try:
        load_light(path)
    except (ValueError, NotImplementedError) as error:
        refusal = error
    assert refusal is None or ("a.gguf" in str(refusal) and nothing_was_kept(kept))


def test_weights_that_are_not_finite(tmp_path, kept):
    network = gguf_network("llama")
    with torch.no_grad():
        network.get_parameter("model.norm.weight")[3] = torch.nan
    write_tiny_gguf(tmp_path / "a.gguf", network=network)
    with pytest.raises(ValueError, match=r"a\.gguf: expected finite weights.*model\.norm\.weight"):
        load_light(tmp_path / "a.gguf")
    assert nothing_was_kept(kept)


@pytest.mark.parametrize("use", [load_light, load_model])
def test_a_family_that_is_not_read(tmp_path, kept, use):
    write_tiny_gguf(tmp_path / "a.gguf", family="mamba")
    with pytest.raises(NotImplementedError, match=r"families gemma2, .*, got 'mamba'.*Hugging"):
        use(tmp_path / "a.gguf")
    assert nothing_was_kept(kept)


@pytest.mark.parametrize(
    ("architecture", "written", "message"),
    [
        ("llama", {"fields": {"rope.scaling.type": "yarn"}}, "scaled by 'yarn'"),
        ("llama", {"tensors": {"rope_freqs.weight": np.ones(4, np.float32)}}, "parts that are not"),
        ("gemma2", {"fields": {"final_logit_softcapping": 20.0}}, "softcapping 30.0, got 20.0"),
    ],
)
def test_what_would_be_passed_over_in_silence(tmp_path, kept, architecture, written, message):
    write_tiny_gguf(tmp_path / "a.gguf", architecture, **written)
    with pytest.raises(NotImplementedError, match=f"{message}.*Hugging Face format"):
        load_light(tmp_path / "a.gguf")
    assert nothing_was_kept(kept)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"GGUF")
    with pytest.raises(ValueError, match=r"expected a directory.* or a \.gguf file"):
        load_light(tmp_path / "a.bin")


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.gguf: there is no such"):
        load_light("nowhere.gguf")
