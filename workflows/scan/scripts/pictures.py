"""The charts of a scan of many models: presence across models, and across checkpoints."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, FREQUENCY

NAMES = {ENTROPY: "entropy neurons", FREQUENCY: "token frequency neurons"}
BY = {ENTROPY: "the final norm", FREQUENCY: "the frequency direction"}
SHARE = {name: f"share mediated by {BY[kind]}" for kind, name in NAMES.items()}
COUNT, STEP = "number of neurons", "training step"
CONTROLS = "controls of equal weight norm"


def charts(table: pd.DataFrame) -> list[Drawn]:
    """Charts of what was measured: across models at their last step, then over their training."""
    measured = table[table["status"] == "measured"]
    last = measured.sort_values("step", kind="stable").drop_duplicates("name", keep="last")
    last = last.sort_index()
    steps = measured.groupby("name")["step"].transform("nunique")
    training = measured[steps > 1].sort_values("step", kind="stable")
    drawn = [across_models(last)] if len(last) else []
    return drawn + (over_training(training) if len(training) else [])


def across_models(last: pd.DataFrame) -> Drawn:
    """How much of the groups' effect is mediated, model by model."""
    return dots(
        shares(last),
        x=Axis("estimate", SHARE),
        category=Category("name", ""),
        group="group",
        panel="kind",
        details={"count": COUNT, "present": "criteria met"},
        title="What confidence neurons mediate, model by model",
        description=(
            "Two panels with a row for each model. First what share of the effect on entropy the "
            "final norm mediates, for entropy neurons. Then what share of the effect on the "
            "distance to the unigram distribution the frequency direction mediates, for token "
            "frequency neurons. Beside them controls of equal weight norm. Bars are intervals. "
            "Where no neuron meets the criteria, the nearest candidates are shown."
        ),
    )


def over_training(training: pd.DataFrame) -> list[Drawn]:
    """A panel for each model: how many neurons there are, and what they mediate, step by step."""
    counts = shares(training)
    counts = counts[counts["group"] != EQUAL_NORM].drop(columns=["low", "high"])
    across = Axis("step", STEP)
    drawn = [
        bands(
            counts,
            x=across,
            y=Axis("count", {name: f"{name}: {COUNT}" for name in counts["name"].unique()}),
            group="group",
            panel="name",
            title="How many neurons, step by step",
            description="A panel for each model: how many neurons of each kind over the training.",
        )
    ]
    for kind, frame in shares(training).groupby("of", sort=False):
        models = frame["name"].unique()
        chart = bands(
            frame,
            x=across,
            y=Axis("estimate", {name: f"{name}: {SHARE[NAMES[str(kind)]]}" for name in models}),
            group="group",
            panel="name",
            title=f"What {NAMES[str(kind)]} mediate, step by step",
            description=(
                f"A panel for each model: the share mediated by {BY[str(kind)]} over the training, "
                "with its interval, beside controls of equal weight norm."
            ),
        )
        drawn.append(chart)
    return drawn


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """The shares of the table in long form: one row per unit, kind, and group."""
    columns = [
        (kind, group, f"{kind}_share{'' if group == kind else '_equal_norm'}")
        for kind in NAMES
        for group in (kind, EQUAL_NORM)
    ]
    frames = [
        pd.DataFrame(
            {
                "unit": table["unit"],
                "name": table["name"],
                "step": table["step"],
                "of": kind,
                "kind": NAMES[kind],
                "group": group,
                "present": table[kind].map({True: "yes", False: "no"}),
                "count": table[f"{kind}_neurons"],
                "estimate": table[share],
                "low": table[f"{share}_low"],
                "high": table[f"{share}_high"],
            }
        ).dropna(subset="estimate")
        for kind, group, share in columns
        if share in table
    ]
    return pd.concat(frames, ignore_index=True)
