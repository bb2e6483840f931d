import json
import shutil

import pandas as pd
import pytest

from command.conftest import FEW, give


def test_a_result_beside_a_model(scanned, tmp_path):
    place = tmp_path / "compared"
    said = give("compare", scanned[0], "prose-no-norm", *FEW, "-o", place)
    assert said.exit_code == 0, said.output
    assert {path.name for path in place.iterdir()} == {
        "compare.csv",
        "compare.html",
        "settings.json",
    }
    frame = pd.read_csv(place / "compare.csv")
    assert list(frame["model"].unique()) == ["prose", "prose-no-norm"]
    groups = pd.read_csv(scanned[0] / "groups.csv")
    share = groups[(groups["held"] == "together") & (groups["quantity"] == "entropy_ln_mediated")]
    mine = frame[(frame["model"] == "prose") & (frame["of"] == "entropy")]
    assert mine["share"].tolist() == pytest.approx(share["estimate"].tolist())
    # Without a norm whose scale can move nothing goes through it.
    frozen = frame[(frame["model"] == "prose-no-norm") & (frame["of"] == "entropy")]
    assert frozen["share"].abs().max() < 1e-3
    assert "prose-no-norm" in said.stdout


def test_two_results_of_one_model_are_called_by_their_places(scanned, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(scanned[0], copy)
    place = tmp_path / "compared"
    said = give("compare", scanned[0], copy, "--no-report", "-o", place)
    assert said.exit_code == 0, said.output
    names = pd.read_csv(place / "compare.csv")["model"].unique()
    assert list(names) == [str(scanned[0]), str(copy)]


def test_scan_has_an_alias_for_it(scanned):
    said = give("scan", "--compare", scanned[0], scanned[0])
    assert said.exit_code == 0, said.output
    assert "Entropy neurons" in said.stdout


def test_one_is_not_enough(refused, scanned):
    assert "at least two" in refused("compare", scanned[0])


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: (place / "settings.json").write_text("{"),
        lambda place: (place / "settings.json").write_text("[]"),
        lambda place: (place / "groups.csv").unlink(),
        lambda place: (place / "groups.csv").write_text("a,b\n1,2\n"),
        lambda place: (place / "settings.json").write_text(json.dumps({"made_by": "me"})),
    ],
    ids=["half a record", "no record", "no groups", "other groups", "another's"],
)
def test_a_damaged_result(refused, scanned, tmp_path, damage):
    copy = tmp_path / "copy"
    shutil.copytree(scanned[0], copy)
    damage(copy)
    assert "copy" in refused("compare", scanned[0], copy, "-o", tmp_path / "out")
