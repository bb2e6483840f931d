"""The summary of a scan in the terminal."""

from rich.console import Console

from confidence_neurons.command.measuring import Findings


def print_summary(findings: Findings, console: Console) -> None:
    console.print(findings.groups.to_string())
