"""The experiments over their seeds, held against the records by hand."""

import numpy as np
import pandas as pd
import pytest

from confidence_neurons_book.grow_your_own import arms, records, seeds
from confidence_neurons_book.grow_your_own.beside import BARS, beside_ten
from confidence_neurons_book.grow_your_own.growth import Growth, live_run
from confidence_neurons_book.grow_your_own.known import TEMPERATURES


def value(question, arm, seed, measure, kind, index=0):
    table = records.table(question)
    (found,) = table.loc[
        (table["arm"] == arm)
        & (table["seed"] == seed)
        & (table["measure"] == measure)
        & (table["kind"] == kind)
        & (table["index"] == index),
        "value",
    ]
    return found


def test_a_median_stands_between_the_least_and_the_most():
    runs = pd.Series(
        [3.0, 1.0, 2.0, 5.0],
        index=pd.MultiIndex.from_tuples(
            [("b", 0), ("b", 1), ("b", 2), ("a", 0)], names=["arm", "seed"]
        ),
    )
    found = seeds.over_seeds(runs)
    assert found.to_numpy().tolist() == [["b", 2.0, 1.0, 3.0], ["a", 5.0, 5.0, 5.0]]


def test_ratio_and_excess_are_taken_run_by_run():
    ratio = seeds.ratio(records.WHERE, "scale", "2.5", "0.4")["untied", 1]
    hot, cold = (value("where", "untied", 1, "scale", kind) for kind in ("2.5", "0.4"))
    assert ratio == pytest.approx(hot / cold)
    loss, best = (value("where", "rms", 2, name, "all") for name in ("loss", "optimal_loss"))
    assert seeds.excess(records.WHERE, "all")["rms", 2] == pytest.approx(loss / best - 1)


def test_every_arm_has_each_of_its_measures():
    places = arms.places()
    assert set(places["measure"]) == set(arms.PLACES)
    assert (places.groupby("measure").size() == records.table("where")["arm"].nunique()).all()
    assert places[["estimate", "low", "high"]].notna().all(axis=None)


def test_the_scale_on_a_kind_is_that_over_prose():
    found = arms.by_kind("scale ratio").set_index(["arm", "kind"])
    scales = [
        value("which-noise", "hex", s, "scale", "names")
        / value("which-noise", "hex", s, "scale", "prose")
        for s in range(3)
    ]
    assert found.loc[("hex", "names"), "estimate"] == pytest.approx(np.median(scales))
    assert found.loc[("hex", "names"), "high"] == pytest.approx(max(scales))


def test_the_weights_of_asked_arms_are_told():
    found = arms.closing(records.WHICH_NOISE, ["uniform"])
    assert set(found["measure"]) == set(arms.CLOSING)
    assert set(found["arm"]) == {"uniform"}


def test_who_uses_it_is_counted_on_an_arms_own_kind():
    found = arms.users(["repeats", "unigram, untied"]).set_index(["arm", "measure"])
    for arm, kind in (("repeats", "random tokens"), ("unigram, untied", "unigram")):
        counts = [value("which-noise", arm, s, "entropy_neurons", kind) for s in range(3)]
        assert found.loc[(arm, "entropy neurons"), "estimate"] == np.median(counts)


def test_counts_have_no_decimals_in_a_table():
    told = arms.wide(arms.users(["uniform"]), "arm")
    assert told.loc["uniform", "closed directions"] == "1 [1, 1]"
    assert told.loc["uniform", "scale / on prose"].startswith("2.3")
    assert next(iter(told)) == "closed directions"


def test_doses_come_in_order_with_spectra_from_the_quietest_on():
    spectra, answers = arms.doses()
    assert answers["dose"].is_monotonic_increasing
    assert set(spectra["dose"]) == set(arms.DOSES.values())
    one = spectra[(spectra["dose"] == 0.25) & (spectra["seed"] == 2)].sort_values("place")
    assert one["place"].tolist() == list(range(1, len(one) + 1))
    assert one["relative"].is_monotonic_increasing
    smallest = value("which-noise", "unigram", 2, "smallest_over_median", "weights")
    assert one["relative"].iloc[0] == pytest.approx(smallest, abs=6e-4)


def test_breaks_are_told_under_the_names_that_are_asked():
    found = arms.breaks({"sure": "confidence"}).set_index("arm")
    seen = [value("breaks", "10 %", s, "confidence", "copy") for s in range(3)]
    assert found.loc["10 %", "estimate"] == pytest.approx(np.median(seen))
    assert set(found["measure"]) == {"sure"}


def course(scales, shares, kl):
    rows = [
        (name, t, v)
        for name, values in (("scale", scales), ("share", shares), ("kl", kl))
        for t, v in zip(TEMPERATURES, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["measure", "temperature", "estimate"])


@pytest.mark.parametrize(
    ("scales", "share", "kl", "dial", "cleared"),
    [
        ((1, 1, 3), 0.8, 0.01, True, [True] * 5),
        ((1, 1, 1.5), 0.6, 0.2, False, [False] * 5),
    ],
)
def test_a_model_clears_its_bars_or_does_not(scales, share, kl, dial, cleared):
    growth = Growth.of(live_run())
    growth.course.append(course(scales, (0.1, 0.2, share), (kl,) * 3))
    growth.neurons.append(pd.DataFrame({"neuron": [4], "dial": [dial], "effect": [0.1]}))
    growth.everywhere.append(int(dial))
    found = beside_ten(growth)
    assert found.index.tolist() == [bar.measure for bar in BARS]
    assert (found["this model"] == "clears it").tolist() == cleared
    assert found["10 seeds"].str.contains(r"\[").all()


def test_seeds_that_clear_a_bar_are_counted():
    growth = Growth.of(live_run())
    growth.course.append(course((1, 1, 3), (0.1, 0.2, 0.8), (0.01,) * 3))
    growth.neurons.append(pd.DataFrame({"neuron": [4], "dial": [True], "effect": [0.1]}))
    growth.everywhere.append(0)
    dials = [value("where", "live", seed, "dials", "2.5") for seed in range(10)]
    found = beside_ten(growth).loc["dials on hot text", "seeds that clear it"]
    assert found == sum(count >= 1 for count in dials)
