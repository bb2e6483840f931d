"""What a report says: what was found in a few sentences, what would show it wrong, how to cite."""

from collections.abc import Iterator
from importlib.metadata import metadata
from typing import Any

from confidence_neurons.command.assumptions import NAMES, missing
from confidence_neurons.command.choosing import Choice
from confidence_neurons.command.measuring import Findings
from confidence_neurons.command.numbers import estimate
from confidence_neurons.command.tables import SHARES, held_as
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM, FREQUENCY

PAPER = "https://arxiv.org/abs/2406.16254"
PACKAGE = "confidence-neurons"
THROUGH = {ENTROPY: "the final norm's scale", FREQUENCY: "the frequency direction"}
FALSIFIERS = (
    "Controls of equal null-space fraction have as large a share through the scale: then it is "
    "the place they write to, not these neurons, that makes the share.",
    "Controls of equal norm change the entropy as much: then the neurons only write much.",
    "On another text, or with the two halves of the rows exchanged, other neurons are chosen.",
    "With another k the chosen neurons, or their null-space fractions, change: then there is no "
    "gap in the spectrum that would deserve the name of a null space.",
    "The exact method (--method exact) gives other effects than second order.",
    "Their activation does not go with the uncertainty of the prediction: a lever that nobody "
    "pulls regulates nothing. This report does not measure that; chapter 3 of the book does.",
)
PAPER_BIBTEX = """@inproceedings{stolfo2024confidence,
  title = {Confidence Regulation Neurons in Language Models},
  author = {Stolfo, Alessandro and Wu, Ben and Gurnee, Wes and Belinkov, Yonatan and
            Song, Xingyi and Sachan, Mrinmaya and Nanda, Neel},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {37},
  year = {2024},
  note = {arXiv:2406.16254}
}"""


def project_address() -> str | None:
    """The address of the project's repository, if the installed package names one."""
    named = (entry.split(", ", 1) for entry in metadata(PACKAGE).get_all("Project-URL") or ())
    return next((url for label, url in named if label == "Repository"), None)


def project_bibtex(record: dict[str, Any]) -> str:
    """The entry of the library that made a report."""
    fields = {
        "title": "Confidence Regulation Neurons: an executable book",
        "author": "{The confidence-neurons authors}",
        "version": record["versions"][PACKAGE],
        "year": record["date"][:4],
    }
    if address := project_address():
        fields["url"] = address
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@software{{confidence_neurons,\n{lines}\n}}"


def in_short(findings: Findings) -> Iterator[str]:
    """What was found, each with its interval and beside a control."""
    for choice in findings.choices:
        if choice.met:
            names = ", ".join(map(str, choice.neurons[:12]))
            more = ", ..." if len(choice.neurons) > 12 else ""
            yield (
                f"{_count(len(choice.neurons))} met the criteria for {NAMES[choice.kind]}: "
                f"{names}{more}. {_effect(findings, choice)}"
            )
        else:
            yield f"No {NAMES[choice.kind]} were found. {missing(choice)}"


def _effect(findings: Findings, choice: Choice) -> str:
    frame = findings.groups
    held = held_as(findings, choice)
    rows = frame[(frame["of"] == choice.kind) & (frame["held"] == held)]

    def of(group: str, quantity: str, decimals: int | None = None) -> str:
        row = rows[(rows["group"] == group) & (rows["quantity"] == quantity)]
        return estimate(None if row.empty else row.iloc[0], decimals)

    share = SHARES[choice.kind]
    said = (
        f"Held {held}, they change the entropy by {of(choice.name, 'entropy_total')} nats a token "
        f"on average; {of(choice.name, share, 2)} of that goes through {THROUGH[choice.kind]}."
    )
    if EQUAL_NORM not in choice.controls:
        return said
    return (
        f"{said} Controls of equal norm: {of(EQUAL_NORM, 'entropy_total')} nats, "
        f"{of(EQUAL_NORM, share, 2)}."
    )


def _count(number: int) -> str:
    return "One neuron" if number == 1 else f"{number} neurons"
