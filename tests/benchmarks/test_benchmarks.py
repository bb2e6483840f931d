"""The benchmark at toy sizes: three ways that agree, on random and on real weights."""

from dataclasses import replace

import pytest
import torch

from accuracy import compare_with_exact, measured_exactly
from comparison import Case, compare, comparison, growth
from confidence_neurons import load_light, prose_tokens, scan
from confidence_neurons.engine.memory import Plan
from large_layer import Parts, extrapolated, large_layer
from methods import METHODS, second_order_operations
from processes import fresh, loading, memory_of
from shapes import PROSE, ROW, Problem, Shape, problem_of, random_problem, real_problem
from straightforward import straightforward_effects

TOY = Shape("toy", 16, 12, 64)
CASE = Case(TOY, tokens=20, exact_tokens=10, plain_tokens=8, plain_neurons=3)
COLUMNS = ["entropy_total", "entropy_direct", "loss_total", "loss_direct"]


def with_larger_changes(problem: Problem, factor: float) -> Problem:
    return replace(problem, sources=replace(problem.sources, delta=factor * problem.sources.delta))


@pytest.fixture(scope="module")
def real() -> Problem:
    return real_problem("prose", 60).part(30, 6, step=2)


@pytest.mark.parametrize("factor", [1, 10])
def test_exact_agrees_with_the_straightforward_way(factor):
    problem = with_larger_changes(random_problem(TOY, 20), factor)
    plain, exact = straightforward_effects(problem), METHODS["exact"](problem)
    assert (plain["entropy_total"] > 1e-4).all()
    for column in COLUMNS:
        assert exact[column].to_numpy() == pytest.approx(plain[column], rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("factor", "within"), [(0.3, 0.02), (100, 2e-3)])
def test_second_order_comes_close_and_is_exact_where_changes_are_large(factor, within):
    problem = with_larger_changes(random_problem(TOY, 40), factor)
    plain, estimated = straightforward_effects(problem), METHODS["second-order"](problem)
    for column in COLUMNS:
        assert estimated[column].to_numpy() == pytest.approx(plain[column], rel=within), column


def test_the_ways_agree_on_real_weights(real):
    plain = straightforward_effects(real)
    for method, within in (("exact", 1e-3), ("second-order", 0.02)):
        effects = METHODS[method](real)
        for column in COLUMNS:
            assert effects[column].to_numpy() == pytest.approx(plain[column], rel=within, abs=1e-6)


def test_the_problem_of_a_model_is_what_scan_meets():
    model = load_light("prose")
    scanned = scan(model, prose_tokens(model, ROW, 1), neurons=range(4))
    effects = METHODS["exact"](real_problem("prose", ROW - 2).part(ROW - 2, 4))
    for column in COLUMNS:
        assert effects[column].to_numpy() == pytest.approx(scanned[column], rel=1e-3, abs=1e-6)


def test_the_gain_is_applied():
    problem = random_problem(TOY, 20)
    gain = torch.linspace(0.5, 2, TOY.d_model)
    with_gain = replace(problem, readout=replace(problem.readout, gain=gain))
    plain, exact = straightforward_effects(with_gain), METHODS["exact"](with_gain)
    assert exact[COLUMNS].to_numpy() == pytest.approx(plain[COLUMNS].to_numpy(), rel=1e-3, abs=1e-6)
    assert not plain.equals(straightforward_effects(problem))


def test_the_size_of_a_batch_does_not_change_the_straightforward_way():
    problem = random_problem(TOY, 20)
    whole, pieces = straightforward_effects(problem), straightforward_effects(problem, batch=7)
    assert whole.to_numpy() == pytest.approx(pieces.to_numpy(), abs=1e-7)


def test_a_part_of_a_problem_has_the_same_ablations():
    problem = random_problem(TOY, 20)
    part = straightforward_effects(problem.part(20, 3))
    assert part.to_numpy() == pytest.approx(straightforward_effects(problem).head(3).to_numpy())
    some = problem.part(6, 3, step=3).sources
    assert some.target.equal(problem.sources.target[[0, 3, 6, 9, 12, 15]])
    assert some.delta.equal(problem.sources.delta[[0, 3, 6, 9, 12, 15], :3])


def test_random_weights_are_of_a_realistic_scale():
    problem = random_problem(PROSE, 64)
    sources, readout = problem.sources, problem.readout
    logits = readout.norm.apply(sources.residual) @ readout.unembedding
    assert float(logits.std()) == pytest.approx(3, rel=0.1)
    written = (sources.delta[:, :, None] * sources.w_out).norm(dim=-1)
    share = written / sources.residual.norm(dim=-1, keepdim=True)
    assert 0.002 < float(share.median()) < 0.05


