"""Check a model's configuration before anything is built from it.

What is wrong in a configuration shows late, if at all: a layer is dropped in
silence, a size that is too large takes all memory, an epsilon that is infinite
gives numbers. So every field whose meaning is known is checked by its name,
wherever it stands, and then the network that the configuration describes is
held against the weights and the tokenizer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.checks import Check, Given, kind_of, one_of, real, some_of, whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEEPEST = 16
LARGEST_NUMBER = 1e18
LARGEST = {
    1_000: ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    10_000: (
        *("num_attention_heads", "n_head", "n_heads", "num_heads", "num_key_value_heads"),
        *("num_local_experts", "num_experts", "n_routed_experts"),
    ),
    1_000_000: (
        *("hidden_size", "n_embd", "d_model", "head_dim", "num_labels"),
        *("intermediate_size", "n_inner", "ffn_dim", "moe_intermediate_size"),
    ),
    10_000_000: ("vocab_size",),
    100_000_000: ("max_position_embeddings", "n_positions", "n_ctx", "sliding_window"),
}
POSITIVE = (
    *("rope_theta", "rope_local_base_freq", "rotary_emb_base", "factor"),
    *("residual_multiplier", "embedding_multiplier", "attention_multiplier"),
    *("logits_scaling", "logit_scale", "query_pre_attn_scalar"),
    *("final_logit_softcapping", "attn_logit_softcapping"),
)
SHARES = ("partial_rotary_factor", "rotary_pct")
EPSILONS = ("layer_norm_eps", "layer_norm_epsilon", "rms_norm_eps", "norm_eps", "norm_epsilon")
ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function")
DTYPES = ("dtype", "torch_dtype")
BUFFERS = re.compile(r"\.(attn|attention)\.(masked_)?bias$|\.rotary_emb\.inv_freq$")
MOST_NAMED = 3
FEWEST_TOKENS = 0.9  # of a vocabulary: real ones are padded by a few in a hundred


def read_configuration(path: Path) -> dict[str, Any]:
    """A config.json, every field of which that the library knows makes sense.

    Raises
    ------
    ValueError
        If it is no JSON object, is nested too deeply, has a number that is not
        finite, or a known field has a wrong type or value.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(fields, dict):
            raise TypeError(f"expected a JSON object, got {kind_of(fields)}")
        _check_kind(fields)
        _check_fields(fields, _rules(fields), depth=0)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: expected at most {DEEPEST} levels, got many more") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    return fields


def check_sizes(network: PreTrainedModel, stored: int, directory: Path) -> None:
    """Refuse weights that are far too few for a network; it need not have any itself yet."""
    needed = sum(parameter.numel() for parameter in network.parameters())
    if needed > 2 * stored:
        raise ValueError(
            f"{directory}: config.json describes a network of {needed:,} numbers, the weights "
            f"have {stored:,}: the two belong to different models"
        )


def check_weights(report: Mapping[str, Iterable[Any]], directory: Path) -> None:
    """Refuse weights other than those that the network has, by name and by shape.

    Parameters
    ----------
    report : mapping
        What transformers tells of the loading: missing, unexpected and
        mismatched keys.
    directory : Path
        Where the weights were read from, for the message.
    """
    unexpected = [name for name in report["unexpected_keys"] if not BUFFERS.search(name)]
    wrong = [
        *(f"{name} is missing" for name in sorted(report["missing_keys"])),
        *(f"the network has no {name}" for name in sorted(unexpected)),
        *(
            f"{name} is {list(stored)}, not {list(needed)}"
            for name, stored, needed in sorted(report["mismatched_keys"])
        ),
    ]
    if wrong:
        more = f"; and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise ValueError(
            f"{directory}: expected the weights that config.json describes, but "
            f"{'; '.join(wrong[:MOST_NAMED])}{more}. Get configuration and weights again, from "
            "one place."
        )


def check_finite(network: PreTrainedModel, source: Path) -> None:
    """Refuse weights that are NaN or infinite, without a copy of any of them."""
    for name, weights in network.named_parameters():
        if weights.is_meta:  # accelerate has left it on the disk
            continue
        if not all(bound.isfinite() for bound in weights.detach().aminmax()):
            raise ValueError(
                f"{source}: expected finite weights, got NaN or infinity in {name}. "
                "The file is damaged, or the training diverged."
            )


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, d_vocab: int, directory: Path) -> None:
    """Refuse a tokenizer of another vocabulary.

    No token has an id that the model lacks, and nine in ten of the model's
    ids have a token: vocabularies are often padded, by a few in a hundred.
    """
    ids = set(tokenizer.get_vocab().values())
    if not FEWEST_TOKENS * d_vocab <= len(ids) or max(ids) >= d_vocab:
        raise ValueError(
            f"{directory}: expected a tokenizer for {d_vocab:,} token ids, got one with "
            f"{len(ids):,} tokens and ids up to {max(ids, default=0):,}. "
            "The tokenizer belongs to another model."
        )


def _check_kind(fields: Mapping[str, Any]) -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    kind = fields.get("model_type")
    if not isinstance(kind, str) or kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ValueError(
            "expected a causal language model that transformers knows, got model_type "
            f"{kind!r:.60}. Code that comes with a model is never run."
        )
    if fields.get("quantization_config") is not None:
        raise ValueError("expected weights that are not quantised, got a quantization_config")


def _rules(fields: Mapping[str, Any]) -> dict[str, Check]:
    """The check of each field that is known, by its name."""
    import torch
    from transformers.activations import ACT2FN
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    from confidence_neurons.model.families import FAMILIES

    rules = {name: whole(name, 1, most) for most, names in LARGEST.items() for name in names}
    rules |= {name: real(name, 0, 1e12, within=True) for name in POSITIVE}
    rules |= {name: real(name, 1e-6, 1) for name in SHARES}
    rules |= {name: real(name, 0, 1, within=True) for name in EPSILONS}
    rules |= {name: one_of(name, sorted(ACT2FN)) for name in ACTIVATIONS}
    rules["rope_type"] = one_of("rope_type", sorted({"default", *ROPE_INIT_FUNCTIONS}))
    rules["architectures"] = some_of("architectures")
    dtypes = [name for name, value in vars(torch).items() if isinstance(value, torch.dtype)]
    floats = sorted(name for name in dtypes if getattr(torch, name).is_floating_point)
    rules |= {name: one_of(name, floats) for name in DTYPES}
    family = FAMILIES.get(fields["model_type"])
    own_epsilon = family is not None and family.final_norm is not None
    final = "final_layer_norm_eps"
    rules[final] = real(final, 0, 1e12, within=True) if own_epsilon else _none_of(final)
    if fields.get("use_sliding_window") is False:
        del rules["sliding_window"]  # transformers writes 0 then
    rules["__float__"] = _none_of("__float__")  # how transformers writes infinity and NaN
    return rules


def _none_of(name: str) -> Check:
    def check(value: Any, given: Given) -> Any:
        raise ValueError(f"expected no {name} in a model of this kind, got {kind_of(value)}")

    return check


def _check_fields(value: Any, rules: Mapping[str, Check], depth: int) -> None:
    """Check a field and all that stands in it."""
    if depth > DEEPEST:
        raise ValueError(f"expected at most {DEEPEST} levels, got more")
    if isinstance(value, dict):
        for name, field in value.items():
            if name in rules and field is not None:
                rules[name](field, value)
            _check_fields(field, rules, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_fields(member, rules, depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
        raise ValueError(f"expected finite numbers up to {LARGEST_NUMBER:g}, got {kind_of(value)}")
