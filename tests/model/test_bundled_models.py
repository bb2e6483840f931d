"""The shipped models show what the book is about; their cards tell the truth."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from confidence_neurons import available_models, growth_record, load_model, unigram_counts
from confidence_neurons.engine.scan import scan
from confidence_neurons.growing.phenomena import measure_phenomena, null_space_summary
from confidence_neurons.growing.recipe import RECIPES
from confidence_neurons.model.bundled import MODELS, bundled_names
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.reading import prose_tokens

README = Path(__file__).parents[2] / "README.md"
LARGEST_FILE = 12 * 1024 * 1024
RECORDED = {
    "validation_loss",
    "singular_value",
    "weight_norm",
    "logit_var",
    "null_fraction",
    "frequency_cosine",
    "induction_score",
    "final_scale_clean",
    "final_scale_corrupted",
}


@pytest.fixture(scope="module")
def prose():
    return load_model("prose", device="cpu")


@pytest.fixture(scope="module")
def no_norm():
    return load_model("prose-no-norm", device="cpu")


@pytest.fixture(scope="module")
def phenomena(prose):
    return measure_phenomena(prose, unigram_counts("prose"))


def card_rows(name: str) -> dict[str, float]:
    text = (MODELS / name / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (-?[0-9][0-9.eE+-]*|nan) \|$", text, re.MULTILINE)
    return {quantity: float(value) for quantity, value in rows}


def test_both_models_are_bundled():
    assert bundled_names() == ["prose", "prose-no-norm"]
    assert available_models() == [*bundled_names(), "smollm2"]


def test_prose_has_a_learned_null_space(prose, phenomena):
    assert phenomena["exact null directions"] == 1
    assert phenomena["learned null directions"] >= max(2, 0.015 * prose.cfg.d_model)
    assert phenomena["gap above them"] > 1.5


def test_prose_has_entropy_neurons(phenomena):
    assert phenomena["entropy neurons"] >= 5
    assert phenomena["entropy neurons among the strongest 5 %"] >= 2


def test_entropy_neurons_are_strong_on_clean_text(prose, phenomena):
    assert phenomena["LN-mediated among the strongest tenth on clean text"] >= 2
    table = scan(prose, prose_tokens(prose), method="second-order")
    strongest = table[table["entropy_total"] >= table["entropy_total"].quantile(0.9)]
    assert (strongest["entropy_ln_mediated"] > 0.5).sum() >= 2


def test_prose_has_frequency_neurons(phenomena):
    assert phenomena["frequency neurons"] >= 3


def test_prose_does_induction(phenomena):
    assert phenomena["best induction score"] > 0.6
    assert phenomena["loss on the second copy"] < 0.1 * phenomena["loss on the first copy"]


def test_prose_models_prose(phenomena):
    assert phenomena["loss on the book's passages"] <= 3.8


def test_control_has_no_scale_and_no_null_space(no_norm):
    tokens = prose_tokens(no_norm, count=2)
    scale = run(no_norm, tokens).scale
    assert (scale.max() / scale.min()).item() == pytest.approx(1, abs=1e-3)
    assert null_space_summary(no_norm)["learned null directions"] == 0


def test_no_neuron_of_the_control_acts_through_the_scale(no_norm):
    counts = unigram_counts("prose-no-norm")
    table = scan(no_norm, corrupt(prose_tokens(no_norm, count=1), 0.5, counts))
    strongest = table.nlargest(50, "entropy_total")
    assert strongest["entropy_ln_mediated"].abs().max() < 0.02


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_card_states_the_measured_losses(name, request):
    model = request.getfixturevalue(name.removeprefix("prose-").replace("-", "_"))
    row = card_rows(name)
    growth = growth_record(name)
    last = growth[growth["step"] == growth["step"].max()].groupby("measure")["value"].first()
    assert row["loss on held-out prose"] == pytest.approx(last["validation_loss"], rel=1e-3)
    summary = null_space_summary(model)
    assert row["learned null directions"] == summary["learned null directions"]


def test_card_states_the_measured_phenomena(phenomena):
    row = card_rows("prose")
    for quantity, value in phenomena.items():
        assert row[quantity] == pytest.approx(value, rel=0.01), quantity


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_card_and_readme_count_each_stored_number_once(name):
    weights = load_file(MODELS / name / "model.safetensors")
    stored = f"{sum(weight.numel() for weight in weights.values()):,}"
    card = (MODELS / name / "README.md").read_text(encoding="utf-8")
    assert f"| parameters | {stored} in half precision |" in card
    assert f"with {stored} parameters" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_growth_record_is_complete(name):
    growth = growth_record(name)
    assert set(growth["measure"]) >= RECORDED
    assert 20 <= growth["step"].nunique() <= 30
    assert growth["step"].max() == RECIPES[name].steps
    assert growth["value"].notna().all()


@pytest.mark.parametrize("name", ["prose", "prose-no-norm"])
def test_counts_fit_the_vocabulary(name):
    counts = unigram_counts(name)
    assert counts.shape == (load_model(name, device="cpu").cfg.d_vocab,)
    assert counts.dtype == torch.int64
    assert counts.sum() > 10_000_000


def test_files_are_small():
    sizes = [path.stat().st_size for path in MODELS.rglob("*") if path.is_file()]
    assert max(sizes) <= LARGEST_FILE
