"""The claims of the book: what they are called, in which unit, and when one holds.

Each is measured as one number for what it names and one for its control, both
turned so that the claim holds to the right of zero and of its control.
"""

import pandas as pd

from confidence_neurons_book.causal_effects.subjects import Subject
from confidence_neurons_book.told import told

NAMED, CONTROL = "what the claim names", "its control"
NULL, ACTS = "1 null directions", "2 entropy neurons"
NORM, LOGIT_VAR = "3 high norm", "3 low LogitVar"
FREQUENCY, HEDGING, CONTROLLERS = "4 frequency neurons", "5 hedging", "6 controllers"
BOUNDS = ["estimate", "low", "high"]
COLUMNS = ["claim", "model", "group", *BOUNDS]

THROUGH_SCALE = "share through the scale"
WITH_RHO = "rank correlation with ρ"  # noqa: RUF001
UNITS = {
    NULL: THROUGH_SCALE,
    ACTS: THROUGH_SCALE,
    NORM: WITH_RHO,
    LOGIT_VAR: WITH_RHO,
    FREQUENCY: "share through u",
    HEDGING: "entropy added (nats)",
    CONTROLLERS: "rank correlation with need",
}
COST = "loss saved (nats a token)"


def of_use(kind: str) -> str:
    """The claim that it costs loss to rest entropy neurons on a kind of text."""
    return f"7 of use: {kind}"


def unit(claim: str) -> str:
    """What a claim is measured in."""
    return UNITS.get(claim, COST)


def as_claim(found: pd.DataFrame, subject: Subject, claim: str) -> pd.DataFrame:
    """Rows of `cn.intervals` for the groups `NAMED` and `CONTROL`, as rows of a claim."""
    return found.assign(claim=claim, model=subject.name)[COLUMNS].reset_index(drop=True)


def holds(low: float, control_high: float) -> bool:
    """A claim holds where its whole interval lies above zero and above its control's."""
    return bool(low > max(0.0, control_high))


def verdicts(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each claim: both models beside their controls, and where it holds.

    Parameters
    ----------
    found
        Rows of claims: `claim`, `model`, `group`, `estimate`, `low`, `high`.

    Returns
    -------
    `claim` (the index); for each model a column with its name and one for its
    control, estimates with intervals as text; `holds in`.
    """
    models = list(dict.fromkeys(found["model"]))
    by_place = found.set_index(["claim", "model", "group"])[BOUNDS]
    rows = {}
    for claim in dict.fromkeys(found["claim"]):
        row, where = {}, []
        digits = 3 if "nats" in unit(claim) else 2
        for model in models:
            pair = by_place.loc[[(claim, model, group) for group in (NAMED, CONTROL)]]
            row |= dict(zip((model, f"{model}, control"), told(pair, digits), strict=True))
            where += [model] if holds(pair["low"].iloc[0], pair["high"].iloc[1]) else []
        rows[claim] = row | {"holds in": " and ".join(where) or "neither"}
    return pd.DataFrame(rows).T.rename_axis("claim")


def by_rule(found: pd.DataFrame) -> pd.DataFrame:
    """How many claims hold in each model, by the rule and by others.

    Parameters
    ----------
    found
        As in `verdicts`.

    Returns
    -------
    A row for each `rule`, a column for each model.
    """
    sides = found.pivot_table(BOUNDS, index=["claim", "model"], columns="group")
    named, control = (sides.xs(group, axis=1, level="group") for group in (NAMED, CONTROL))
    rules = {
        "above zero and the control": _above(named["low"], control["high"]),
        "the same, intervals twice as wide": _above(
            2 * named["low"] - named["estimate"], 2 * control["high"] - control["estimate"]
        ),
        "above zero, no control": named["low"] > 0,
        "estimates alone": _above(named["estimate"], control["estimate"]),
    }
    models = list(dict.fromkeys(found["model"]))
    counts = {rule: held.groupby("model").sum()[models] for rule, held in rules.items()}
    return pd.DataFrame(counts).T.rename_axis(index="rule", columns=None)


def _above(low: pd.Series, control_high: pd.Series) -> pd.Series:
    pairs = zip(low, control_high, strict=True)
    return pd.Series([holds(*pair) for pair in pairs], index=low.index)
