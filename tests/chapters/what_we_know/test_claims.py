"""When a claim holds, how it is told, and what other rules would say."""

import pandas as pd
import pytest

from confidence_neurons_book.what_we_know import claims
from confidence_neurons_book.what_we_know.claims import CONTROL, NAMED, by_rule, holds, verdicts

CASES = {  # estimate, low, high: of what is named, of the control
    ("one", claims.ACTS): ((0.6, 0.5, 0.7), (0.1, 0.0, 0.2)),
    ("two", claims.ACTS): ((0.3, 0.2, 0.4), (0.25, 0.15, 0.35)),
    ("one", claims.HEDGING): ((0.02, -0.01, 0.05), (-0.1, -0.2, -0.0)),
    ("two", claims.HEDGING): ((0.4, 0.3, 0.5), (0.2, 0.15, 0.25)),
}
FOUND = pd.DataFrame(
    [
        (claim, model, group, *bounds)
        for (model, claim), sides in CASES.items()
        for group, bounds in zip((NAMED, CONTROL), sides, strict=True)
    ],
    columns=claims.COLUMNS,
)


@pytest.mark.parametrize(
    ("low", "control_high", "expected"),
    [(0.1, 0.05, True), (0.1, 0.1, False), (0.1, 0.2, False), (-0.1, -0.2, False), (0, -1, False)],
)
def test_a_claim_holds_above_zero_and_above_its_control(low, control_high, expected):
    assert holds(low, control_high) is expected


def test_verdicts_stand_beside_estimates_with_intervals():
    told = verdicts(FOUND)
    assert told.columns.tolist() == ["one", "one, control", "two", "two, control", "holds in"]
    assert told.index.tolist() == [claims.ACTS, claims.HEDGING]
    assert told["holds in"].tolist() == ["one", "two"]
    assert told.loc[claims.ACTS, "one"] == "0.60 [0.50, 0.70]"


def test_nats_have_three_decimals_and_no_minus_zero():
    assert verdicts(FOUND).loc[claims.HEDGING, "one, control"] == "-0.100 [-0.200, 0.000]"


def test_a_claim_may_hold_in_both_and_in_neither():
    only = FOUND[FOUND["claim"] == claims.ACTS]
    same = pd.concat([only[only["model"] == "one"].assign(model=name) for name in ("one", "two")])
    assert verdicts(same)["holds in"].tolist() == ["one and two"]
    swapped = same.replace({"group": {NAMED: CONTROL, CONTROL: NAMED}})
    assert verdicts(swapped)["holds in"].tolist() == ["neither"]


def test_other_rules_count_other_claims():
    counts = by_rule(FOUND)
    assert counts["one"].tolist() == [1, 1, 1, 2]
    assert counts["two"].tolist() == [1, 0, 2, 2]


def test_every_claim_has_a_unit():
    assert "nats" in claims.unit(claims.of_use("clean prose"))
    assert claims.unit(claims.FREQUENCY) == "share through u"
