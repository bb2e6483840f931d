"""Memory: known from the configuration, kept to when loading, refused where it is not there."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import huggingface_hub
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from confidence_neurons import load_light, load_model, memory_needed
from confidence_neurons.model import directory, machine
from tiny_ggufs import write_tiny_gguf
from tiny_models import ARCHITECTURES, save_tiny_model

LARGE_VOCABULARY = 60_000
PEAK = """
import re, sys
import confidence_neurons as cn
cn.{function}("prose", device="cpu")
def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status)[1])
before = peak()
cn.{function}({path!r}, device="cpu")
print(peak() - before)
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with a large vocabulary, most of whose weights are its embedding."""
    place = tmp_path_factory.mktemp("wide")
    config = LlamaConfig(
        vocab_size=LARGE_VOCABULARY,
        hidden_size=768,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=1024,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(place)
    words = {f"word{number}": number for number in range(LARGE_VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="word0"))
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="word0")
    wrapped.save_pretrained(place)
    return place


@cache
def peak(function: str, path: Path) -> int:
    """Bytes that a process takes at most for loading, beside the libraries."""
    code = PEAK.format(function=function, path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_weights_are_counted(tmp_path, architecture):
    network = save_tiny_model(tmp_path, architecture)
    needed = memory_needed(tmp_path)
    assert needed.parameters == sum(weights.numel() for weights in network.parameters())
    assert needed.weights == 4 * needed.parameters
    assert needed.weights < needed.load_light < needed.load_model


@pytest.mark.parametrize(("dtype", "size"), [("bfloat16", 2), (torch.float64, 8), (None, 4)])
def test_their_type_decides_how_much_they_take(tmp_path, dtype, size):
    save_tiny_model(tmp_path)
    needed = memory_needed(tmp_path, dtype=dtype)
    assert needed.weights == size * needed.parameters
    assert needed.load_model == memory_needed(tmp_path).load_model


def test_weights_stored_in_half_precision_stay_so(tmp_path):
    save_tiny_model(tmp_path).half().save_pretrained(tmp_path)
    assert memory_needed(tmp_path).weights == 2 * memory_needed(tmp_path).parameters
    assert load_light(tmp_path).cfg.dtype == torch.float16


def test_bundled_models_are_held_in_float32():
    needed = memory_needed("prose")
    assert needed.weights == 4 * needed.parameters
    assert load_light("prose").cfg.dtype == torch.float32


def test_of_a_gguf_file_it_is_what_it_is_of_what_it_becomes(tmp_path):
    network = write_tiny_gguf(tmp_path / "a.gguf")
    network.save_pretrained(tmp_path / "a")
    assert memory_needed(tmp_path / "a.gguf") == memory_needed(tmp_path / "a")


def test_of_a_hub_model_nothing_but_the_configuration_is_fetched(tmp_path, monkeypatch):
    save_tiny_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    asked = []

    def download(name, *, revision, allow_patterns):
        asked.append((name, revision, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert memory_needed("owner/tiny", revision="step1000").parameters > 0
    assert asked == [("owner/tiny", "step1000", ["config.json"])]


@pytest.mark.parametrize("use", [load_light, load_model])
def test_too_little_is_refused_with_both_numbers_before_anything_is_read(wide, monkeypatch, use):
    monkeypatch.setattr(machine, "free_memory", lambda device: 90_000_000)
    monkeypatch.setattr(directory, "check_weights", pytest.fail)
    with pytest.raises(MemoryError, match=r"expected \d\.\d GB of free memory, got 0\.1 GB"):
        use(wide)


def test_another_type_may_fit(wide, monkeypatch):
    half = memory_needed(wide, dtype="bfloat16").load_light
    assert half < memory_needed(wide).load_light
    monkeypatch.setattr(machine, "free_memory", lambda device: half)
    assert load_light(wide, dtype="bfloat16").cfg.dtype == torch.bfloat16


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("function", ["load_light", "load_model"])
def test_loading_takes_no_more_than_was_announced(wide, function):
    announced = getattr(memory_needed(wide), function)
    found = peak(function, wide)
    assert 0.4 * announced < found < 1.1 * announced


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_light_model_takes_at_most_half_more_than_its_weights(wide):
    assert peak("load_light", wide) < 1.5 * memory_needed(wide).weights
