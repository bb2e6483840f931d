"""What every argument of the public face may be, and values that are none of it.

`VALID` has arguments with which each public function runs. `KINDS` says of
which types an argument may be; a value of any other type has to be refused.
`BAD` has values of the right type that are wrong all the same.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import torch
from torch import Tensor

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons.charts import Axis, Category, StepLines

NAN, INF = float("nan"), float("inf")


class Nothing:
    """A value of a type that no argument may have."""


@cache
def model():
    return references.tiny_pair("llama")[0]


TOKENS = references.tokens_for(rows=3)
COPIES = cn.repeated_random(d_vocab=300, period=5, count=3)
COUNTS = references_ablation.counts_for()
LOGITS = torch.zeros(3, 4)
LOG_P = LOGITS.log_softmax(dim=-1)
WEIGHTS = torch.eye(3)
MASK = torch.zeros_like(TOKENS, dtype=torch.bool).index_fill(1, torch.tensor([3, 4]), True)
FRAME = pd.DataFrame(
    {
        "group": ["a", "a", "b", "b"],
        "sequence": [0, 1, 0, 1],
        "position": [1, 1, 1, 1],
        "neuron": [1, 2, 3, 4],
        "estimate": [0.1, 0.2, 0.3, 0.4],
        "low": [0.0, 0.1, 0.2, 0.3],
        "high": [0.2, 0.3, 0.4, 0.5],
        "confidence": [0.1, 0.9, 0.5, 0.5],
        "right": [0.0, 1.0, 1.0, 0.0],
        "token": ["x", "y", "x", "y"],
    }
)
STEPS = FRAME.assign(step=[0, 1, 2, 3], row=0, column=[0, 1, 2, 3])
TABLE = pd.DataFrame({"confidence": [0.1], "accuracy": [0.5], "tokens": [3]})
SCANNED = pd.DataFrame(
    {
        "neuron": [0, 1],
        "null_fraction": [0.1, 0.9],
        "logit_var": [0.1, 0.9],
        "frequency_cosine": [0.1, 0.9],
        "entropy_total": [0.1, 0.9],
        "entropy_ln_mediated": [0.1, 0.9],
    }
)
WEIGHED = pd.DataFrame({"neuron": [0, 1], "weight_norm": [1.0, 2.0], "logit_var": [0.1, 0.9]})
LEVEL, RISES = torch.zeros(64), torch.zeros(64, dtype=torch.bool)
DIRECTION = torch.ones(32)
LOGIT_DIRECTION = torch.linspace(-1, 1, 300)
WORDS = {"title": "A title", "description": "What the chart shows, in a sentence."}
X, Y = Axis("estimate", "estimate (nats)"), Axis("low", "low (nats)")


@cache
def state():
    return cn.run(model(), TOKENS)


VALID: dict[str, Callable[[], dict[str, Any]]] = {
    "load_model": lambda: {"name": "prose", "device": "cpu"},
    "load_light": lambda: {"name": "prose", "device": "cpu", "dtype": "float32"},
    "memory_needed": lambda: {"name": "prose", "dtype": torch.bfloat16},
    "unigram_counts": lambda: {"name": "prose"},
    "growth_record": lambda: {"name": "prose"},
    "recorded_groups": lambda: {"name": "prose"},
    "prose_tokens": lambda: {"model": model(), "length": 20, "count": 1},
    "tokens_from_text": lambda: {
        "model": model(),
        "text": "The coach had gone. " * 20,
        "length": 8,
        "count": 1,
        "plain": True,
    },
    "tokens_from_file": lambda: {
        "model": model(),
        "path": __file__,
        "length": 8,
        "count": 1,
        "plain": True,
    },
    "corrupt": lambda: {"tokens": TOKENS, "rate": 0.5, "unigram": COUNTS, "seed": 0},
    "repeated_random": lambda: {
        "d_vocab": 300,
        "period": 5,
        "copies": 2,
        "count": 3,
        "bos": 0,
        "seed": 0,
    },
    "repeated_prose": lambda: {"tokens": TOKENS, "period": 4, "copies": 2},
    "break_repeats": lambda: {
        "tokens": COPIES,
        "period": 5,
        "d_vocab": 300,
        "margin": 1,
        "seed": 0,
    },
    "token_labels": lambda: {"model": model(), "ids": [1, 2]},
    "mean_prediction": lambda: {"model": model(), "tokens": TOKENS, "at": MASK},
    "count_tokens": lambda: {"model": model(), "texts": ["a text", "another"]},
    "run": lambda: {"model": model(), "tokens": TOKENS, "layer": 1, "at": MASK},
    "ablate": lambda: {
        "model": model(),
        "state": state(),
        "neurons": [1, 2],
        "to": LEVEL,
        "clip": RISES,
        "writes": torch.ones(2, 32),
    },
    "ablate_heads": lambda: {"model": model(), "state": state(), "heads": [(0, 1)]},
    "write": lambda: {
        "model": model(),
        "state": state(),
        "direction": DIRECTION,
        "strength": 0.5,
    },
    "read": lambda: {
        "model": model(),
        "state": state(),
        "quantities": ("entropy", "kl"),
        "counts": COUNTS,
    },
    "read_logits": lambda: {
        "logits": LOGITS,
        "target": torch.tensor([0, 1, 2]),
        "quantities": ("loss", "kl"),
        "counts": torch.arange(4),
    },
    "entropy": lambda: {"logits": LOGITS},
    "log_probabilities": lambda: {"logits": LOGITS},
    "kl_divergence": lambda: {"log_p": LOG_P, "log_q": LOG_P},
    "nats_to_bits": lambda: {"nats": 1.0},
    "reliability": lambda: {"frame": FRAME, "by": "group", "bins": 5},
    "expected_calibration_error": lambda: {"table": TABLE},
    "geometry": lambda: {"model": model(), "k": 3, "counts": COUNTS},
    "neuron_weights": lambda: {
        "model": model(),
        "neurons": [1, 2],
        "layer": 1,
        "k": 3,
        "counts": COUNTS,
    },
    "spectrum": lambda: {"unembedding": WEIGHTS},
    "null_fraction": lambda: {"w_out": WEIGHTS, "null_space": WEIGHTS[:, :1]},
    "logit_var": lambda: {"w_out": WEIGHTS, "unembedding": WEIGHTS},
    "scan": lambda: {
        "model": model(),
        "tokens": TOKENS,
        "neurons": [1, 2],
        "to": LEVEL,
        "clip": RISES,
        "at": MASK,
        "method": "exact",
        "frequency": True,
        "counts": COUNTS,
        "layer": 1,
        "k": 3,
        "memory_budget": 1e9,
        "seed": 0,
        "progress": False,
    },
    "token_effects": lambda: {
        "model": model(),
        "tokens": TOKENS,
        "neurons": [1, 2],
        "to": LEVEL,
        "clip": RISES,
        "at": MASK,
        "memory_budget": 1e9,
    },
    "effects": lambda: {
        "model": model(),
        "state": state(),
        "groups": {"a": [1, 2]},
        "to": LEVEL,
        "clip": RISES,
        "paths": ("total", "direct"),
        "quantities": ("entropy", "kl"),
        "counts": COUNTS,
    },
    "compare": lambda: {
        "model": model(),
        "state": state(),
        "changed": {"same": state()},
        "paths": ("total", "frequency"),
        "quantities": ("entropy", "loss"),
        "counts": COUNTS,
        "restored": LOGIT_DIRECTION,
    },
    "intervals": lambda: {
        "frame": FRAME,
        "by": "group",
        "values": ["low", "high"],
        "size": True,
        "statistic": cn.mediated_share,
        "level": 0.9,
        "resamples": 20,
        "seed": 0,
    },
    "mediated_share": lambda: {"direct": torch.ones(2), "total": torch.ones(2)},
    "find_groups": lambda: {
        "scanned": SCANNED,
        "null_fraction": 0.6,
        "ln_mediated": 0.5,
        "cosine": 0.7,
    },
    "pareto_front": lambda: {"weighed": WEIGHED, "fronts": 2},
    "norm_then_logit_var": lambda: {"weighed": WEIGHED, "norm_share": 0.5, "count": 1},
    "with_groups": lambda: {"frame": FRAME, "groups": {"a": [1, 2]}},
    "controls": lambda: {
        "model": model(),
        "neurons": [1, 2],
        "kinds": ("equal norm", "equal rho", "most changed"),
        "exclude": [5],
        "change": LEVEL,
        "k": 3,
        "seed": 0,
    },
    "random_heads": lambda: {
        "model": model(),
        "heads": [(0, 1)],
        "exclude": [(0, 0)],
        "seed": 0,
    },
    "exercises.collect": lambda: {"notebooks": []},
    "induction.copy_masks": lambda: {"tokens": COPIES, "period": 5},
    "induction.head_scores": lambda: {"model": model(), "tokens": COPIES, "period": 5},
    "induction.natural_repeats": lambda: {"tokens": TOKENS, "span": 1},
    "induction.matched_positions": lambda: {
        "tokens": COPIES,
        "repeats": cn.induction.natural_repeats(COPIES, span=1),
        "span": 1,
        "counts": COUNTS,
        "seed": 0,
    },
    "induction.position_mask": lambda: {"tokens": TOKENS, "rows": [0], "positions": [2]},
    "charts.dots": lambda: {
        "frame": FRAME,
        "x": X,
        "category": Category("group", "group"),
        **WORDS,
    },
    "charts.bars": lambda: {
        "frame": FRAME,
        "x": X,
        "category": Category("group", "group"),
        **WORDS,
    },
    "charts.bands": lambda: {
        "frame": FRAME,
        "x": Axis("position", "position"),
        "y": Axis("estimate", "estimate"),
        **WORDS,
    },
    "charts.neurons": lambda: {"frame": FRAME, "x": X, "y": Y, **WORDS},
    "charts.stepper": lambda: {
        "frame": STEPS,
        "panels": [StepLines(STEPS, X)],
        **WORDS,
    },
    "charts.buttons": lambda: {"control": "chosen", "label": "Group", "options": ["a", "b"]},
    "charts.dropdown": lambda: {"control": "chosen", "label": "Group", "options": ["a", "b"]},
    "charts.slider": lambda: {"control": "chosen", "label": "Step", "options": [0, 1, 2]},
    "charts.finish": lambda: {"chart": alt.Chart(FRAME).mark_point(), **WORDS},
    "charts.side_by_side": lambda: {
        "charts": [alt.Chart(FRAME).mark_point().encode(x="estimate")] * 2,
        **WORDS,
    },
    "charts.coloured_text": lambda: {
        "frame": FRAME,
        "token": "group",
        "colours": {"estimate": "estimate"},
        **WORDS,
    },
}
VALID["group_criteria"] = VALID["find_groups"]

Number = int | float | np.number
Several = list | tuple | set | range | Iterator | Tensor | np.ndarray | pd.Series
Names = str | list | tuple | set | range | Iterator | np.ndarray | pd.Series
KINDS: dict[str, Any] = {
    "model": Nothing,
    "tokens": Tensor,
    "state": cn.State,
    "text": str,
    "texts": str | Several,
    "name": str,
    "device": str,
    "dtype": str | torch.dtype,
    "device_map": str | dict,
    "revision": str,
    "path": str,
    "notebooks": Several,
    "layer": int,
    "neurons": Several,
    "heads": Several,
    "ids": Several,
    "exclude": Several,
    "groups": dict,
    "changed": dict,
    "at": Tensor,
    "to": Number | Tensor,
    "clip": Tensor,
    "writes": Tensor,
    "unigram": Tensor,
    "counts": Tensor | cn.Unigram,
    "logits": Tensor,
    "log_p": Tensor,
    "log_q": Tensor,
    "target": Tensor,
    "direction": Tensor,
    "restored": Tensor,
    "w_out": Tensor,
    "unembedding": Tensor,
    "null_space": Tensor,
    "change": Tensor,
    "direct": Tensor,
    "total": Tensor,
    "frame": pd.DataFrame,
    "table": pd.DataFrame,
    "scanned": pd.DataFrame,
    "weighed": pd.DataFrame,
    "repeats": pd.DataFrame,
    "statistic": Callable,
    "nats": Number,
    "strength": Number,
    "rate": Number,
    "level": Number,
    "memory_budget": Number,
    "null_fraction": Number,
    "ln_mediated": Number,
    "cosine": Number,
    "norm_share": Number,
    "fronts": int,
    **dict.fromkeys(("size", "frequency", "progress", "plain"), bool),
    **dict.fromkeys(("seed", "length", "count", "period", "copies", "span", "margin", "k"), int),
    **dict.fromkeys(("d_vocab", "bos", "bins", "resamples"), int),
    **dict.fromkeys(("quantities", "paths", "kinds", "by", "values"), Names),
    "method": str,
    "rows": Several,
    "positions": Several,
    "title": str,
    "description": str,
    "x": Axis,
    "y": Axis,
    "category": Category,
    "panels": Several,
    "control": str,
    "label": str,
    "options": Several,
    "chart": alt.TopLevelMixin,
    "charts": Several,
    "token": str,
    "colours": dict,
}

FLOATS = [NAN, INF, -INF]
SMALL = [0, -1, 2**70]
BAD: Mapping[str, list] = {
    "tokens": [
        TOKENS.float(),
        TOKENS.bool(),
        TOKENS.to(torch.int8),
        TOKENS[0],
        TOKENS[None],
        TOKENS[:0],
        TOKENS[:, :2],
        TOKENS - 1,
    ],
    "text": ["", "  \n", "half \ud800 a pair"],
    "texts": ["", [], [" "], ["a", b"b"], [3]],
    "name": ["", "no such model", "x" * 300, "~nouser/m", "a/b/c", "./nowhere", "a\0b"],
    "device": ["", "meta", "banana", "cuda:99", "cpu:x"],
    "dtype": ["", "int8", "banana", torch.int64, "complex64", "nn"],
    "device_map": ["", "banana", "auto "],
    "revision": ["", " ", "a b", "../main", "-x", "main", "x" * 300],
    "path": ["", "nowhere.txt", "x" * 300, "a\0b", "/"],
    "notebooks": ["x", [""], ["nowhere.ipynb"], ["x" * 300], [3], [__file__]],
    "layer": [-1, 2, 2**70],
    "neurons": [[], [64], [-1], [3, 3], [1.5], ["5"], [True], torch.tensor([True]), [NAN], [[1]]],
    "heads": [[], [(2, 0)], [(0, 4)], [(-1, 0)], [(0, 1), (0, 1)], [0], [(0, 1, 2)], [(0.5, 0)]],
    "ids": [[1.7], [-1], [300], ["a"], [True], [[1]], torch.tensor([1.5])],
    "exclude": [[1.5], ["a"], [None], [[1, 2, 3]]],
    "groups": [{}, {"a": []}, {"a": [1.5]}, {"a": 5}, {"a": [1, 1]}, {"a": [-1]}],
    "changed": [{}, {"a": 5}, {"a": None}, {"a": LOGITS}],
    "at": [MASK.long(), MASK[:, 1:], ~MASK & MASK, MASK.float()],
    "to": [*FLOATS, LEVEL[:5], LEVEL + NAN, LEVEL.long(), LEVEL[None], LEVEL.to(torch.complex64)],
    "clip": [RISES.float(), RISES[:5], RISES[None]],
    "writes": [torch.ones(32), torch.full((2, 32), NAN), torch.ones(2, 32).long()],
    "unigram": [
        COUNTS * 0,
        COUNTS - 1000,
        COUNTS[:5],
        COUNTS * NAN,
        COUNTS[None],
        COUNTS.to(torch.complex64),
        COUNTS.bool(),
    ],
    "counts": [
        COUNTS.float(),
        COUNTS - 1000,
        COUNTS * 0,
        COUNTS * 0 + 7,
        COUNTS[:, None],
        COUNTS > 1,
    ],
    "logits": [
        LOGITS + NAN,
        LOGITS + INF,
        LOGITS - INF,
        LOGITS[:, :0],
        torch.tensor(1.0),
        LOGITS.long(),
    ],
    "log_p": [LOG_P + NAN, LOGITS + 1, LOG_P.exp(), LOG_P.long(), LOG_P[:, :0]],
    "log_q": [LOG_P + NAN, LOGITS + 1, LOG_P.exp(), LOG_P.long(), LOG_P[:, :0]],
    "target": [
        torch.tensor([0, 1]),
        torch.tensor([0, 1, 4]),
        torch.tensor([-1, 0, 1]),
        torch.ones(3),
    ],
    "direction": [DIRECTION * 0, DIRECTION + NAN, DIRECTION[:3], DIRECTION[None], DIRECTION.long()],
    "restored": [
        LOGIT_DIRECTION * 0,
        LOGIT_DIRECTION + NAN,
        LOGIT_DIRECTION[:5],
        LOGIT_DIRECTION[None],
    ],
    "w_out": [WEIGHTS + NAN, WEIGHTS[0], WEIGHTS.long(), WEIGHTS[:0], WEIGHTS[:, :2]],
    "unembedding": [WEIGHTS + NAN, WEIGHTS[0], WEIGHTS.long(), WEIGHTS[:, :0], WEIGHTS[None]],
    "null_space": [WEIGHTS + NAN, WEIGHTS[0], WEIGHTS.long(), WEIGHTS[:2]],
    "change": [LEVEL + NAN, LEVEL[:5], LEVEL.long()],
    "direct": [torch.tensor([NAN, 1.0]), torch.ones(2).long()],
    "total": [torch.tensor([INF, 1.0]), torch.ones(2).long()],
    "frame": [FRAME[:0], pd.DataFrame(), FRAME[["position"]]],
    "table": [
        TABLE[:0],
        TABLE.assign(accuracy=-3.0),
        TABLE.assign(confidence=7),
        TABLE[["tokens"]],
    ],
    "scanned": [SCANNED[:0], SCANNED.drop(columns="null_fraction"), TABLE],
    "weighed": [WEIGHED[:0], WEIGHED.drop(columns="logit_var"), WEIGHED.assign(weight_norm=NAN)],
    "fronts": SMALL,
    "norm_share": [*FLOATS, -0.1, 1.1],
    "repeats": [TABLE, FRAME, pd.DataFrame({"row": [9], "position": [1], "target": [1]})],
    "nats": FLOATS,
    "strength": FLOATS,
    "rate": [*FLOATS, -0.1, 1.1],
    "level": [*FLOATS, 0, 1, 95],
    "memory_budget": [*FLOATS, 0, -1, 10, 10**400],
    "null_fraction": [*FLOATS, -0.1, 1.1],
    "ln_mediated": [*FLOATS, 1.1],
    "cosine": [*FLOATS, -0.1, 1.1],
    "seed": [2**64, -(2**63) - 1, 10**400],
    **dict.fromkeys(("length", "count", "period", "copies", "span", "k", "d_vocab"), SMALL),
    "margin": SMALL,
    "bins": SMALL,
    "resamples": [0, 1, -1, 2**70],
    "bos": [-1, 300, 2**70],
    "quantities": [[], "banana", ["entropy", "entropy"], ["entropy", 3], [None]],
    "paths": [[], "banana", ["total", "total"], [3]],
    "kinds": [[], "banana", ["random", "random"], [3]],
    "by": ["banana", [3], ["group", "group"]],
    "values": ["banana", [], [3], "group"],
    "method": ["", "fast"],
    "rows": [[], [-1], [3], [0.5], [0, 1]],
    "positions": [[], [-1], [12], [0.5]],
    "title": ["", "  "],
    "description": ["", "  "],
    "x": [Axis("banana", "a title"), Axis("group", "a title"), Axis("estimate", "")],
    "y": [Axis("banana", "a title"), Axis("token", "a title"), Axis("estimate", "")],
    "category": [Category("banana", "a title")],
    "panels": [[], [3]],
    "charts": [[], [3]],
    "token": ["", "nowhere"],
    "colours": [{}, {"group": "a"}, {"nowhere": "a"}, {"estimate": ""}],
    "control": [""],
    "label": [""],
    "options": [[], ["a", "a"]],
}
