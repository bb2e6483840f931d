import json

import pandas as pd
import pytest

import confidence_neurons as cn
from command.conftest import FEW, give

FILES = {
    "groups.csv",
    "members.csv",
    "neurons.csv",
    "neurons.parquet",
    "report.html",
    "settings.json",
    "spectrum.csv",
}


@pytest.fixture(scope="module")
def place(scanned):
    return scanned[0]


@pytest.fixture(scope="module")
def record(place):
    return json.loads((place / "settings.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def neurons(place):
    return pd.read_parquet(place / "neurons.parquet")


def test_every_file_is_there_and_nothing_beside(place):
    assert {path.name for path in place.iterdir()} == FILES
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_the_frame_is_that_of_scan_on_the_rows_that_were_not_chosen_on(neurons):
    model = cn.load_light("prose", device="cpu")
    tokens = cn.prose_tokens(model, length=64, count=8)
    expected = cn.scan(model, tokens[1::2], method="second-order")
    columns = list(expected.columns)
    pd.testing.assert_frame_equal(
        neurons[columns], expected, check_dtype=False, rtol=1e-4, atol=1e-7
    )
    chosen_on = cn.scan(model, tokens[0::2], method="second-order")
    assert neurons["chosen_on_entropy_total"].to_numpy() == pytest.approx(
        chosen_on["entropy_total"].to_numpy(), rel=1e-4, abs=1e-7
    )


def test_parquet_and_csv_agree(place, neurons):
    read = pd.read_csv(place / "neurons.csv")
    pd.testing.assert_frame_equal(read, neurons, check_dtype=False, rtol=1e-6)


def test_groups_are_those_of_the_record(record, neurons):
    for kind, chosen in record["chosen"].items():
        name = kind if chosen["criteria_met"] else f"{kind} candidates"
        assert set(neurons.loc[neurons["group"] == name, "neuron"]) == set(chosen["neurons"])


def test_every_group_stands_beside_controls_with_intervals(place, record):
    groups = pd.read_csv(place / "groups.csv")
    for kind, chosen in record["chosen"].items():
        part = groups[groups["of"] == kind]
        assert set(part["held"]) == {"together", "one by one"}
        for control in ("equal norm", "equal rho", "random"):
            assert control in set(part["group"])
            assert len(chosen["controls"][control]) == len(chosen["neurons"])
    assert (groups["low"] <= groups["estimate"]).all()
    assert (groups["estimate"] <= groups["high"]).all()
    assert {"entropy_ln_mediated", "frequency_mediated", "entropy_total"} <= set(groups["quantity"])


def test_single_neurons_agree_with_the_frame_of_all(place, neurons):
    members = pd.read_csv(place / "members.csv")
    totals = members[members["quantity"] == "entropy_total"]
    totals = totals.drop_duplicates("neuron").set_index("neuron")["estimate"]
    found = neurons.set_index("neuron")["entropy_total"].loc[totals.index]
    # The frame may hold estimates of second order.
    assert found.to_numpy() == pytest.approx(totals.to_numpy(), rel=0.1, abs=1e-5)


def test_the_spectrum_is_that_of_the_geometry(place, record):
    spectrum = pd.read_csv(place / "spectrum.csv")
    space = cn.geometry(cn.load_light("prose", device="cpu"))
    assert spectrum["singular_value"].to_numpy() == pytest.approx(
        space.spectrum.values.numpy(), rel=1e-3, abs=1e-4
    )
    assert (spectrum["kind"] == "null space").sum() == space.k == record["k"]


def test_the_record_says_what_was_done(record):
    assert record["made_by"] == "confidence-neurons scan"
    assert record["settings"]["model"] == record["model"]["name"] == "prose"
    assert record["text"]["tokens"] == 512
    assert len(record["text"]["sha256_of_token_ids"]) == 64
    assert record["versions"]["confidence-neurons"]
    assert record["seconds"]["all"] > 0
    assert record["peak_memory_bytes"] > 2**27
    assert "by the largest relative gap" in record["assumptions"]["Null space"]


def test_the_summary_says_what_was_found_and_assumed(scanned):
    _, said = scanned
    for words in ("prose", "spectrum's tail", "null space", "equal norm", "What was assumed"):
        assert words in said.stdout
    assert "Model" in said.stderr
    assert "Model" not in said.stdout.splitlines()[0]


def test_the_report_is_one_page_that_names_the_model(place):
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "<title>Confidence regulation neurons of prose</title>" in page
    assert page.count("data-chart=") >= 6
    assert "stolfo2024confidence" in page
    assert "confidence-neurons</a>.</p>" in page or "measured with confidence-neurons.</p>" in page
    assert 'src="http' not in page
    assert 'rel="stylesheet"' not in page


def test_an_earlier_result_is_replaced(tmp_path):
    place = tmp_path / "result"
    for k in (2, 5):
        said = give("scan", "prose", *FEW, "--no-report", "--k", k, "-o", place)
        assert said.exit_code == 0, said.output
        record = json.loads((place / "settings.json").read_text(encoding="utf-8"))
        assert record["k"] == k
        assert record["assumptions"]["Null space"] == f"k = {k}, as given."
        assert {path.name for path in place.iterdir()} == FILES - {"report.html"}
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_text_of_ones_own_from_a_file_and_from_standard_input(tmp_path):
    text = " ".join(cn.passages().values())
    file = tmp_path / "own.txt"
    file.write_text(text, encoding="utf-8")
    sums = []
    for source in (str(file), "-"):
        place = tmp_path / f"from-{len(sums)}"
        said = give("scan", "prose", *FEW, "--no-report", "--text", source, "-o", place, text=text)
        assert said.exit_code == 0, said.output
        record = json.loads((place / "settings.json").read_text(encoding="utf-8"))
        sums.append(record["text"]["sha256_of_token_ids"])
    assert sums[0] == sums[1]


def test_counts_of_a_text_make_the_frequency_direction_known(tiny, tmp_path):
    text = tmp_path / "counted.txt"
    text.write_text("\n".join(cn.passages().values()), encoding="utf-8")
    place = tmp_path / "result"
    said = give("scan", tiny, *FEW, "--no-report", "--counts", text, "-o", place)
    assert said.exit_code == 0, said.output
    record = json.loads((place / "settings.json").read_text(encoding="utf-8"))
    assert "frequency" in record["chosen"]
    assert pd.read_csv(place / "neurons.csv")["frequency_cosine"].notna().all()


def test_without_counts_no_frequency_is_spoken_of(tiny):
    said = give("scan", tiny, *FEW)
    assert said.exit_code == 0, said.output
    assert "token counts are not known" in " ".join(said.stdout.split())
    assert "along frequency" not in said.stdout


def test_another_layer_is_measured_one_by_one(tiny, tmp_path):
    place = tmp_path / "result"
    said = give("scan", tiny, *FEW, "--no-report", "--layer", 0, "-o", place)
    assert said.exit_code == 0, said.output
    assert set(pd.read_csv(place / "groups.csv")["held"]) == {"one by one"}
    assert set(pd.read_csv(place / "neurons.csv")["method"]) == {"exact"}


def test_the_models_own_frequencies_are_a_second_opinion(tiny, tmp_path):
    place = tmp_path / "result"
    said = give("scan", tiny, *FEW, "--no-report", "--counts", "own", "-o", place)
    assert said.exit_code == 0, said.output
    record = json.loads((place / "settings.json").read_text(encoding="utf-8"))
    assert "mean prediction" in record["assumptions"]["Token frequency neurons"]
    assert pd.read_csv(place / "neurons.csv")["frequency_cosine"].notna().all()