@pytest.mark.parametrize("biased", [True, False])
def test_operations_are_those_of_the_products(biased):
    problem = random_problem(Shape("", 2, 3, 5), tokens=7)
    if not biased:
        bias = torch.zeros_like(problem.readout.bias)
        problem = replace(problem, readout=replace(problem.readout, bias=bias))
    readings, clean, squares, overlap = 3 * 2 * 5, 7 * 2 * 5, 2 * 7 * 5 * 3, 7 * 2 * 3
    means = (3 if biased else 2) * (7 * 5 * 2 + 7 * 2 * 3)
    expected = 2 * (readings + clean + means + squares + overlap)
    assert second_order_operations(problem) == expected


def test_seconds_are_scaled_by_the_number_of_pairs():
    frame = compare(CASE, repeats=1).set_index("method")
    assert frame.index.tolist() == list(METHODS)
    scale = frame["seconds"] / frame["run_seconds"]
    assert scale.tolist() == pytest.approx([20 * 12 / (8 * 3), 2, 1])
    assert frame.loc["straightforward", "times"] == 1


def test_the_share_of_the_peak_is_of_second_order_alone():
    frame = comparison((CASE,), repeats=1, peak=1e9).set_index("method")
    operations = second_order_operations(problem_of(TOY, 20))
    expected = operations / frame.loc["second-order", "seconds"] / 1e9
    assert frame.loc["second-order", "share_of_peak"] == pytest.approx(expected)
    assert frame["share_of_peak"].isna().tolist() == [True, True, False]


def test_growth_compares_with_the_base():
    frame = growth(TOY, tokens=10, plain_neurons=3, factor=2, repeats=1)
    assert frame["grown"].unique().tolist() == ["nothing", "neurons", "tokens", "vocabulary"]
    assert (frame.loc[frame["grown"] == "nothing", "growth"] == 1).all()


def test_the_error_is_that_of_each_neuron(real):
    frame = compare_with_exact(real).set_index("effect")
    known, estimated = METHODS["exact"](real), METHODS["second-order"](real)
    for effect in ("entropy_total", "entropy_direct"):
        errors = (estimated[effect] / known[effect] - 1).abs()
        assert frame.loc[effect, "worst"] == pytest.approx(errors.max())
        assert frame.loc[effect, "median"] == pytest.approx(errors.median())
    assert frame["fell_back"].isna().tolist() == [False, True]


def test_ablations_that_were_measured_exactly_are_counted():
    calm = with_larger_changes(random_problem(TOY, 40), 0.01)
    wild = with_larger_changes(random_problem(TOY, 40), 100)
    assert measured_exactly(calm) == pytest.approx(1 / (40 * 12))  # drawn for the check
    assert measured_exactly(wild) > 0.5


def test_a_large_layer_is_extrapolated_from_its_parts():
    seconds = {
        "straightforward": 2.0,
        "exact, one piece": 0.5,
        "exact, two pieces": 0.8,
        "second order, one piece": 1.0,
        "second order, two pieces": 1.4,
    }
    parts = Parts(exact_tokens=10, exact_neurons=3, plain_tokens=4, plain_neurons=5)
    frame = extrapolated(seconds, TOY, 100, Plan(neurons=5, tokens=20), parts)
    readings = 3 * 0.6
    expected = [1200 * 0.1, readings + 1200 * 0.01, readings + 3 * 5 * 0.4]
    assert frame["seconds"].tolist() == pytest.approx(expected)
    assert frame["times"].tolist() == pytest.approx([expected[0] / value for value in expected])


def test_the_pieces_of_a_large_layer_are_measured():
    frame = large_layer(TOY, 100, 1, Parts(exact_tokens=4, exact_neurons=4, plain_tokens=8))
    assert frame["method"].tolist() == list(METHODS)


def test_memory_is_measured_before_and_after():
    held = memory_of("exact", TOY, 20)
    assert held.shape == str(TOY)
    assert 50 < held.before <= held.peak


def test_a_fresh_process_tells_what_it_found_or_why_not():
    assert fresh("print('noise'); print([1, 2.5])") == [1, 2.5]
    with pytest.raises(RuntimeError, match="no such thing"):
        fresh("raise SystemExit('no such thing')")


def test_the_time_to_load_is_measured_in_a_fresh_process():
    frame = loading((("prose", "load_light"),), repeats=1)
    assert frame[["model", "method"]].to_numpy().tolist() == [["prose", "load_light"]]
    assert float(frame["seconds"].iloc[0]) > 0.5
