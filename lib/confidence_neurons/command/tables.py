"""The tables of a scan, for the terminal and for the report."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from confidence_neurons.command.assumptions import NAMES
from confidence_neurons.command.choosing import Choice
from confidence_neurons.command.effects import ONE_BY_ONE, TOGETHER
from confidence_neurons.command.measuring import NULL_SPACE, Findings
from confidence_neurons.command.numbers import estimate, number
from confidence_neurons.groups.names import ENTROPY, FREQUENCY

CHANGE = "|ΔH| (nats)"
TAIL = 8  # singular values that are shown
SHARES = {ENTROPY: "entropy_ln_mediated", FREQUENCY: "entropy_frequency_mediated"}
SHARE_TITLES = {ENTROPY: "through the scale", FREQUENCY: "along frequency"}


@dataclass(frozen=True)
class Table:
    """A caption, the names of the columns, and rows of text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def spectrum_table(findings: Findings) -> Table:
    """The smallest singular values, and how they compare with the median."""
    median = findings.spectrum["singular_value"].median()
    tail = findings.spectrum.tail(TAIL)
    rows = [
        [
            str(row["index"]),
            number(float(row["singular_value"])),
            number(float(row["singular_value"] / median)),
            NULL_SPACE if row["kind"] == NULL_SPACE else "",
        ]
        for _, row in tail.iterrows()
    ]
    return Table("The spectrum's tail", ["direction", "singular value", "/ median", ""], rows)


def member_table(findings: Findings, choice: Choice) -> Table:
    """The chosen neurons, one by one."""
    neurons = findings.neurons.set_index("neuron")
    logit_var = neurons["logit_var"] / neurons["logit_var"].median()
    rows = []
    for neuron in choice.first()[choice.name]:
        weights = neurons.loc[neuron]
        found = _found(findings.members, of=choice.kind, group=choice.name, neuron=neuron)
        own = (
            f"{weights['frequency_cosine']:z.2f}"
            if choice.kind == FREQUENCY
            else f"{logit_var[neuron]:.2f}"
        )
        rows.append(
            [
                str(neuron),
                number(float(weights["weight_norm"])),
                own,
                f"{weights['null_fraction']:.2f}",
                estimate(found.get("entropy_total")),
                estimate(found.get(SHARES[choice.kind]), 2),
            ]
        )
    own = "cosine" if choice.kind == FREQUENCY else "LogitVar"
    header = ["neuron", "norm", own, "ρ", CHANGE, SHARE_TITLES[choice.kind]]  # noqa: RUF001
    what = NAMES[choice.kind] if choice.met else f"candidates for {NAMES[choice.kind]}"
    return Table(f"{what[0].upper()}{what[1:]}, one by one", header, rows)


def group_table(findings: Findings, choice: Choice, *, loss: bool = False) -> Table:
    """The group and its controls: held together where that can be, else one by one."""
    held = held_as(findings, choice)
    columns = {"entropy_total": CHANGE}
    columns |= {"loss_total": "|Δ loss| (nats)"} if loss else {}
    columns |= {SHARES[choice.kind]: SHARE_TITLES[choice.kind]}
    rows = []
    for name in choice.groups:
        found = _found(findings.groups, of=choice.kind, group=name, held=held)
        cells = [
            estimate(found.get(quantity), 2 if quantity in SHARES.values() else None)
            for quantity in columns
        ]
        rows.append([name, *cells])
    size = len(choice.neurons)
    title = f"Beside their controls, {size} neurons each, held {held}"
    return Table(title, ["group", *columns.values()], rows)


def held_as(findings: Findings, choice: Choice) -> str:
    """How the groups of a choice are shown: held together, where that could be measured."""
    frame = findings.groups
    can = bool(((frame["of"] == choice.kind) & (frame["held"] == TOGETHER)).any())
    return TOGETHER if can else ONE_BY_ONE


def _found(frame: pd.DataFrame, **keys: object) -> dict[str, pd.Series]:
    """Quantity -> its row, of the rows with these keys."""
    for name, value in keys.items():
        frame = frame[frame[name] == value]
    return {row["quantity"]: row for _, row in frame.iterrows()}
