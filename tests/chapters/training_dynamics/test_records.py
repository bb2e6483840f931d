"""The chapter's tables: intact, compact, and written the same way twice."""

import json

import pandas as pd

import confidence_neurons as cn
from chapters.training_dynamics.growths import growth
from confidence_neurons_book.training_dynamics import records

MOST_BYTES = 400_000


def test_the_tables_are_those_that_were_measured():
    written = json.loads((records.DATA / records.CHECKSUMS).read_text("utf-8"))
    assert records.checksums() == written


def test_the_tables_are_small():
    assert sum(path.stat().st_size for path in records.DATA.iterdir()) < MOST_BYTES


def test_all_runs_were_measured_at_the_same_steps():
    steps = {run: sorted(records.growth(run)["step"].unique()) for run in records.RUNS}
    assert steps[records.SECOND] == steps[records.PROSE] == steps[records.NO_NORM]


def test_the_second_seed_is_another_model():
    one, other = (records.growth(run).query("step == 13000") for run in records.RUNS[:2])
    both = one.merge(other, on=["measure", "index"])
    loss = both[both["measure"] == "validation_loss"]
    assert (loss["value_x"] != loss["value_y"]).all()
    assert abs(loss["value_x"] - loss["value_y"]).max() < 0.1
    assert records.recorded_groups(records.SECOND) != records.recorded_groups(records.PROSE)


def test_remeasured_weights_agree_with_the_growth_records():
    measured = records.snapshots().query("measure == 'rho'").set_index(["run", "step"])["estimate"]
    for run in (records.PROSE, records.SECOND):
        rho = records.growth(run).query("measure == 'null_fraction'")
        third = rho.groupby("step")["value"].apply(lambda values: values.nlargest(3).min())
        both = pd.concat([third, measured[run]], axis=1, join="inner")
        assert len(both) >= 15
        assert (both.iloc[:, 0] - both.iloc[:, 1]).abs().max() < 0.01


def test_shipping_twice_gives_the_same_bytes(tmp_path):
    grown = tmp_path / "grown"
    grown.mkdir()
    growth().to_csv(grown / "growth.csv.gz", index=False)
    (grown / "groups.json").write_text(json.dumps({"groups": {"entropy": [1], "frequency": []}}))
    table = pd.DataFrame({"run": ["a"], "step": [1], "estimate": [1 / 3]})
    sums = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        records.ship(grown, table, tmp_path / name)
        sums.append(records.checksums(tmp_path / name))
        assert json.loads((tmp_path / name / records.CHECKSUMS).read_text("utf-8")) == sums[-1]
    assert sums[0] == sums[1]
    assert pd.read_csv(tmp_path / "one" / records.SNAPSHOTS)["estimate"].tolist() == [0.3333]


def test_the_bundled_models_have_the_librarys_records():
    assert records.growth(records.PROSE).equals(cn.growth_record("prose"))
    assert records.recorded_groups(records.NO_NORM) == cn.recorded_groups("prose-no-norm")
