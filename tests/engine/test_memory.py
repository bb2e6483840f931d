"""Plans that keep within a budget, and scans that keep within their plan."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.engine.memory import (
    BLOCK_TENSORS,
    DEFAULT_BUDGET,
    SHARE_FOR_COPY,
    TENSORS_PER_PAIR,
    TENSORS_PER_TOKEN,
    Plan,
)

BLOCK = 2**22


def held(plan, d_vocab, size=4, copy_size=0):
    """Bytes of readings, of tokens, of one block, and of a copy of the unembedding."""
    row = size * d_vocab
    tokens = TENSORS_PER_TOKEN * row + TENSORS_PER_PAIR * size * plan.neurons
    block = BLOCK_TENSORS * max(BLOCK, row)
    return plan.neurons * row + plan.tokens * tokens + block + (copy_size if plan.copy else 0)


def least(d_vocab, size=4):
    with pytest.raises(ValueError, match="memory_budget of at least") as refused:
        Plan.within(0, d_vocab, 1, number_size=size)
    (figure,) = re.findall(r"at least ([\d,]+) bytes", str(refused.value))
    return int(figure.replace(",", ""))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(2, 200_000),
    st.integers(1, 12_000),
    st.floats(1, 1000),
    st.sampled_from([4, 8]),
    st.sampled_from([0, 10**6, 10**8, 10**10]),
    st.booleans(),
)
def test_a_plan_keeps_within_its_budget(d_vocab, neurons, factor, size, copy_size, widens):
    budget = least(d_vocab, size) * factor
    plan = Plan.within(
        budget, d_vocab, neurons, number_size=size, copy_size=copy_size, widens=widens
    )
    assert 1 <= plan.neurons <= neurons
    assert plan.tokens >= 1
    assert held(plan, d_vocab, size, copy_size) <= budget


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 200_000))
def test_the_least_budget_is_enough_and_less_is_refused(d_vocab):
    assert Plan.within(least(d_vocab), d_vocab, 10) is not None
    with pytest.raises(ValueError, match=r"give more \(default"):
        Plan.within(least(d_vocab) - 1, d_vocab, 10)


def test_the_default_holds_all_neurons_of_the_bundled_model_at_once():
    plan = Plan.within(DEFAULT_BUDGET, 2048, 512)
    assert plan.neurons == 512
    assert plan.tokens >= 100


def test_the_index_of_a_device_does_not_matter():
    assert Plan.within(2**30, 50_000, 3000, "cuda:0") == Plan.within(2**30, 50_000, 3000, "cuda")


def test_a_wider_copy_of_the_unembedding_is_held_where_it_takes_a_small_share():
    budget, copy_size = 2.0**30, 10**8
    assert Plan.within(budget, 50_000, 3000, copy_size=copy_size, widens=True).copy
    assert not Plan.within(budget, 50_000, 3000).copy  # nothing to copy
    large = int(SHARE_FOR_COPY * budget)
    assert not Plan.within(budget, 50_000, 3000, copy_size=large, widens=True).copy


def test_a_copy_that_is_not_wider_is_held_where_the_panels_stay_as_large():
    budget, copy_size = 2.0**30, 10**8
    without = Plan.within(budget, 50_000, 1500)
    plan = Plan.within(budget, 50_000, 1500, copy_size=copy_size)
    assert plan.copy
    assert plan.neurons == without.neurons
    assert not Plan.within(budget, 50_000, 4000, copy_size=copy_size).copy


NETWORK = """
import gc, json, sys
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from confidence_neurons.engine.scan import scan
from confidence_neurons.model.light import LightModel
from tiny_models import tiny_tokenizer

D_VOCAB, NEURONS, LENGTH = 60_000, 64, 62

def memory(key):
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(key)).split()[1])

torch.manual_seed(0)
network = LlamaForCausalLM(LlamaConfig(
    vocab_size=D_VOCAB, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=NEURONS, max_position_embeddings=LENGTH,
))
with torch.no_grad():
    network.lm_head.weight.mul_(float(sys.argv[1]))
model = LightModel.of(network.to(getattr(torch, sys.argv[2])), tiny_tokenizer(), "large")
tokens = torch.randint(1, D_VOCAB, (4, LENGTH))
tokens[:, 0] = 0
counts = torch.randint(0, 1000, (D_VOCAB,))
for settings in json.loads(sys.argv[3]):
    rows = tokens[: settings.pop("rows")]
    if settings.get("frequency"):
        settings["counts"] = counts
    scan(model, rows[:1, :4], **{**settings, "neurons": [0]})
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is now what is held now
    before = memory("VmRSS")
    scan(model, rows, **settings)
    print(memory("VmHWM") - before)
"""


def peaks(loudness, dtype, scans):
    """Bytes that scans of a large vocabulary took at most, beyond what was held before."""
    tests = Path(__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-c", NETWORK, str(loudness), dtype, json.dumps(scans)],
        cwd=tests,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tests)},
    )
    assert found.returncode == 0, found.stderr
    return [int(line) for line in found.stdout.split()]


def assert_within(scans, loudness=1.0, dtype="float32"):
    for scan, peak in zip(scans, peaks(loudness, dtype, scans), strict=True):
        assert peak < 1.1 * scan["memory_budget"] + 30e6, (scan, peak)


needs_linux = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="reads peaks from Linux's /proc"
)
BUDGETS = (100e6, 200e6, 400e6)


def scans_of(method, budgets=BUDGETS, **settings):
    return [{"method": method, "memory_budget": budget, **settings} for budget in budgets]


@needs_linux
def test_a_scan_keeps_within_its_budget():
    some = list(range(24))
    assert_within(
        [
            *scans_of("exact", rows=3, neurons=some),
            *scans_of("second-order", rows=4),
            *scans_of("exact", (100e6,), rows=1, neurons=some, frequency=True),
            *scans_of("exact", (100e6,), rows=1, neurons=[3], layer=0),
        ]
    )


@needs_linux
def test_huge_logits_of_half_precision_are_measured_within_it_too():
    """In double precision, from weights that are widened as they are needed."""
    few = {"rows": 1, "neurons": list(range(12))}
    scans = [*scans_of("exact", **few), *scans_of("second-order", (100e6,), **few)]
    assert_within(scans, loudness=10_000.0, dtype="bfloat16")
