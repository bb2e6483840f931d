"""The benchmark at toy shapes: three ways that agree, and tables that get written."""

import pandas as pd
import pytest
import torch

import suite
from comparison import Case, compare, growth
from confidence_neurons.engine.check import CHECKED_TOKENS
from confidence_neurons.engine.memory import Plan
from large_layer import Parts, extrapolated
from methods import METHODS, second_order_operations
from peaks import memory_of
from report import duration, percent, table, write, write_summary
from shapes import PROSE, Problem, Shape, random_problem
from straightforward import straightforward_effects

TOY = Shape("toy", 16, 12, 64)
CASE = Case(TOY, tokens=20, exact_tokens=10, plain_tokens=8, plain_neurons=3)
COLUMNS = ["entropy_total", "entropy_direct", "loss_total", "loss_direct"]


def with_larger_changes(problem: Problem, factor: float) -> Problem:
    return Problem(
        problem.readout, problem.residual, problem.target, problem.w_out, factor * problem.delta
    )


@pytest.mark.parametrize("factor", [1, 10])
def test_exact_agrees_with_the_straightforward_way(factor):
    problem = with_larger_changes(random_problem(TOY, 20), factor)
    plain, exact = straightforward_effects(problem), METHODS["exact"](problem)
    assert (plain["entropy_total"] > 1e-4).all()
    for column in COLUMNS:
        assert exact[column].to_numpy() == pytest.approx(plain[column], rel=1e-3, abs=1e-6)


def test_second_order_comes_close():
    problem = with_larger_changes(random_problem(TOY, 40), 0.3)
    plain, estimated = straightforward_effects(problem), METHODS["second-order"](problem)
    assert (estimated["method"] == "second-order").all()
    for column in COLUMNS:
        assert estimated[column].to_numpy() == pytest.approx(plain[column], rel=0.02)


def test_second_order_is_exact_where_changes_are_large():
    problem = with_larger_changes(random_problem(TOY, 40), 100)
    plain, estimated = straightforward_effects(problem), METHODS["second-order"](problem)
    for column in COLUMNS:
        assert estimated[column].to_numpy() == pytest.approx(plain[column], rel=2e-3), column


def test_the_size_of_a_batch_does_not_change_the_straightforward_way():
    problem = random_problem(TOY, 20)
    whole, pieces = straightforward_effects(problem), straightforward_effects(problem, batch=7)
    assert whole.to_numpy() == pytest.approx(pieces.to_numpy(), abs=1e-7)


def test_a_part_of_a_problem_gives_the_same_effects():
    problem = random_problem(TOY, 20)
    part = straightforward_effects(problem.part(20, 3))
    assert part.to_numpy() == pytest.approx(straightforward_effects(problem).head(3).to_numpy())


def test_random_weights_are_of_a_realistic_scale():
    problem = random_problem(PROSE, 64)
    logits = problem.readout.norm.apply(problem.residual) @ problem.readout.unembedding
    assert float(logits.std()) == pytest.approx(3, rel=0.1)
    written = (problem.delta[:, :, None] * problem.w_out).norm(dim=-1)
    share = written / problem.residual.norm(dim=-1, keepdim=True)
    assert 0.002 < float(share.median()) < 0.05


def test_operations_are_those_of_the_products():
    small = Shape("", 2, 3, 5)
    readings, clean, means, squares = 3 * 2 * 5, 7 * 2 * 5, 4 * 7 * 5 * 2, 2 * 7 * 5 * 3
    after, targets, overlap = 4 * 7 * 2 * 3, 9 * 7 * 2 * 3, 7 * 2 * 3
    expected = 2 * (readings + clean + means + squares + after + targets + overlap)
    assert second_order_operations(small, tokens=7, neurons=3) == expected


def test_seconds_are_scaled_by_the_number_of_pairs():
    frame = compare(CASE, repeats=1).set_index("method")
    assert frame.index.tolist() == list(METHODS)
    scale = frame["seconds"] / frame["run_seconds"]
    assert scale.tolist() == pytest.approx([20 * 12 / (8 * 3), 2, 1])
    assert frame.loc["straightforward", "times"] == 1


def test_growth_compares_with_the_base():
    frame = growth(CASE, factor=2, repeats=1)
    assert frame["grown"].unique().tolist() == ["nothing", "neurons", "tokens", "vocabulary"]
    assert (frame.loc[frame["grown"] == "nothing", "growth"] == 1).all()


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
    readings, check = 3 * 0.6, CHECKED_TOKENS * 12 * 0.01
    expected = [1200 * 0.1, readings + 1200 * 0.01, readings + 3 * 5 * 0.4 + check]
    assert frame["seconds"].tolist() == pytest.approx(expected)
    assert frame["times"].tolist() == pytest.approx([expected[0] / value for value in expected])


def test_memory_is_measured_before_and_after():
    held = memory_of("exact", TOY, 20)
    assert 50 < held["before"] <= held["peak"]


def test_tables_are_written(tmp_path, monkeypatch):
    memory = pd.DataFrame({"method": ["exact"], "before": [400.0], "peak": [900.0], "own": [500.0]})
    monkeypatch.setattr(suite, "peaks", lambda shape, tokens: memory)
    settings = suite.Settings(
        repeats=1,
        cases=(CASE,),
        growth_base=CASE,
        growth_factor=2,
        large=TOY,
        large_tokens=100,
        large_parts=Parts(exact_tokens=4, exact_neurons=4, plain_tokens=8),
        scan_rows=1,
        scan_length=8,
        squares=(64,),
    )
    page, numbers = write(suite.measure(settings), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert torch.__version__ in text
    assert "| toy (16 · 12 · 64) | straightforward | 20 |" in text
    assert "900 MB" in text
    frame = pd.read_csv(numbers)
    tables = {"machine", "comparison", "memory", "scans", "growth", "large"}
    assert set(frame["table"]) == tables
    seconds = frame[(frame["table"] == "comparison") & (frame["quantity"] == "seconds")]
    assert seconds["method"].tolist() == list(METHODS)


def test_the_readme_gets_the_main_table_and_nothing_else_changes(tmp_path):
    readme = tmp_path / "README.md"
    comparison = pd.DataFrame(
        {"shape": ["toy"], "method": ["exact"], "seconds": [300.0], "times": [41.6]}
    )
    readme.write_text("before\n<!-- benchmark -->\nold\n<!-- end of benchmark -->\nafter\n")
    write_summary(comparison, readme)
    before, *lines, after = readme.read_text(encoding="utf-8").splitlines()
    assert (before, after) == ("before", "after")
    assert lines[3:-1] == ["| toy | exact | 5 minutes | 42 |"]
    readme.write_text("nothing\n")
    with pytest.raises(ValueError, match="put the two comments"):
        write_summary(comparison, readme)


def test_numbers_are_written_for_readers():
    assert [duration(s) for s in (0.0123, 1.5, 300, 9000)] == [
        "12.3 ms",
        "1.5 s",
        "5 minutes",
        "2.5 hours",
    ]
    assert [percent(0.514), percent(float("nan"))] == ["51 %", ""]
    assert table([{"a": "1", "b": "2"}]).splitlines() == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
