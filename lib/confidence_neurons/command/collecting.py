"""The results of a class from its notebooks, as one file."""

from pathlib import Path

import typer

from confidence_neurons.exercises import collect
from confidence_neurons.files import whole_files


def collect_results(notebooks: list[Path], output: Path | None) -> None:
    """Write a row for each student and exercise into a file, or to standard output."""
    results = collect(notebooks)
    if results.empty:
        places = ", ".join(map(str, notebooks))
        raise ValueError(
            f"expected notebooks with checked exercises, got none in {places}: were they saved "
            "after the checks had run?"
        )
    text = results.to_csv(index=False)
    if output is None:
        typer.echo(text, nl=False)
        return
    with whole_files(output.parent) as partial:
        (partial / output.name).write_text(text, encoding="utf-8")
    solved, students = int(results["solved"].sum()), results["student"].nunique()
    typer.echo(f"{output}: {students} notebooks, {solved} of {len(results)} exercises solved")
