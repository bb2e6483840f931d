"""The summary of a scan in the terminal."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table as RichTable

from confidence_neurons.command.assumptions import NAMES, missing
from confidence_neurons.command.measuring import Findings
from confidence_neurons.command.tables import Table, group_table, member_table, spectrum_table


def print_summary(findings: Findings, console: Console) -> None:
    """What was found, with intervals and controls, and what was assumed."""
    model, text = findings.model, findings.text
    console.print(
        f"\n[bold]{escape(model['name'])}[/bold], layer {model['layer']} (of 0 to "
        f"{model['n_layers'] - 1}): {model['d_mlp']:,} neurons on {text['tokens']:,} tokens of "
        f"{escape(text['source'])}\n",
        highlight=False,
    )
    print_table(spectrum_table(findings), console)
    for choice in findings.choices:
        if not choice.met:
            console.print(f"[bold]No {NAMES[choice.kind]} found.[/bold] {missing(choice)}\n")
        print_table(member_table(findings, choice), console)
        print_table(group_table(findings, choice), console)
    console.print("[bold]What was assumed[/bold]")
    for topic, sentence in findings.assumptions.items():
        said = f"[bold]{topic}.[/bold] {escape(sentence)}"
        console.print(Padding(said, (0, 0, 0, 2)), highlight=False)


def print_table(table: Table, console: Console) -> None:
    """A table with its caption above it."""
    drawn = RichTable(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
    )
    for place, name in enumerate(table.header):
        drawn.add_column(name, justify="left" if place == 0 else "right")
    for row in table.rows:
        drawn.add_row(*map(escape, row))
    console.print(drawn)
