"""What coordinates carry adds up to what the library measures of the whole."""

import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction import coordinates

COUNTS = references_ablation.counts_for()
UNIGRAM = cn.Unigram.from_counts(COUNTS)


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def case(request):
    model = references_ablation.loud_model(request.param)
    state = cn.run(model, references.tokens_for(rows=3))
    return model, state, cn.geometry(model, k=2, counts=COUNTS)


def test_the_parts_of_all_coordinates_make_the_whole_projection(case):
    model, state, space = case
    found = coordinates.projection_shares(space, state, UNIGRAM, range(model.cfg.d_model))
    assert found["estimate"].sum() == pytest.approx(1, abs=1e-4)
    projection = cn.read(model, state, "projection", counts=COUNTS)["projection"].mean()
    bias = model.b_U - model.b_U.mean()
    from_stream = projection - float(bias @ UNIGRAM.direction)
    h = state.residual[state.counted]
    h = space.norm.centre(h) / state.scale[state.counted]
    part = float(h[:, 4].mean() * (space.unembedding[4] @ UNIGRAM.direction))
    assert found["estimate"][4] == pytest.approx(part / from_stream, rel=1e-2, abs=1e-4)


def test_extremes_find_a_planted_coordinate(case):
    _, state, space = case
    residual = state.residual.clone()
    residual[..., 5] += 50 * residual.norm(dim=-1)
    scale = space.norm.scale(residual)
    planted = cn.State(state.tokens, residual, state.activations, scale, state.counted, 0)
    first = coordinates.extremes(space, planted).iloc[0]
    assert (first["coordinate"], first["extreme"]) == (5, 1)
    assert first["length"] > 0.9


def test_mass_without_a_coordinate_is_that_of_a_stream_without_it(case):
    model, state, _ = case
    frequent = (COUNTS.median() < COUNTS).float()
    found = coordinates.mass_without(model, state, [4], frequent)
    assert found["coordinate"].tolist() == [4]
    residual = state.residual.clone()
    residual[..., 4] = 0
    masses = []
    for each in (residual, state.residual):
        h = each if model.cfg.normalization_type.startswith("RMS") else each - each.mean(-1, True)
        logits = (h / state.scale) @ model.W_U + model.b_U
        masses.append((logits[state.counted].softmax(-1) @ frequent).mean())
    assert found["estimate"].item() == pytest.approx(float(masses[0] - masses[1]), abs=1e-4)


def test_written_to_a_coordinate():
    model = references_ablation.loud_model("llama")
    w_out = model.W_out[-1]
    expected = (w_out[:, 3].abs() / w_out.norm(dim=1)).tolist()
    assert coordinates.written_to(model, 3).tolist() == pytest.approx(expected)


def test_the_table_has_a_row_for_each_coordinate():
    model = references.bundled("prose")
    state = cn.run(model, cn.prose_tokens(model, length=64, count=4))
    counts = cn.unigram_counts("prose")
    known = cn.Unigram.from_counts(counts)
    frequent = (counts > 1000).float()
    found = coordinates.carriers("prose", model, state, known, [51, 77], frequent, 4)
    assert found["coordinate"].tolist() == [51, 77]
    assert found["extreme at"].between(0.3, 1).all()
    assert found["of the push"].str.match(r"-?\d\.\d\d \[").all()
    assert torch.is_tensor(frequent)
