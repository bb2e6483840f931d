"""What is wrong in a configuration is refused at once, before anything is built."""

import json
import time
from pathlib import Path

import pytest
import torch

from confidence_neurons import load_model
from confidence_neurons.model.configuration import DEEPEST, read_configuration
from tiny_models import ARCHITECTURES, QUIRKY, save_tiny_model

SECONDS = 10
NAN, INFINITY = float("nan"), float("inf")
HUGE = 10**400

WRONG_SIZES = (0, -1, 10**12, HUGE, 1.5, True, "2", [], NAN)
WRONG_EPSILONS = (0, -1e-5, 2, NAN, INFINITY, HUGE, True, "1e-5", {"__float__": "NaN"})

# Architecture, changed fields, what the message names.
FIELDS: list[tuple[str, dict[str, object], str]] = [
    *(
        ("neox-serial", {size: wrong}, size)
        for size in ("num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size")
        for wrong in WRONG_SIZES[:3]
    ),
    *(("neox-serial", {"num_hidden_layers": wrong}, "num_hidden_layers") for wrong in WRONG_SIZES),
    *(("neox-serial", {"intermediate_size": wrong}, "intermediate_size") for wrong in (0, "64")),
    ("neox-serial", {"max_position_embeddings": 0}, "max_position_embeddings"),
    ("neox-serial", {"num_labels": 10**9}, "num_labels"),
    ("neox-serial", {"num_hidden_layers": 1_000_000}, "num_hidden_layers"),
    ("neox-serial", {"num_hidden_layers": 1_000}, "different models"),
    ("neox-serial", {"vocab_size": 9_000_000}, "different models"),
    ("neox-serial", {"num_hidden_layers": 1}, r"the network has no gpt_neox\.layers\.1"),
    ("neox-serial", {"num_hidden_layers": 3}, r"gpt_neox\.layers\.2\..* is missing"),
    ("neox-serial", {"hidden_size": 40}, r"is \[300, 32\], not \[300, 40\]"),
    ("neox-serial", {"num_attention_heads": 5}, "not divisible"),
    ("neox-serial", {"tie_word_embeddings": "banana"}, "tie_word_embeddings"),
    ("neox-serial", {"use_parallel_residual": 5}, "use_parallel_residual"),
    ("neox-serial", {"hidden_act": "banana"}, "hidden_act among .*gelu"),
    ("neox-serial", {"hidden_act": ["gelu"]}, "hidden_act among"),
    ("neox-serial", {"dtype": "banana"}, "dtype among .*float16"),
    ("neox-serial", {"dtype": "int8"}, "dtype among"),
    ("neox-serial", {"torch_dtype": 16}, "torch_dtype among"),
    *(("neox-serial", {"layer_norm_eps": wrong}, "layer_norm_eps") for wrong in WRONG_EPSILONS[:8]),
    *(
        ("neox-serial", {"final_layer_norm_eps": wrong}, "final_layer_norm_eps")
        for wrong in (0, NAN, INFINITY, True, "5")
    ),
    *(
        ("neox-serial", {"rope_parameters": {"rope_type": "default", "rope_theta": wrong}}, "rope")
        for wrong in (0, -1, NAN, INFINITY, True, "10000")
    ),
    ("neox-serial", {"rope_parameters": {"rope_type": "banana"}}, "rope_type among"),
    ("neox-serial", {"rope_theta": NAN}, "rope_theta"),
    ("neox-serial", {"rotary_pct": 0}, "rotary_pct"),
    ("neox-serial", {"attention_dropout": NAN}, "finite numbers"),
    ("neox-serial", {"anything": {"at": ["all", INFINITY]}}, "finite numbers"),
    ("neox-serial", {"anything": HUGE}, "finite numbers"),
    ("neox-serial", {"anything": {"__float__": "Infinity"}}, "no __float__"),
    ("neox-serial", {"architectures": 5}, "architectures"),
    ("neox-serial", {"quantization_config": {}}, "not quantised"),
    *(
        ("neox-serial", {"model_type": wrong}, "causal language model")
        for wrong in ("t5", "banana", None, 5, [])
    ),
    ("gpt2-tied", {"activation_function": "banana"}, "activation_function among"),
    ("gpt2-tied", {"layer_norm_epsilon": INFINITY}, "layer_norm_epsilon"),
    ("gpt2-tied", {"n_layer": 1}, r"the network has no .*h\.1\."),
    ("gpt2-tied", {"n_inner": 0}, "n_inner"),
    ("gpt2-tied", {"n_positions": 10**7}, "different models"),
    ("llama", {"rms_norm_eps": NAN}, "rms_norm_eps"),
    ("llama", {"num_key_value_heads": 0}, "num_key_value_heads"),
    ("llama", {"final_layer_norm_eps": 1e-5}, "no final_layer_norm_eps"),
    ("gemma2", {"final_logit_softcapping": 0}, "final_logit_softcapping"),
    ("gemma2", {"sliding_window": 0}, "sliding_window"),
    ("granite-residual", {"residual_multiplier": INFINITY}, "residual_multiplier"),
    ("granite-logits", {"logits_scaling": 0}, "logits_scaling"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The directory of each architecture, saved once, and its configuration."""
    found = {}
    for architecture in {architecture for architecture, _, _ in FIELDS}:
        directory = tmp_path_factory.mktemp(architecture)
        save_tiny_model(directory, architecture)
        found[architecture] = directory, (directory / "config.json").read_text()
    return found


@pytest.mark.parametrize(("architecture", "changes", "message"), FIELDS, ids=str)
def test_wrong_field(saved, architecture, changes, message):
    directory, text = saved[architecture]
    (directory / "config.json").write_text(json.dumps({**json.loads(text), **changes}))
    start = time.monotonic()
    with pytest.raises(ValueError, match=message):
        load_model(directory, device="cpu")
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_type: gpt_neox", "expected JSON"),
        ("", "expected JSON"),
        ("[]", "expected a JSON object, got list"),
        ("null", "expected a JSON object, got NoneType"),
        ("5", "expected a JSON object, got int"),
        ("{}", "causal language model"),
        ("1" * 5000, "digits"),
        ('{"a":' * 100_000, "many more"),
        ('{"model_type": "gpt2", "a": ' + "[" * 500 + "]" * 500 + "}", f"at most {DEEPEST} levels"),
    ],
)
def test_no_object(tmp_path, text, message):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_configuration(tmp_path / "config.json")


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, *QUIRKY])
def test_what_transformers_writes_is_accepted(tmp_path, architecture):
    save_tiny_model(tmp_path, architecture)
    fields = read_configuration(tmp_path / "config.json")
    assert fields == json.loads((tmp_path / "config.json").read_text())


def test_own_epsilon_of_the_final_norm(tmp_path: Path):
    save_tiny_model(tmp_path, "neox-serial")
    fields = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**fields, "final_layer_norm_eps": 1e6}))
    tokens = torch.tensor([[0, 5, 6, 7]])
    _, cache = load_model(tmp_path).run_with_cache(tokens)
    scale = cache["ln_final.hook_scale"]
    torch.testing.assert_close(scale, torch.full_like(scale, 1e3), atol=1e-2, rtol=0)
