"""The page of a scan of many models: presence across models, and across checkpoints."""

from itertools import chain

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots
from confidence_neurons.charts.layers import Drawn
from confidence_neurons.command.assumptions import NAMES
from confidence_neurons.command.numbers import estimate
from confidence_neurons.command.report.page import (
    Figures,
    items,
    page,
    paragraphs,
    section,
    table,
)
from confidence_neurons.command.report.words import THROUGH
from confidence_neurons.command.tables import Table
from confidence_neurons.groups.names import EQUAL_NORM

COUNT, STEP = "neurons that meet the criteria", "training step"
BOUNDS = {"": "estimate", "_low": "low", "_high": "high"}


def overview(units: pd.DataFrame, groups: pd.DataFrame) -> str:
    """The page as HTML: pictures and a table of what was measured, and what was not."""
    measured = units[units["status"] == "measured"]
    failed = units[units["status"] != "measured"]
    said = (
        f"{len(measured)} of {len(units)} units were measured: models at their revisions. Neurons "
        "were chosen on some rows of a text and measured on others; where none meets the criteria "
        "the nearest candidates are shown. Bars and bands are 95 % intervals. All numbers: "
        "table.csv, and groups.csv with every control."
    )
    drawn, parts = Figures(), [paragraphs(said)]
    if len(measured):
        last = measured.sort_values("step", kind="stable").drop_duplicates("name", keep="last")
        across = across_models(last.sort_index(), groups)
        parts.append(section("Across models", "models", *map(drawn.html, across)))
    steps = measured.groupby("name")["step"].transform("nunique")
    training = measured[steps > 1].sort_values("step", kind="stable")
    if len(training):
        over = over_training(training, groups)
        parts.append(section("Across checkpoints", "checkpoints", *map(drawn.html, over)))
    if len(measured):
        parts.append(section("Numbers", "numbers", *map(table, tables(measured))))
    if len(failed):
        missing = (f"{unit}: {status}" for unit, status in failed[["unit", "status"]].values)
        parts.append(section("Not measured", "failed", items(*missing)))
    return page("Confidence neurons across models", said, "\n".join(parts))


def across_models(last: pd.DataFrame, groups: pd.DataFrame) -> list[Drawn]:
    """How many neurons each model has, and what they mediate."""
    shown = shares(last, groups)
    counts = dots(
        counted(last),
        x=Axis("neurons", COUNT, zero=True),
        category=Category("name", ""),
        group="group",
        title="How many neurons, model by model",
        description=(
            "A row for each model, with a point for its number of entropy neurons and one for its "
            "number of token frequency neurons; zero where none meets the criteria."
        ),
    )
    shared = (
        dots(
            frame,
            x=Axis("estimate", f"share through {THROUGH[str(kind)]}", rules={"none": 0}),
            category=Category("name", ""),
            group="group",
            details={"neurons": "neurons"},
            title=f"What {NAMES[str(kind)]} mediate, model by model",
            description=(
                "A row for each model, with a point and its interval for the share of the effect "
                f"on entropy that goes through {THROUGH[str(kind)]}, beside that of controls of "
                "equal weight norm."
            ),
        )
        for kind, frame in shown.groupby("of", sort=False)
    )
    return [counts, *shared]


def over_training(training: pd.DataFrame, groups: pd.DataFrame) -> list[Drawn]:
    """The same step by step: a panel for each model."""
    shown, models = shares(training, groups), training["name"].unique()
    shown["group"] = shown["group"].where(shown["group"] == EQUAL_NORM, shown["of"])  # one line
    counts = bands(
        counted(training),
        x=Axis("step", STEP),
        y=Axis("neurons", {name: f"{name}: neurons" for name in models}, zero=True),
        group="group",
        panel="name",
        title="How many neurons, step by step",
        description=(
            "A panel for each model: how many neurons of each kind meet the criteria over the "
            "training."
        ),
    )
    shared = (
        bands(
            frame,
            x=Axis("step", STEP),
            y=Axis("estimate", {name: f"{name}: share" for name in models}),
            group="group",
            panel="name",
            details={"neurons": "neurons"},
            title=f"What {NAMES[str(kind)]} mediate, step by step",
            description=(
                "A panel for each model: the share of the effect on entropy that goes through "
                f"{THROUGH[str(kind)]} over the training, with its interval, beside that of "
                "controls of equal weight norm. At steps without neurons that meet the criteria it "
                "is the share of the nearest candidates."
            ),
        )
        for kind, frame in shown.groupby("of", sort=False)
    )
    return [counts, *shared]


def counted(units: pd.DataFrame) -> pd.DataFrame:
    """The numbers of neurons in long form."""
    frames = [
        units[["unit", "name", "step"]].assign(neurons=units[f"{kind}_neurons"], group=kind)
        for kind in NAMES
    ]
    return plain(pd.concat(frames).dropna(subset="neurons").astype({"neurons": float}))


def shares(units: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """The shares of chosen neurons and of controls of equal norm, in the order of the units."""
    kept = groups[
        groups["unit"].isin(units["unit"])
        & (groups["group"].str.startswith(tuple(NAMES)) | (groups["group"] == EQUAL_NORM))
    ]
    order = kept["unit"].map({unit: place for place, unit in enumerate(units["unit"])})
    kept = kept.loc[order.sort_values(kind="stable").index]
    named = kept.rename(columns={f"share{bound}": name for bound, name in BOUNDS.items()})
    columns = ["unit", "name", "step", "of", "group", "neurons", *BOUNDS.values()]
    return plain(named[columns].dropna(subset="estimate"))


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """With numbers as floats, which every chart can draw; a column of nothing left out."""
    numbers = frame.select_dtypes("number").columns
    return frame.astype(dict.fromkeys(numbers, float)).dropna(axis=1, how="all")


def tables(measured: pd.DataFrame) -> list[Table]:
    """The numbers as readers see them."""
    found = [
        [row["unit"], *chain.from_iterable(_of_kind(row, kind) for kind in NAMES)]
        for _, row in measured.iterrows()
    ]
    header = ["unit", *chain.from_iterable((NAMES[kind], "share", "equal norm") for kind in NAMES)]
    ways = [
        [
            row["unit"],
            f"{row['k']} of {row['d_model']}",
            f"{row['front_entropy']} of {row['front']}",
            f"{row['tokens']:,}",
            f"{row['seconds']:.0f}",
            f"{row['peak_memory_mb']:,}",
            row["version"],
        ]
        for _, row in measured.iterrows()
    ]
    columns = ["unit", "k", "entropy neurons on the front", "tokens", "seconds", "MB", "version"]
    return [Table("What was found", header, found), Table("How it was measured", columns, ways)]


def _of_kind(row: pd.Series, kind: str) -> list[str]:
    """How many neurons of a kind, their share, and that of their controls."""
    cells = [
        row[f"{kind}_{name}{bound}"] for name in ("share", "share_equal_norm") for bound in BOUNDS
    ]
    values = [float("nan") if pd.isna(cell) else float(cell) for cell in cells]
    own, control = (
        estimate(pd.Series(dict(zip(BOUNDS.values(), part, strict=True))), 2)
        for part in (values[:3], values[3:])
    )
    count = row[f"{kind}_neurons"]
    return ["" if pd.isna(count) else str(count), own, control]
