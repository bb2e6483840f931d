"""The slow scan that an exercise is checked with measures what the library measures."""

import pytest

import confidence_neurons as cn
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.entropy_neurons import checks
from references import light, tokens_for
from tiny_models import tiny_network


def test_the_slow_scan_agrees_with_the_library():
    model, tokens = light(tiny_network("llama")), tokens_for(rows=2, length=14)
    end = cn.run(model, tokens)
    x, a = end.residual[end.counted], end.activations[end.counted]
    unembedding = cn.geometry(model, k=2).unembedding
    slow = checks.scan.reference(x, a, output_weights(model), unembedding)
    fast = cn.scan(model, tokens, k=2)[["entropy_total", "entropy_direct"]].to_numpy()
    assert slow.numpy() == pytest.approx(fast, rel=0.02, abs=1e-6)  # the norm's epsilon is left out
