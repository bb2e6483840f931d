"""Bad input: a clear error before the model has run."""

import pytest
import torch

import references
import references_ablation
from confidence_neurons.engine.request import Request
from confidence_neurons.engine.scan import scan
from confidence_neurons.engine.tokens import token_effects
from tiny_models import ARCHITECTURES, N_CTX


@pytest.fixture
def no_work(monkeypatch):
    """Fail if the model runs."""

    def run(*arguments, **options):
        pytest.fail("the model ran before the request was refused")

    monkeypatch.setattr("confidence_neurons.engine.request.run_final", run)
    monkeypatch.setattr("transformer_lens.model_bridge.TransformerBridge.forward", run)


def model_and_tokens():
    return references.tiny_pair("neox-serial")[0], references.tokens_for()


UNFIT_TOKENS = [
    ([[0, 1, 2]], TypeError, "torch.Tensor, got list"),
    (references.tokens_for().float(), TypeError, "integer type, got torch.float32"),
    (references.tokens_for().bool(), TypeError, "integer type, got torch.bool"),
    *(
        (references.tokens_for().clamp(max=99).to(kind), TypeError, f"integer type, got {kind}")
        for kind in (torch.int8, torch.int16, torch.uint8, torch.uint16, torch.uint32)
    ),
    (references.tokens_for()[0], ValueError, r"\[batch, position\], got shape \[12\]"),
    (references.tokens_for()[None], ValueError, r"got shape \[1, 2, 12\]"),
    (references.tokens_for()[:0], ValueError, r"at least 1 row .* got shape \[0, 12\]"),
    (references.tokens_for()[:, :0], ValueError, r"3 positions, got shape \[2, 0\]"),
    (references.tokens_for()[:, :1], ValueError, r"3 positions, got shape \[2, 1\]"),
    (references.tokens_for()[:, :2], ValueError, r"3 positions, got shape \[2, 2\]"),
    (references.tokens_for() + 300, ValueError, "token ids from 0 to 299"),
    (references.tokens_for() - 1, ValueError, "token ids from 0 to 299, got ids from -1"),
    (references.tokens_for(length=N_CTX + 1), ValueError, "at most 64 tokens"),
]


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("function", [scan, lambda model, rows: token_effects(model, rows, [0])])
@pytest.mark.parametrize(("tokens", "error", "message"), UNFIT_TOKENS)
def test_unfit_tokens_are_refused(function, tokens, error, message):
    with pytest.raises(error, match=message):
        function(model_and_tokens()[0], tokens)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(("tokens", "error", "message"), UNFIT_TOKENS)
def test_an_unfit_text_of_reference_is_refused(tokens, error, message):
    with pytest.raises(error, match=message):
        scan(*model_and_tokens(), reference=tokens)


COUNTS = references_ablation.counts_for()


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"neurons": [0, 64]}, ValueError, r"between 0 and 63, got \[64\]"),
        ({"neurons": [-1]}, ValueError, r"between 0 and 63, got \[-1\]"),
        ({"neurons": [3, 3]}, ValueError, r"each neuron once, got \[3\]"),
        ({"neurons": []}, ValueError, "at least one neuron"),
        ({"neurons": [1.5]}, TypeError, "whole numbers, got 1.5"),
        ({"neurons": ["5"]}, TypeError, "whole numbers, got '5'"),
        ({"neurons": torch.tensor([True, False])}, TypeError, r"numbers, got tensor\(True\)"),
        ({"neurons": 5}, TypeError, r"a sequence of neurons, got 5: for one neuron"),
        ({"layer": 2}, ValueError, "a layer from 0 to 1, got 2"),
        ({"layer": -1}, ValueError, "a layer from 0 to 1, got -1"),
        ({"layer": 0.5}, TypeError, "whole number, got 0.5"),
        ({"method": "fast"}, ValueError, "among exact, second-order, got 'fast'"),
        ({"memory_budget": 1000}, ValueError, "memory_budget of at least .* got 1,000: give more"),
        ({"memory_budget": float("nan")}, ValueError, "a finite number of bytes, got nan"),
        ({"memory_budget": "1G"}, TypeError, "memory_budget as a number of bytes, got '1G'"),
        ({"null_dimension": 0}, ValueError, "k between 1 and d_model = 32, got 0"),
        ({"null_dimension": 33}, ValueError, "got 33"),
        ({"null_dimension": True}, TypeError, "null_dimension as a whole number, got True"),
        ({"seed": 1.5}, TypeError, "a seed as a whole number, got 1.5"),
        ({"seed": None}, TypeError, "a seed as a whole number, got None"),
        ({"frequency": True}, ValueError, "frequency.count_tokens"),
        ({"counts": COUNTS[:-1]}, ValueError, "counts for 300 tokens, got 299"),
        ({"counts": COUNTS.tolist()}, TypeError, "counts as a torch.Tensor, got list"),
        ({"counts": COUNTS.float() * torch.nan}, TypeError, "integer type, got torch.float32"),
        ({"counts": torch.zeros_like(COUNTS)}, ValueError, "zero"),
        ({"counts": COUNTS - 1}, ValueError, "negative"),
        ({"counts": torch.ones_like(COUNTS)}, ValueError, "alike"),
        (
            {"method": "second-order", "frequency": True, "counts": COUNTS},
            ValueError,
            "second order covers neither the frequency columns",
        ),
        ({"method": "second-order", "layer": 0}, ValueError, "use method='exact'"),
    ],
)
def test_an_unfit_request_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        scan(*model_and_tokens(), **arguments)


