"""What the benchmark writes: one tidy file that can be read again, a page, the README's table."""

from pathlib import Path

import pandas as pd
import pytest
import torch

import suite
from accuracy import Trial
from comparison import Case
from large_layer import Parts
from methods import METHODS
from report import markdown, summary, write, write_summary
from results import RUNS, Results
from shapes import Shape
from wording import duration, percent, table, whole_percent

BENCHMARKS = Path(suite.__file__).parent
TOY = Shape("toy", 16, 12, 64)
SETTINGS = suite.Settings(
    repeats=1,
    cases=(Case(TOY, tokens=20, exact_tokens=10, plain_tokens=8, plain_neurons=3),),
    trials=(Trial("prose", tokens=24, step=12),),
    large=TOY,
    large_tokens=100,
    large_parts=Parts(exact_tokens=4, exact_neurons=4, plain_tokens=8),
    scan_rows=1,
    scan_length=8,
    growth_base=TOY,
    growth_tokens=10,
    growth_plain_neurons=3,
    growth_factor=2,
    squares=(64,),
)
MEASURED = {
    "memory": pd.DataFrame(
        {"shape": ["toy"], "method": ["exact"], "before": [400.0], "peak": [900.0], "own": [500.0]}
    ),
    "command": pd.DataFrame(
        {"model": ["toy"], "tokens": [64], "seconds": [12.3], "peak": [1234.0]}
    ),
    "loading": pd.DataFrame({"model": ["toy"], "method": ["load_light"], "seconds": [1.25]}),
}


MACHINE = {"processor": "toy", "cores": "2", "threads": "2", "torch": "2.1", "python": "3.11.1"}


def runs(part: str, **changed: str) -> pd.DataFrame:
    when = {"load": "0.5", "date": "2026-01-01", "repeats": 3, "took": 1.5}
    return pd.DataFrame([{"part": part, **MACHINE, **when, **changed}])


@pytest.fixture(scope="module")
def results() -> Results:
    with pytest.MonkeyPatch.context() as patch:
        for part, frame in MEASURED.items():
            patch.setitem(suite.PARTS, part, lambda settings, frame=frame: frame)
        return suite.measure(SETTINGS)


def test_everything_is_written(results, tmp_path):
    page, numbers = write(results, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert torch.__version__ in text
    assert "| toy (16 · 12 · 64) | straightforward | 20 |" in text
    assert "900 MB" in text
    assert "| `confidence-neurons scan toy --tokens 64` | 12.3 s | 1,234 MB |" in text
    assert '| `load_light("toy")` | 1.25 s |' in text
    assert "| prose | 2 | `entropy_direct` |" in text
    frame = pd.read_csv(numbers)
    assert set(frame["table"]) == {RUNS, *suite.PARTS}
    seconds = frame[(frame["table"] == "comparison") & (frame["quantity"] == "seconds")]
    assert seconds["method"].tolist() == list(METHODS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["results.csv", "results.md"]


def test_what_was_written_reads_as_it_was(results, tmp_path):
    _, numbers = write(results, tmp_path)
    again = Results.read(numbers)
    assert list(again.tables) == list(results.tables)
    assert markdown(again) == markdown(results)
    assert summary(again) == summary(results)


def test_a_part_is_measured_again_and_the_others_stay():
    kept, old, new = (pd.DataFrame({"seconds": [value]}) for value in (1.0, 2.0, 3.0))
    before = Results({RUNS: pd.concat([runs("a"), runs("b")]), "a": kept, "b": old})
    newer = Results({RUNS: runs("b", load="7.0"), "b": new})
    after = before.without(["b"], MACHINE).with_newer(newer)
    assert after.tables["a"] is kept
    assert after.tables["b"] is new
    assert after.tables[RUNS][["part", "load"]].to_numpy().tolist() == [["a", "0.5"], ["b", "7.0"]]


def test_parts_of_another_machine_do_not_stay():
    before = Results({RUNS: pd.concat([runs("a"), runs("b")])})
    another = MACHINE | {"processor": "another"}
    with pytest.raises(ValueError, match=r"got another, 2, 2, .* here and toy, 2, 2"):
        before.without(["b"], another)
    assert before.without(["a", "b"], another).tables[RUNS].empty


def test_nothing_was_measured_before(tmp_path):
    none = Results.read(tmp_path / "results.csv").without(["a"], MACHINE)
    assert none.with_newer(Results({RUNS: runs("a")})).tables[RUNS]["part"].tolist() == ["a"]


def test_the_readme_gets_the_results_in_short_and_nothing_else_changes(tmp_path):
    readme = tmp_path / "README.md"
    compared = pd.DataFrame(
        {"shape": ["toy"], "method": ["exact"], "seconds": [300.0], "times": [41.6]}
    )
    errors = {"median": [0.00012], "percentile_95": [0.0034], "worst": [0.056], "tokens": [512]}
    accuracy = pd.DataFrame({"model": ["toy"], "effect": ["entropy_total"], **errors})
    results = Results({RUNS: runs("comparison"), "comparison": compared, "accuracy": accuracy})
    readme.write_text("before\n<!-- benchmark -->\nold\n<!-- end of benchmark -->\nafter\n")
    write_summary(results, readme)
    before, *lines, after = readme.read_text(encoding="utf-8").splitlines()
    assert (before, after) == ("before", "after")
    assert lines[3] == "| toy | exact | 5 minutes | 42 |"
    assert "0.012 % in the median, 0.34 % at the 95th percentile, 5.6 % at worst" in lines[5]
    readme.write_text("nothing\n")
    with pytest.raises(ValueError, match="put the two comments"):
        write_summary(results, readme)


def test_the_page_shows_the_numbers_of_the_file():
    stored = Results.read(BENCHMARKS / "results.csv")
    assert markdown(stored) == (BENCHMARKS / "results.md").read_text(encoding="utf-8")


def test_numbers_are_written_for_readers():
    assert [duration(s) for s in (0.0123, 1.5, 300, 9000)] == [
        "12.3 ms",
        "1.5 s",
        "5 minutes",
        "2.5 hours",
    ]
    assert [whole_percent(0.514), whole_percent(float("nan"))] == ["51 %", ""]
    shares = [percent(share) for share in (0, 3.14e-5, 0.01234, 0.56, 12.345, float("nan"))]
    assert shares == ["0 %", "0.0031 %", "1.2 %", "56 %", "1,200 %", ""]
    assert table([{"a": "1", "b": "2"}]).splitlines() == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
