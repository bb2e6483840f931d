"""Loading: the right model, quietly, or an error that says what to do."""

import gc
import gzip
import hashlib
import json
import logging
import shutil
import socket
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import huggingface_hub
import pandas as pd
import pytest
import torch
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

import confidence_neurons
from confidence_neurons import (
    available_models,
    growth_record,
    load_light,
    load_model,
    unigram_counts,
)
from confidence_neurons.model import bundled
from tiny_models import ARCHITECTURES, save_tiny_model

TOKENS = torch.cat(
    [
        torch.zeros(3, 1, dtype=torch.long),
        torch.randint(1, 300, (3, 20), generator=torch.Generator().manual_seed(0)),
    ],
    dim=1,
)
COUNTS = torch.arange(300)
GROWTH = pd.DataFrame(
    {
        "step": [0, 16, 16],
        "measure": "validation_loss",
        "index": 0,
        "value": [7.624618986159398, 0.1 + 0.2, float("nan")],
    }
)
FIRST_MLP = "gpt_neox.layers.0.mlp.dense_h_to_4h.weight"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    directory = tmp_path / "tiny"
    save_tiny_model(directory)
    return directory


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of bundled models that holds one, "verse"."""
    models = tmp_path / "models"
    save_tiny_model(models / "verse")
    save_file({"counts": COUNTS}, models / "verse" / "unigram_counts.safetensors")
    with gzip.open(models / "verse" / "growth.csv.gz", "wt") as file:
        GROWTH.to_csv(file, index=False)
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (models / "verse").iterdir()
    }
    (models / "checksums.json").write_text(json.dumps({"verse": sums}))
    monkeypatch.setattr(bundled, "MODELS", models)
    return models


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


def log_probabilities(logits: torch.Tensor) -> torch.Tensor:
    return logits.double().log_softmax(dim=-1)


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


class TestModel:
    @pytest.mark.parametrize("architecture", ARCHITECTURES)
    def test_log_probabilities_are_those_of_hugging_face(self, architecture, tmp_path):
        network = save_tiny_model(tmp_path, architecture)
        model = load_model(tmp_path, device="cpu")
        with torch.no_grad():
            expected = log_probabilities(network(TOKENS).logits)
            found = log_probabilities(model(TOKENS))
        assert expected.std() > 0.1
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)

    @pytest.mark.parametrize("architecture", ["gpt2-tied", "neox-serial", "llama"])
    def test_is_frozen_in_float32_in_evaluation_and_compatibility_mode(
        self, architecture, tmp_path
    ):
        save_tiny_model(tmp_path, architecture)
        model = load_model(str(tmp_path))
        assert model.compatibility_mode
        assert not any(module.training for module in model.modules())
        assert not any(parameter.requires_grad for parameter in model.parameters())
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert not model(TOKENS).requires_grad

    def test_half_precision_weights_are_read_as_float32(self, tiny):
        weights = load_file(tiny / "model.safetensors")
        halved = {name: tensor.half() for name, tensor in weights.items()}
        save_file(halved, tiny / "model.safetensors", metadata={"format": "pt"})
        model = load_model(tiny)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        expected = halved["gpt_neox.embed_in.weight"].float()
        expected -= expected.mean(dim=1, keepdim=True)
        torch.testing.assert_close(model.W_E, expected)

    def test_has_the_tokenizer_of_the_directory(self, tiny):
        model = load_model(tiny)
        assert model.tokenizer.bos_token_id == 0
        assert len(model.tokenizer) == model.cfg.d_vocab == 300
        text = "My uncle said nothing."
        ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert model.tokenizer.decode(ids) == text

    def test_default_device(self, tiny):
        expected = "cuda" if torch.cuda.is_available() else "cpu"
        model = load_model(tiny)
        assert {parameter.device.type for parameter in model.parameters()} == {expected}

    @pytest.mark.parametrize(
        ("device", "error", "message"),
        [
            *((name, ValueError, "cannot be used") for name in ("abacus", "cuda:99", "meta", "")),
            *((name, TypeError, "as str or torch.device") for name in (0, True, b"cpu", ["cpu"])),
        ],
    )
    def test_impossible_device(self, device, error, message):
        with pytest.raises(error, match=message):
            load_model("prose", device=device)


class TestFinalLayerNormEpsilon:
    @pytest.fixture
    def control(self, tiny: Path) -> Path:
        edit_json(tiny / "config.json", final_layer_norm_eps=1e6)
        weights = load_file(tiny / "model.safetensors")
        weights["gpt_neox.final_layer_norm.weight"] *= 1000
        save_file(weights, tiny / "model.safetensors", metadata={"format": "pt"})
        return tiny

    def expected(self, control: Path) -> torch.Tensor:
        network: Any = AutoModelForCausalLM.from_pretrained(control).eval()
        network.gpt_neox.final_layer_norm.eps = 1e6
        with torch.no_grad():
            return log_probabilities(network(TOKENS).logits)

    def test_log_probabilities(self, control):
        expected = self.expected(control)
        assert expected.std() > 0.1
        found = log_probabilities(load_model(control)(TOKENS))
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)

    def test_scale_is_constant_at_the_end_and_not_before(self, control):
        _, cache = load_model(control).run_with_cache(TOKENS)
        final, first = cache["ln_final.hook_scale"], cache["blocks.0.ln1.hook_scale"]
        torch.testing.assert_close(final, torch.full_like(final, 1000.0), atol=1e-2, rtol=0)
        assert first.max() < 10
        assert first.std() > 1e-3

    def test_edited_scale_and_backward_hooks_see_the_same_epsilon(self, control):
        expected = self.expected(control)
        model = load_model(control)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            edited = model.run_with_hooks(
                TOKENS, fwd_hooks=[("ln_final.hook_scale", lambda scale, hook: scale.clone())]
            )
            with model.hooks(bwd_hooks=[("ln_final.hook_scale", lambda gradient, hook: None)]):
                backward = model(TOKENS)
        torch.testing.assert_close(log_probabilities(edited), expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(log_probabilities(backward), expected, atol=1e-5, rtol=0)


class TestQuiet:
    def test_package_import_is_light(self):
        heavy = ["torch", "transformers", "transformer_lens", "pandas"]
        run_python(
            "import sys, confidence_neurons\n"
            "confidence_neurons.__all__, dir(confidence_neurons)\n"
            f"assert not set(sys.modules) & set({heavy})"
        )

    def test_exports(self):
        assert set(confidence_neurons.__all__) <= set(dir(confidence_neurons))
        with pytest.raises(AttributeError, match="unload_model"):
            confidence_neurons.unload_model  # noqa: B018

    def test_nothing_is_printed(self, tiny):
        ran = run_python(f"from confidence_neurons import load_model; load_model({str(tiny)!r})")
        assert (ran.stdout, ran.stderr) == ("", "")

    def test_silence_ends_with_loading(self, tiny):
        from transformers.utils import logging as transformers_logging

        disabled, filters = logging.root.manager.disable, list(warnings.filters)
        bars = transformers_logging.is_progress_bar_enabled()
        load_model(tiny)
        assert logging.root.manager.disable == disabled
        assert list(warnings.filters) == filters
        assert transformers_logging.is_progress_bar_enabled() == bars

    def test_a_local_directory_needs_no_network(self, tiny, monkeypatch):
        asked = []
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: asked.append(args))
        monkeypatch.setattr(socket.socket, "connect", lambda *args: asked.append(args))
        load_model(tiny)
        assert asked == []


class TestLight:
    def test_it_is_the_network_as_it_is_stored(self, tiny):
        network = AutoModelForCausalLM.from_pretrained(tiny)
        model = load_light(tiny)
        with torch.no_grad():
            assert torch.equal(model.network(TOKENS).logits, network(TOKENS).logits)
        assert model.cfg.model_name == str(tiny)

    @pytest.mark.parametrize("dtype", ["bfloat16", torch.float64])
    def test_in_another_type(self, tiny, dtype):
        model = load_light(tiny, dtype=dtype)
        expected = getattr(torch, dtype) if isinstance(dtype, str) else dtype
        assert {weights.dtype for weights in model.network.parameters()} == {expected}

    def test_spread_by_accelerate(self, tiny):
        model = load_light(tiny, device_map={"": "cpu"})
        assert model.cfg.device == torch.device("cpu")

    @pytest.mark.parametrize("use", [load_light, load_model])
    def test_garbage_is_collected_again_afterwards(self, tiny, use):
        use(tiny)
        assert gc.isenabled()


class TestBundled:
    def test_available_models(self, bundle):
        assert available_models() == ["verse", "smollm2"]

    def test_no_models_installed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(bundled, "MODELS", tmp_path)
        assert available_models() == ["smollm2"]

    def test_loads_by_name(self, bundle):
        model = load_model("verse")
        assert model.cfg.model_name == "verse"
        torch.testing.assert_close(
            log_probabilities(model(TOKENS)),
            log_probabilities(load_model(bundle / "verse")(TOKENS)),
        )

    def test_counts(self, bundle):
        counts = unigram_counts("verse")
        assert counts.dtype == torch.int64
        assert torch.equal(counts, COUNTS)

    def test_growth_record_is_read_to_the_last_digit(self, bundle):
        pd.testing.assert_frame_equal(growth_record("verse"), GROWTH, check_exact=True)

    @pytest.mark.parametrize(
        ("file", "use"),
        [
            ("config.json", load_model),
            ("model.safetensors", load_model),
            ("tokenizer.json", load_model),
            ("unigram_counts.safetensors", unigram_counts),
            ("growth.csv.gz", growth_record),
        ],
    )
    def test_damaged_file(self, bundle, file, use):
        path = bundle / "verse" / file
        expected = hashlib.sha256(path.read_bytes()).hexdigest()
        path.write_bytes(path.read_bytes() + b" ")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(ValueError, match=f"{file}: .*{expected}.*{found}.*Install .* again"):
            use("verse")

    def test_missing_file(self, bundle):
        (bundle / "verse" / "tokenizer.json").unlink()
        with pytest.raises(FileNotFoundError, match=r"tokenizer\.json: .*Install .* again"):
            load_model("verse")

    def test_unlisted_file(self, bundle):
        (bundle / "verse" / "adapter_config.json").write_text("{}")
        with pytest.raises(ValueError, match=r"adapter_config\.json: .*no checksum"):
            load_model("verse")

    def test_file_the_model_does_not_have(self, bundle):
        sums = json.loads((bundle / "checksums.json").read_text())
        del sums["verse"]["growth.csv.gz"]
        (bundle / "checksums.json").write_text(json.dumps(sums))
        with pytest.raises(ValueError, match=r"'verse' has no growth\.csv\.gz"):
            growth_record("verse")

    @pytest.mark.parametrize("use", [unigram_counts, growth_record])
    def test_records_of_an_unknown_model(self, bundle, use):
        with pytest.raises(ValueError, match=r"'gpt2'.*Bundled models: 'verse'"):
            use("gpt2")


class TestNames:
    @pytest.mark.parametrize("name", ["vrse", "Verse", "verses"])
    def test_slip_of_the_pen(self, bundle, name, monkeypatch):
        monkeypatch.setattr(huggingface_hub, "snapshot_download", pytest.fail)
        with pytest.raises(ValueError, match=r"Did you mean 'verse'.*Bundled models: 'verse'.*hub"):
            load_model(name)

    @pytest.mark.parametrize(
        ("name", "error", "message"),
        [
            *((name, TypeError, "as str or Path") for name in (None, 5, ["prose"], b"prose", True)),
            *(
                (name, ValueError, "a file system allows")
                for name in ("", "a" * 256, "x/" + "é" * 200, "a\0b", "a/" * 3000)
            ),
            ("~nouser/m", FileNotFoundError, "there is no such directory"),
            (Path("~nouser/m"), FileNotFoundError, "there is no such directory"),
        ],
    )
    def test_no_name(self, name, error, message):
        with pytest.raises(error, match=message):
            load_model(name)

    def test_a_path_is_never_a_bundled_name(self, bundle, monkeypatch):
        monkeypatch.chdir(bundle.parent)
        with pytest.raises(FileNotFoundError, match="no such directory"):
            load_model(Path("verse"))
        monkeypatch.chdir(bundle)
        assert load_model(Path("verse")).cfg.model_name == str(bundle / "verse")

    @pytest.mark.parametrize("name", ["two words", "a/b/c", "\ud800"])
    def test_no_possible_name(self, bundle, name, monkeypatch):
        monkeypatch.setattr(huggingface_hub, "snapshot_download", pytest.fail)
        monkeypatch.chdir(bundle)
        with pytest.raises(ValueError, match="Bundled models: 'verse'"):
            load_model(name)

    @pytest.mark.parametrize("name", ["gpt2", "EleutherAI/pythia-160m"])
    def test_hub_out_of_reach(self, bundle, no_hub, name):
        with pytest.raises(
            ConnectionError, match=f"'{name}' .*'verse'.*network.*hf download {name}"
        ) as caught:
            load_model(name)
        assert caught.value.__suppress_context__

    def test_name_unknown_to_the_hub(self, bundle, monkeypatch):
        def refuse(*_, **__):
            raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
        with pytest.raises(ValueError, match=r"unknown model 'gpt-zwei'.*'verse'.*hub has no"):
            load_model("gpt-zwei")

    def test_licence_not_accepted(self, bundle, monkeypatch):
        def refuse(*_, **__):
            raise GatedRepoError.__new__(GatedRepoError)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
        with pytest.raises(PermissionError, match=r"https://huggingface\.co/owner/gated"):
            load_model("owner/gated")

    def test_hub_model(self, tiny, monkeypatch):
        asked = []

        def download(name, revision, allow_patterns):
            asked.append((name, revision))
            assert not any("bin" in pattern or "py" in pattern for pattern in allow_patterns)
            return str(tiny)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
        for use in (load_model, load_light):
            model = use("owner/tiny", revision="step1000")
            assert model.cfg.model_name == "owner/tiny"
        load_model("owner/tiny")
        assert asked == [*[("owner/tiny", "step1000")] * 2, ("owner/tiny", None)]

    def test_a_revision_that_the_hub_does_not_have(self, monkeypatch):
        def download(name, revision, allow_patterns):
            raise RevisionNotFoundError("404", response=Mock())

        monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
        with pytest.raises(ValueError, match=r"owner/tiny: expected a revision .*'step7'.*tree"):
            load_light("owner/tiny", revision="step7")

    @pytest.mark.parametrize("name", ["verse", "here"])
    def test_a_revision_of_what_has_none(self, tiny, bundle, monkeypatch, name):
        monkeypatch.chdir(tiny.parent)
        tiny.rename(tiny.parent / "here")
        with pytest.raises(ValueError, match=r"hub alone, got 'main': leave it out"):
            load_light(name, revision="main")

    @pytest.mark.parametrize("name", ["./nowhere", "~/nowhere-at-all", "/nowhere/at/all"])
    def test_no_such_directory(self, name):
        with pytest.raises(FileNotFoundError, match="no such directory"):
            load_model(name)
        with pytest.raises(FileNotFoundError, match="no such directory"):
            load_model(Path(name))

    def test_file_instead_of_directory(self, tiny):
        with pytest.raises(ValueError, match="expected a directory"):
            load_model(tiny / "config.json")


class TestInstalledModels:
    """The models that are really bundled."""

    NAMES = ("prose", "prose-no-norm")

    def test_available(self):
        assert set(self.NAMES) <= set(available_models())

    @pytest.mark.parametrize("name", NAMES)
    def test_log_probabilities_are_those_of_hugging_face(self, name):
        network: Any = AutoModelForCausalLM.from_pretrained(
            bundled.MODELS / name, dtype=torch.float32
        ).eval()
        if name == "prose-no-norm":
            network.gpt_neox.final_layer_norm.eps = 1e6
        model = load_model(name)
        with torch.no_grad():
            expected = log_probabilities(network(TOKENS).logits)
        torch.testing.assert_close(log_probabilities(model(TOKENS)), expected, atol=1e-4, rtol=0)

    def test_final_scale_is_frozen_in_the_control_only(self):
        spread = {}
        for name in self.NAMES:
            _, cache = load_model(name).run_with_cache(TOKENS)
            scale = cache["ln_final.hook_scale"]
            spread[name] = (scale.std() / scale.mean()).item()
        assert spread["prose-no-norm"] < 1e-3 < spread["prose"]

    @pytest.mark.parametrize("name", NAMES)
    def test_records(self, name):
        model = load_model(name)
        counts = unigram_counts(name)
        assert counts.shape == (model.cfg.d_vocab,)
        assert counts.min() >= 0
        assert counts.sum() > 0
        assert not growth_record(name).empty

    def test_a_copy_elsewhere_is_the_same_model(self, tmp_path):
        copy = shutil.copytree(bundled.MODELS / "prose", tmp_path / "copy")
        assert torch.equal(load_model(copy)(TOKENS), load_model()(TOKENS))