def test_second_order_is_refused_where_the_mlps_output_is_scaled():
    model, _ = references.tiny_pair("granite-residual")
    with pytest.raises(ValueError, match="scaled MLP outputs"):
        scan(model, references.tokens_for(), method="second-order")


def test_token_effects_are_refused_where_the_mlps_output_is_scaled():
    model, _ = references.tiny_pair("granite-residual")
    with pytest.raises(NotImplementedError, match="scales the MLP's output"):
        token_effects(model, references.tokens_for(), [0])


@pytest.mark.parametrize("layer", [0, None])
def test_a_scan_of_scaled_logits_is_refused(layer):
    model, _ = references.tiny_pair("granite-logits")
    with pytest.raises(NotImplementedError, match="fold such a factor"):
        scan(model, references.tokens_for(), layer=layer)


def test_token_effects_of_scaled_logits_are_refused():
    model, _ = references.tiny_pair("granite-logits")
    with pytest.raises(NotImplementedError, match="fold such a factor"):
        token_effects(model, references.tokens_for(), [0])


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("glm", "does not fold it for this architecture"),
        ("olmo2", "does not fold it for this architecture"),
        ("olmo", "OlmoLayerNorm"),
        ("mixtral", "a plain or gated MLP with one w_out"),
        ("qwen2-moe", "a plain or gated MLP with one w_out"),
    ],
)
def test_models_of_a_kind_that_is_not_supported_are_refused(architecture, message):
    model, _ = references.tiny_pair(architecture)
    for function in (scan, lambda model, rows: token_effects(model, rows, [0])):
        with pytest.raises(NotImplementedError, match=message):
            function(model, references.tokens_for())


@pytest.mark.usefixtures("no_work")
def test_second_order_is_refused_where_the_network_has_to_run_again():
    model, _ = references.tiny_pair("gemma2")
    with pytest.raises(ValueError, match="soft-capped logits"):
        scan(model, references.tokens_for(), method="second-order")


@pytest.mark.usefixtures("no_work")
def test_token_effects_are_refused_where_the_network_has_to_run_again():
    model, _ = references.tiny_pair("gemma2")
    with pytest.raises(NotImplementedError, match="use scan"):
        token_effects(model, references.tokens_for(), [0])


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    "part", ["embed_in", "attention", "dense_h_to_4h", "dense_4h_to_h", "lm_head"]
)
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_no_numbers_are_refused(part, value):
    model = references.load_network(references.tiny_network("neox-serial"))
    weights = next(weights for name, weights in model.named_parameters() if part in name)
    weights.data[0] = value
    with pytest.raises(ValueError, match="NaN or infinite weights: load the model again"):
        scan(model, references.tokens_for())


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_bias_of_the_logits_that_is_no_number_is_refused(value):
    model = references.load_network(references.tiny_network("neox-serial"))
    model.b_U[3] = value
    with pytest.raises(ValueError, match="b_U has NaN or infinite weights: load the model again"):
        scan(model, references.tokens_for())


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("neurons", [torch.tensor([True, False]), 5])
def test_token_effects_refuse_what_are_no_neurons(neurons):
    with pytest.raises(TypeError, match="neurons"):
        token_effects(*model_and_tokens(), neurons)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("budget", [float("inf"), "1G"])
def test_token_effects_refuse_what_is_no_budget(budget):
    with pytest.raises((TypeError, ValueError), match="number of bytes"):
        token_effects(*model_and_tokens(), [0], memory_budget=budget)


def test_a_request_knows_when_an_ablation_is_a_residual_update():
    def request(architecture, layer):
        return Request.check(
            references.tiny_pair(architecture)[0],
            references.tokens_for(),
            neurons=None,
            reference=None,
            layer=layer,
            counts=None,
            frequency=False,
        )

    for architecture in ARCHITECTURES:
        assert request(architecture, None).is_residual_update
    assert request("llama", 1).is_residual_update
    assert not request("llama", 0).is_residual_update
    assert not request("gemma2", None).is_residual_update
    assert not request("granite-residual", None).is_residual_update
