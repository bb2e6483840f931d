"""Put the report of a scan together."""

from html import escape
from typing import Any

from confidence_neurons.command.choosing import Choice
from confidence_neurons.command.measuring import Findings
from confidence_neurons.command.report.charts import figures
from confidence_neurons.command.report.page import (
    Figures,
    items,
    page,
    paragraphs,
    section,
    table,
    terms,
)
from confidence_neurons.command.report.words import (
    FALSIFIERS,
    PACKAGE,
    PAPER,
    PAPER_BIBTEX,
    in_short,
    project_address,
    project_bibtex,
)
from confidence_neurons.command.tables import group_table, member_table, spectrum_table
from confidence_neurons.groups.names import ENTROPY, FREQUENCY

GIB = 2**30


def report(findings: Findings, record: dict[str, Any]) -> str:
    """The page as HTML."""
    name = findings.model["name"]
    drawn = Figures()
    charts: dict[str, list[str]] = {}
    for place, chart in figures(findings):
        charts.setdefault(place, []).append(drawn.html(chart))
    chosen = {choice.kind: choice for choice in findings.choices}
    parts = [
        section("In short", "in-short", _about(findings, record), paragraphs(*in_short(findings))),
        section(
            "The null space",
            "null-space",
            paragraphs(
                "Directions of the residual stream that hardly move the logits. Writing there "
                "lengthens the stream, and so lowers all logits through the final norm's scale."
            ),
            *charts["null-space"],
            table(spectrum_table(findings)),
        ),
        section(
            "Neurons of the layer",
            "neurons",
            paragraphs(
                "The paper's entropy neurons have a high norm and a low LogitVar: they write much "
                "and say little. What they do goes through the scale."
            ),
            *charts["neurons"],
        ),
        _kind(findings, "What the entropy neurons do", "effects", chosen.get(ENTROPY), charts),
        _kind(findings, "Token frequency neurons", "frequency", chosen.get(FREQUENCY), charts),
        section("What was assumed", "assumed", terms(findings.assumptions)),
        section("What would show it wrong", "wrong", items(*FALSIFIERS)),
        section("How to cite", "cite", _citing(findings, record)),
        section("Settings and versions", "settings", terms(_settings(record))),
    ]
    title = f"Confidence regulation neurons of {name}"
    description = (
        f"Entropy neurons and token frequency neurons of {name}, with intervals and controls."
    )
    return page(title, description, "\n".join(parts))


def _kind(
    findings: Findings, title: str, place: str, choice: Choice | None, charts: dict[str, list[str]]
) -> str:
    """Tables and charts of the chosen neurons of a kind."""
    if choice is None:
        return section(title, place, paragraphs("There are none to show: see what was assumed."))
    words = "" if choice.met else paragraphs("No neuron met the criteria: these are candidates.")
    return section(
        title,
        place,
        words,
        *charts.get(place, []),
        table(group_table(findings, choice, loss=True)),
        table(member_table(findings, choice)),
    )


def _about(findings: Findings, record: dict[str, Any]) -> str:
    """Which model, when, and on what: for who cites it."""
    model, text = findings.model, findings.text
    revision = record["settings"]["revision"]
    said = {
        "Model": f"{model['name']}" + ("" if revision is None else f", revision {revision}"),
        "Layer": f"{model['layer']} (of 0 to {model['n_layers'] - 1}), {model['d_mlp']:,} neurons",
        "Text": f"{text['tokens']:,} tokens of {text['source']}",
        "Made": f"{record['date'][:10]} by confidence-neurons "
        f"{record['versions']['confidence-neurons']}",
    }
    address = project_address()
    project = f'<a href="{escape(address)}">{PACKAGE}</a>' if address else PACKAGE
    return (
        terms(said) + f'\n<p>Definitions: <a href="{PAPER}">Stolfo et al. 2024</a>; measured with '
        f"{project}.</p>"
    )


def _citing(findings: Findings, record: dict[str, Any]) -> str:
    """References, for the findings of the paper and for this report."""
    made = (
        f"{findings.model['name']}, layer {findings.model['layer']}, measured with "
        f"confidence-neurons {record['versions']['confidence-neurons']} on {record['date'][:10]}; "
        f"token ids of the text: SHA-256 {findings.text['sha256_of_token_ids'][:16]}..."
    )
    return (
        paragraphs("For what such neurons are, cite the paper; for the numbers, this project.")
        + f"\n<pre>{escape(PAPER_BIBTEX)}</pre>\n<pre>{escape(project_bibtex(record))}</pre>\n"
        + paragraphs(made)
    )


def _settings(record: dict[str, Any]) -> dict[str, str]:
    """Everything that is needed to get the same numbers again."""
    given = {
        name.replace("_", " "): str(value)
        for name, value in record["settings"].items()
        if value is not None
    }
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return given | {
        "null space": f"k = {record['k']}",
        "weights": record["model"]["dtype"],
        "device": record["model"]["device"],
        "token ids": f"SHA-256 {record['text']['sha256_of_token_ids']}",
        "versions": versions,
        "took": f"{record['seconds']['all']:.0f} seconds, "
        f"{record['peak_memory_bytes'] / GIB:.2f} GiB at most",
    }
