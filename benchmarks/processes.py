"""What takes a fresh process to measure: memory, the time to load, the whole command."""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from machine import median_seconds, peak_memory
from methods import METHODS, plan_for
from shapes import Layer, problem_of

HERE = Path(__file__).parent
LOADS = (
    ("prose", "load_model"),
    ("prose", "load_light"),
    ("smollm2", "load_model"),
    ("smollm2", "load_light"),
)


def fresh(code: str) -> Any:
    """Run code in an interpreter of its own; what its last line prints, as JSON.

    Raises
    ------
    RuntimeError
        If it fails, with what it said.
    """
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"expected this to run, it failed:\n{code}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


class Held(NamedTuple):
    """The most memory that a process held, in megabytes, before and after a layer was measured."""

    shape: str
    before: float
    peak: float


def memory_of(method: str, layer: Layer, tokens: int) -> Held:
    """What this process holds when it runs one way.

    The problem has `tokens` tokens and all neurons. The ways hold a piece of
    it at a time, so one piece shows their peak: the engine's ways run on as
    many tokens as they hold at once, the straightforward way on 256 tokens and
    one neuron.
    """
    whole = problem_of(layer, tokens)
    before = peak_memory()
    held = min(tokens, plan_for(whole).tokens)
    plain = method == "straightforward"
    METHODS[method](whole.part(256, 1) if plain else whole.part(held, whole.shape.d_mlp))
    return Held(str(whole.shape), before, peak_memory())


def memory(layers: tuple[Layer, ...], tokens: int) -> pd.DataFrame:
    """`shape`, `method`, `before`, `peak` and `own` (their difference), in megabytes."""
    rows = []
    for layer in layers:
        for method in METHODS:
            code = (
                "import json; from processes import memory_of; from shapes import Shape; "
                f"print(json.dumps(memory_of({method!r}, {layer!r}, {tokens})))"
            )
            rows.append(Held(*fresh(code)))
    frame = pd.DataFrame(rows).assign(method=list(METHODS) * len(layers))
    return frame.assign(own=frame["peak"] - frame["before"])


def loading(loads: tuple[tuple[str, str], ...], repeats: int) -> pd.DataFrame:
    """Seconds from the start of Python to the end of a first forward pass: `model`, `method`."""
    seconds = median_seconds({load: partial(_first_pass, *load) for load in loads}, repeats)
    models, functions = zip(*loads, strict=True)
    return pd.DataFrame({"model": models, "method": functions, "seconds": list(seconds.values())})


def _first_pass(model: str, function: str) -> None:
    fresh(
        f"import confidence_neurons as cn; model = cn.{function}({model!r}); "
        "cn.run(model, cn.prose_tokens(model, length=64, count=1)); print(1)"
    )


def command(model: str, tokens: int) -> pd.DataFrame:
    """`confidence-neurons scan` of a model on the book's passages, with everything that it writes.

    Returns
    -------
    `model`, `tokens`, `seconds` (from the start of Python to its end), `peak`
    (memory in megabytes).
    """
    with tempfile.TemporaryDirectory() as folder:
        options = ["scan", model, "--tokens", str(tokens), "-o", str(Path(folder, "result"))]
        start = time.perf_counter()
        peak = fresh(
            "from confidence_neurons.command.app import app; from machine import peak_memory; "
            f"refused = app({options!r}, standalone_mode=False); "
            "print(peak_memory()); raise SystemExit(refused)"
        )
        seconds = time.perf_counter() - start
    return pd.DataFrame([{"model": model, "tokens": tokens, "seconds": seconds, "peak": peak}])
