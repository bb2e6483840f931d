"""Tables of the chapter, and neurons held together: against plain arithmetic."""

import pandas as pd
import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.entropy_neurons import alignment, heating, tables, together

NEURONS = [4, 0, 9]


@pytest.fixture(scope="module")
def model():
    return references.tiny_pair("llama")[0]


@pytest.fixture(scope="module")
def tokens():
    return references.tokens_for(rows=3, length=14)


@pytest.fixture(scope="module")
def changes(model, tokens):
    return cn.token_effects(model, tokens, NEURONS)


def estimate(cell):
    return float(cell.split(" ")[0])


def test_effects_and_shares_are_those_of_the_scan(model, tokens, changes):
    told = tables.effects_of(changes, "neuron").set_index("neuron")
    scan = cn.scan(model, tokens, neurons=NEURONS).set_index("neuron")
    assert list(told.index) == NEURONS
    for neuron, row in told.iterrows():
        assert estimate(row["total effect"]) == pytest.approx(
            scan.loc[neuron, "entropy_total"], abs=6e-4
        )
        assert estimate(row["direct effect"]) == pytest.approx(
            scan.loc[neuron, "entropy_direct"], abs=6e-4
        )
        assert estimate(row["share"]) == pytest.approx(
            scan.loc[neuron, "entropy_ln_mediated"], abs=6e-3
        )


def test_groups_have_the_means_of_their_neurons(changes):
    grouped = cn.with_groups(changes, {"entropy": [9, 4], "random": [0]})
    told = tables.group_table(grouped).set_index("group")
    for group, part in grouped.groupby("group"):
        row = told.loc[group]
        assert estimate(row["effect (nats)"]) == pytest.approx(
            part["entropy_total"].abs().mean(), abs=6e-4
        )
        assert estimate(row["KL (nats)"]) == pytest.approx(part["kl_from_clean"].mean(), abs=6e-5)


SCAN = pd.DataFrame(
    {
        "neuron": [7, 8, 9, 10],
        "weight_norm": [1.0, 2.0, 3.0, 4.0],
        "logit_var": [0.4, 0.3, 0.2, 0.1],
        "null_fraction": [0.9, 0.7, 0.8, 0.1],
        "frequency_cosine": 0.0,
        "entropy_total": [0.4, 0.3, 0.1, 0.2],
        "entropy_ln_mediated": [0.9, 0.1, 0.9, 0.9],
    }
)


def test_ranks_are_shares_of_the_layer():
    (row,) = tables.rank_table({"one": SCAN}, {"one": [7, 9]}).itertuples(index=False)
    assert row[:4] == (
        "one",
        "0.50 (0.25 to 0.75)",
        "0.75 (0.50 to 1.00)",
        "0.88 (0.75 to 1.00)",
    )
    assert row[4] == pytest.approx(-0.8)


def test_neurons_that_sleep_are_not_counted():
    (row,) = tables.count_table({"one": SCAN}, {"one": [7, 8]}).to_dict("records")
    assert row == {
        "model": "one",
        "neurons": 4,
        "in null space": 3,
        "through scale": 1,
        "both": 1,
        "in the record": 1,
    }


def test_kinds_of_neurons_lie_along_the_stream(model, tokens):
    lies = alignment.along_stream(model, cn.run(model, tokens))
    told = tables.along_table(lies, {"few": [3, 1], "all": range(len(lies))}).set_index("neurons")
    assert told["count"].tolist() == [2, len(lies)]
    assert told.loc["few", "median |cosine|"] == pytest.approx(lies["along"][[1, 3]].mean())
    assert told.loc["all", "lengthen the stream"] == (lies["cosine"] > 0).sum()


@pytest.fixture(scope="module")
def cases(model, tokens):
    state = cn.run(model, tokens)
    return {"tiny": together.Case(model, state, state.mean_activations(), [4, 0], k=2)}


def test_neurons_are_held_together_beside_a_matched_temperature(model, tokens, cases):
    found = together.by_rank(cases)
    means = found.groupby("group")["entropy_total"].mean()
    state = cn.run(model, tokens)
    held = cn.read(model, cn.ablate(model, state, [4, 0]), "entropy")["entropy"]
    change = (held - cn.read(model, state, "entropy")["entropy"]).mean()
    assert means["entropy"] == pytest.approx(change, abs=1e-5)
    assert means[heating.MATCHED] == pytest.approx(change, abs=2e-4)
    assert set(means.index) == {"entropy", "equal rho", heating.MATCHED}


def test_bands_are_those_of_the_right_tokens_rank(model, tokens, cases):
    found = together.by_rank(cases)
    rank = cn.read(model, cn.run(model, tokens), "rank")["rank"]
    for _, part in found.groupby("group"):
        first = (part["band"] == together.BANDS[0]).to_numpy()
        assert first.tolist() == (rank == 1).tolist()
        assert set(part["band"]) <= set(together.BANDS)


def test_the_crowd_stands_beside_the_named_and_others(model, tokens, cases):
    moved = together.crowd(cases, {"tiny": [4, 0, 9, 2]})
    assert list(dict.fromkeys(moved["group"])) == ["the nine", "all 4 null writers", "4 at random"]
    found = together.crowd_intervals(moved)
    state = cn.run(model, tokens)
    held = cn.ablate(model, state, [4, 0, 9, 2])
    change = (held.scale - state.scale)[state.counted].mean().item()
    crowd = found[found["group"] == "all 4 null writers"].set_index(["quantity", "path"])
    assert crowd.loc[("scale", together.ANEW), "estimate"] == pytest.approx(change, abs=1e-5)
    assert ("scale", together.FROZEN) not in crowd.index
    told = tables.crowd_table(found, moved)
    assert told.columns.tolist() == ["before", "scale", "entropy", "entropy, frozen"]
    assert told["before"].tolist() == [state.scale[state.counted].mean().item()] * 3
