"""Shares of layers, heads and neurons: they add up, and agree with slow references."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons.weights.geometry import writes
from confidence_neurons_book.null_space.writers import (
    ATTENTION,
    MEAN,
    MLP,
    VARYING,
    VISIBLE,
    head_shares,
    layer_shares,
    neuron_shares,
    parts_of,
)

COMPONENTS = (MEAN, VARYING, VISIBLE)


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def model(request):
    return references.light(references.tiny_pair(request.param)[1])


@pytest.fixture(scope="module")
def parts(model):
    return parts_of(model, references.tokens_for(rows=3), cn.geometry(model, k=4))


def test_the_parts_add_up_to_the_stream(parts):
    torch.testing.assert_close(sum(parts.outputs.values()), parts.stream, rtol=1e-3, atol=1e-4)


def test_the_components_add_up_to_the_stream(parts):
    mean_visible = parts.stream - parts.toward(MEAN) - parts.toward(VARYING)
    rest = mean_visible - parts.toward(VISIBLE)
    torch.testing.assert_close(rest, rest[:1].expand_as(rest), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("component", COMPONENTS)
def test_all_layers_have_all_of_a_component(parts, component):
    frame = layer_shares(parts, [component])
    total = frame.groupby(["kind", "layer"])[["written", "length"]].mean()
    shares = total["written"] / total["length"]
    assert shares.sum() == pytest.approx(1, rel=1e-3)
    assert set(frame["sequence"]) == {0, 1, 2}


def test_what_varies_agrees_with_a_token_by_token_reference(parts):
    null = parts.space.null_space
    part = parts.stream @ null
    part = part - part.mean(dim=0)
    output = parts.outputs[MLP, 1] @ null
    output = output - output.mean(dim=0)
    frame = layer_shares(parts, [VARYING]).query(f"kind == '{MLP}' and layer == 1")
    expected = [float(a @ b / b.norm()) for a, b in zip(output, part, strict=True)]
    assert frame["written"].tolist() == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert frame["length"].tolist() == pytest.approx(part.norm(dim=1).tolist(), rel=1e-3)


@pytest.mark.parametrize("component", [MEAN, VARYING])
def test_the_heads_have_what_attention_has_but_for_its_bias(model, parts, component):
    heads = head_shares(parts, model.cfg.n_heads, component)
    assert heads.is_monotonic_decreasing
    frame = layer_shares(parts, [component])
    unit = parts.toward(component)
    unit = unit / unit.norm(dim=1, keepdim=True)
    length = parts.toward(component).norm(dim=1).mean()
    for layer in range(model.cfg.n_layers):
        rows = frame[(frame["kind"] == ATTENTION) & (frame["layer"] == layer)]
        bias = torch.zeros(model.cfg.d_model)
        if parts.space.norm.centres:
            bias = model.end.layers[layer].attention.dense.bias
            bias = bias - bias.mean()
        constant = float((unit @ bias).mean() / length) if component == MEAN else 0
        found = sum(heads[f"{layer}.{head}"] for head in range(model.cfg.n_heads))
        expected = rows["written"].mean() / rows["length"].mean() - constant
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_the_neurons_have_what_the_last_mlp_has(model, parts):
    every = range(model.cfg.d_mlp)
    frame = neuron_shares(model, parts, {"all": every, "one": [5]})
    last = layer_shares(parts, [VARYING]).query(f"kind == '{MLP}' and layer == 1")
    rows = frame[frame["group"] == "all"]
    assert rows["written"].tolist() == pytest.approx(last["written"].tolist(), rel=1e-2, abs=1e-4)
    unit = parts.toward(VARYING)
    unit = unit / unit.norm(dim=1, keepdim=True)
    one = parts.state.activations[parts.state.counted][:, 5]
    expected = (one - one.mean()) * (unit @ writes(model)[5])
    one_rows = frame[frame["group"] == "one"]
    assert one_rows["written"].tolist() == pytest.approx(expected.tolist(), rel=1e-3, abs=1e-6)
    assert set(one_rows["neurons"]) == {1}
