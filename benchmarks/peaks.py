"""Peak memory of each way, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from machine import peak_memory
from methods import METHODS, plan_for
from shapes import Shape, random_problem

HERE = Path(__file__).parent


def memory_of(method: str, shape: Shape, tokens: int) -> dict[str, float]:
    """Megabytes that this process took at most, before and after running one way.

    The problem has `tokens` tokens and all neurons. The ways hold a piece of
    it at a time, so one piece shows their peak: the engine's ways run on as
    many tokens as they hold at once, the straightforward way on 256 tokens and
    one neuron.
    """
    whole = random_problem(shape, tokens)
    kept = whole.ablations()  # a scan holds those of all its tokens
    before = peak_memory()
    held = min(tokens, plan_for(whole).tokens)
    part = whole.part(256, 1) if method == "straightforward" else whole.part(held, shape.d_mlp)
    METHODS[method](part)
    del kept
    return {"before": before, "peak": peak_memory()}


def peaks(shape: Shape, tokens: int) -> pd.DataFrame:
    """`method`, `before`, `peak` and `own` (their difference), in megabytes."""
    rows = []
    for method in METHODS:
        sizes = map(str, (shape.d_model, shape.d_mlp, shape.d_vocab, tokens))
        command = [sys.executable, str(HERE / "ablation.py"), "--memory-of", method, *sizes]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append({"method": method} | json.loads(answer.splitlines()[-1]))
    frame = pd.DataFrame(rows)
    return frame.assign(own=frame["peak"] - frame["before"])
