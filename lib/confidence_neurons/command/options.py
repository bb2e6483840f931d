"""Options of the command line: what each is called, may be, and says in the help."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

UNITS = {None: 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
LARGEST = 1e15


class Ways(StrEnum):
    """How effects are measured."""

    second_order = "second-order"
    exact = "exact"


class Types(StrEnum):
    """What weights are held in."""

    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


def in_bytes(text: str) -> int:
    """A size such as 900MB, 2GiB or 1e9 as a number of bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([kmg]i?)?b?", text.strip().lower())
    if found is None or float(found[1]) >= LARGEST:
        raise typer.BadParameter(f"expected a size such as 900MB or 2GiB, got {text!r}")
    return int(float(found[1]) * UNITS[found[2]])


Models = Annotated[
    list[str],
    typer.Argument(metavar="MODEL", help="Name, directory, .gguf file, or name on the hub."),
]
Revision = Annotated[
    str | None, typer.Option(metavar="R", help="Branch, tag or commit of a model on the hub.")
]
Text = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Text to measure on, in UTF-8; - for standard input. By default the book's passages.",
    ),
]
Tokens = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="How many tokens; by default up to 4,096, if the text has as many."
    ),
]
Length = Annotated[
    int, typer.Option(metavar="L", min=4, help="Tokens in a row, BOS included; no row is longer.")
]
Layer = Annotated[
    int | None, typer.Option(metavar="L", min=0, help="Which layer's neurons; by default the last.")
]
K = Annotated[
    int | None,
    typer.Option(
        "--k",
        metavar="K",
        min=1,
        help="Dimension of the null space; by default by the spectrum's gap.",
    ),
]
Counts = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Token counts: a .safetensors file with a tensor `counts`, or a text to count in; "
        "own for the model's own mean prediction. By default those that ship for the model.",
    ),
]
Method = Annotated[
    Ways | None,
    typer.Option(
        metavar="WAY",
        help="second-order or exact; by default the first, and exact where that cannot be had.",
    ),
]
Device = Annotated[str | None, typer.Option(metavar="D", help='Such as "cpu" or "cuda".')]
DType = Annotated[
    Types | None,
    typer.Option(metavar="T", help="What weights are held in: float32, bfloat16 or float16."),
]
MemoryBudget = Annotated[
    int | None,
    typer.Option(
        metavar="SIZE",
        parser=in_bytes,
        help="What the scan may hold beside the model, such as 900MB.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="S", help="Decides samples and random controls.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="DIR", help="Where the result goes, all or nothing."),
]
Report = Annotated[bool, typer.Option("--report/--no-report", help="Write report.html too.")]
Compare = Annotated[bool, typer.Option("--compare", help="Set several models side by side.")]
