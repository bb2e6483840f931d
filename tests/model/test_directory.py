"""A model's directory: what is missing or damaged is named, and nothing in it is run."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons import load_model
from confidence_neurons.model.directory import stored_numbers
from tiny_models import save_tiny_model, tiny_tokenizer

FIRST_MLP = "gpt_neox.layers.0.mlp.dense_h_to_4h.weight"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    directory = tmp_path / "tiny"
    save_tiny_model(directory)
    return directory


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def edit_weights(directory: Path, **changes: torch.Tensor | None) -> None:
    """Put other tensors in the place of some; None takes one out."""
    weights = {**load_file(directory / "model.safetensors"), **changes}
    kept = {name: weight for name, weight in weights.items() if weight is not None}
    save_file(kept, directory / "model.safetensors", metadata={"format": "pt"})


def test_relative_path(tiny, monkeypatch):
    monkeypatch.chdir(tiny.parent)
    assert load_model("./tiny").cfg.d_vocab == load_model("tiny").cfg.d_vocab == 300


@pytest.mark.parametrize("architecture", ["gpt2-tied", "gpt2-untied", "llama"])
def test_stored_numbers_are_those_of_the_network(tmp_path, architecture):
    network = save_tiny_model(tmp_path, architecture)
    shared_once = {parameter.data_ptr(): parameter.numel() for parameter in network.parameters()}
    assert stored_numbers(tmp_path) == sum(shared_once.values())


def test_weights_in_several_files(tiny):
    whole = load_model(tiny).W_U
    weights = load_file(tiny / "model.safetensors")
    (tiny / "model.safetensors").unlink()
    files = {name: f"part-{number % 2}.safetensors" for number, name in enumerate(weights)}
    for file in set(files.values()):
        part = {name: weights[name] for name in weights if files[name] == file}
        save_file(part, tiny / file, metadata={"format": "pt"})
    index = {"metadata": {"total_size": 0}, "weight_map": files}
    (tiny / "model.safetensors.index.json").write_text(json.dumps(index))
    assert torch.equal(load_model(tiny).W_U, whole)


class TestMissing:
    @pytest.mark.parametrize(
        ("pattern", "message"),
        [
            ("config.json", r"expected a configuration, config\.json"),
            ("model.safetensors", r"expected weights in safetensors .* pickles"),
            ("tokenizer*", r"expected a tokenizer, tokenizer\.json"),
        ],
    )
    def test_file(self, tiny, pattern, message):
        for path in tiny.glob(pattern):
            path.unlink()
        with pytest.raises(FileNotFoundError, match=message):
            load_model(tiny)

    def test_pickled_weights_are_not_read(self, tiny):
        weights = load_file(tiny / "model.safetensors")
        (tiny / "model.safetensors").unlink()
        torch.save(weights, tiny / "pytorch_model.bin")
        with pytest.raises(FileNotFoundError, match="expected weights in safetensors"):
            load_model(tiny)


class TestTokenizer:
    @pytest.mark.parametrize(
        ("file", "content", "message"),
        [
            ("tokenizer.json", "{}", "tokenizer cannot be read"),
            ("tokenizer.json", "[" * 100_000, "tokenizer cannot be read"),
            ("tokenizer_config.json", "null", "tokenizer cannot be read"),
            ("tokenizer_config.json", '{"bos_token": []}', "tokenizer cannot be read"),
        ],
    )
    def test_damaged(self, tiny, file, content, message):
        (tiny / file).write_text(content)
        with pytest.raises(ValueError, match=message):
            load_model(tiny)

    def test_without_a_first_token(self, tiny):
        edit_json(tiny / "tokenizer_config.json", bos_token=None, eos_token=None)
        with pytest.raises(ValueError, match="beginning-of-sequence"):
            load_model(tiny)

    def test_of_another_model(self, tiny):
        edit_json(tiny / "tokenizer_config.json", bos_token="<extra>")
        with pytest.raises(ValueError, match="for 300 token ids, got one with 301 tokens"):
            load_model(tiny)

    def test_too_small_for_the_vocabulary(self, tmp_path):
        save_tiny_model(tmp_path, vocab_size=400)
        tiny_tokenizer(300).save_pretrained(tmp_path)
        with pytest.raises(ValueError, match="for 400 token ids, got one with 300 tokens"):
            load_model(tmp_path)

    def test_padded_vocabulary(self, tmp_path):
        save_tiny_model(tmp_path, vocab_size=320)
        tiny_tokenizer(300).save_pretrained(tmp_path)
        assert load_model(tmp_path).cfg.d_vocab == 320


class TestWeights:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_not_finite(self, tiny, value):
        first = load_file(tiny / "model.safetensors")[FIRST_MLP]
        first[3, 5] = value
        edit_weights(tiny, **{FIRST_MLP: first})
        with pytest.raises(ValueError, match=f"NaN or infinity in {FIRST_MLP}"):
            load_model(tiny)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({FIRST_MLP: None}, f"{FIRST_MLP} is missing"),
            ({FIRST_MLP: torch.ones(63, 32)}, rf"{FIRST_MLP} is \[63, 32\], not \[64, 32\]"),
            ({"gpt_neox.extra": torch.ones(3)}, r"the network has no gpt_neox\.extra"),
            (
                {f"gpt_neox.extra.{number}": torch.ones(3) for number in range(9)},
                r"no gpt_neox\.extra\.0; .*\.1; .*\.2; and 6 more",
            ),
        ],
    )
    def test_others_than_the_network_has(self, tiny, changes, message):
        edit_weights(tiny, **changes)
        with pytest.raises(ValueError, match=message):
            load_model(tiny)

    def test_masks_and_rotary_frequencies_of_old_files_are_no_weights(self, tiny):
        buffers = ("attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq")
        edit_weights(tiny, **{f"gpt_neox.layers.0.{name}": torch.ones(3) for name in buffers})
        load_model(tiny)

    @pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b""])
    def test_damaged(self, tiny, content):
        (tiny / "model.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match="damaged"):
            load_model(tiny)

    def test_truncated(self, tiny):
        whole = (tiny / "model.safetensors").read_bytes()
        (tiny / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match="damaged"):
            load_model(tiny)

    @pytest.mark.parametrize(
        "content",
        ["[]", "null", "{}", '{"weight_map": []}', '{"weight_map": {"a": 5}}', "[" * 100_000],
    )
    def test_damaged_index(self, tiny, content):
        (tiny / "model.safetensors").unlink()
        (tiny / "model.safetensors.index.json").write_text(content)
        with pytest.raises(ValueError, match="damaged"):
            load_model(tiny)

    def test_architecture_that_cannot_be_wrapped(self, tiny, monkeypatch):
        def fail(*_, **__):
            raise RuntimeError("The size of tensor a (0) must match")

        monkeypatch.setattr(TransformerBridge, "enable_compatibility_mode", fail)
        with pytest.raises(
            ValueError, match=r"got GPTNeoXForCausalLM: take another model .*size of tensor"
        ):
            load_model(tiny)


class TestRemoteCode:
    """Code that lies in a model directory leaves a mark if it is run; it must not be."""

    @pytest.fixture
    def mark(self, tiny: Path) -> Path:
        mark = tiny / "mark"
        (tiny / "own.py").write_text(
            "from pathlib import Path\n"
            f"Path({str(mark)!r}).touch()\n"
            "from transformers import GPTNeoXConfig as OwnConfig\n"
            "from transformers import GPTNeoXForCausalLM as OwnModel\n"
            "from transformers import PreTrainedTokenizerFast as OwnTokenizer\n"
        )
        edit_json(
            tiny / "config.json",
            auto_map={"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"},
        )
        edit_json(
            tiny / "tokenizer_config.json", auto_map={"AutoTokenizer": [None, "own.OwnTokenizer"]}
        )
        return mark

    def test_a_model_that_needs_it_is_refused(self, tiny, mark):
        edit_json(tiny / "config.json", model_type="homemade")
        edit_json(tiny / "tokenizer_config.json", auto_map={})
        with pytest.raises(ValueError, match=r"'homemade'.*never run"):
            load_model(tiny)
        assert not mark.exists()

    def test_a_tokenizer_is_read_without(self, tiny, mark):
        edit_json(tiny / "tokenizer_config.json", tokenizer_class="OwnTokenizer")
        text = "My uncle said nothing."
        assert (
            load_model(tiny).tokenizer(text)["input_ids"][-3:]
            == (tiny_tokenizer()(text)["input_ids"][-3:])
        )
        assert not mark.exists()

    def test_a_model_that_does_not_need_it_loads_without(self, tiny, mark):
        edit_json(tiny / "tokenizer_config.json", auto_map={})
        assert load_model(tiny).cfg.d_vocab == 300
        assert not mark.exists()
