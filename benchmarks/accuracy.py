"""How far second order is from exact on real weights, and what it says of itself."""

from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.engine.check import ROUNDING, ErrorCheck
from confidence_neurons.engine.pieces import second_order_pieces
from methods import exact, plan_for, second_order
from shapes import Problem, real_problem

EFFECTS = ("entropy_total", "entropy_direct")


@dataclass(frozen=True)
class Trial:
    """A model, and every how many of so many tokens of the passages both ways are run on."""

    model: str
    tokens: int = 4096
    step: int = 1


TRIALS = (Trial("prose"), Trial("smollm2", step=8))


def accuracy(trials: tuple[Trial, ...]) -> pd.DataFrame:
    """The rows of `compare_with_exact` for every trial."""
    frames = []
    for trial in trials:
        whole = real_problem(trial.model, trial.tokens)
        few = whole.part(trial.tokens // trial.step, whole.shape.d_mlp, trial.step)
        frames.append(compare_with_exact(few).assign(model=trial.model))
        print(frames[-1].to_string(index=False), flush=True)
    return pd.concat(frames, ignore_index=True)


def compare_with_exact(problem: Problem) -> pd.DataFrame:
    """A row for each of `EFFECTS`: what its relative error is over the neurons.

    Returns
    -------
    `effect`, `tokens`, `neurons`, `median`, `percentile_95`, `worst`; in the
    row of the total effect also `understated` (share of neurons whose
    `error_estimate` is below their error), `beyond_rounding` (share of those
    whose error is above the estimate by more than the rounding of float32),
    `exactly` (share of ablations, one neuron at one token, that were measured
    exactly after all) and `fell_back` (neurons all of whose were).
    """
    known, estimated = exact(problem), second_order(problem)
    errors = pd.DataFrame(
        {effect: (estimated[effect] - known[effect]).abs() / known[effect] for effect in EFFECTS}
    )
    frame = pd.DataFrame(
        {
            "effect": EFFECTS,
            "tokens": len(problem.sources.target),
            "neurons": len(problem.sources.w_out),
            "median": errors.median().to_numpy(),
            "percentile_95": errors.quantile(0.95).to_numpy(),
            "worst": errors.max().to_numpy(),
        }
    )
    total = frame["effect"] == "entropy_total"
    excess = errors["entropy_total"] - estimated["error_estimate"]
    frame.loc[total, "understated"] = float((excess > 0).mean())
    rounding = ROUNDING / known["entropy_total"]
    frame.loc[total, "beyond_rounding"] = float((excess > rounding).mean())
    frame.loc[total, "exactly"] = measured_exactly(problem)
    frame.loc[total, "fell_back"] = float((estimated["method"] == "exact").sum())
    return frame


def measured_exactly(problem: Problem) -> float:
    """Share of the ablations that second order measures exactly, those for the check included."""
    check = _Counting(len(problem.sources.w_out))
    for _ in second_order_pieces(problem.readout, problem.sources, plan_for(problem), check):
        pass
    return 1 - check.estimated / problem.pairs


class _Counting(ErrorCheck):
    """Counts the ablations that stay estimated; those with no risk were measured exactly."""

    estimated = 0

    def draw(self, risk: Float[Tensor, "token neuron"]) -> Int[Tensor, "pair 2"]:
        drawn = super().draw(risk)
        self.estimated += int(torch.count_nonzero(risk)) - len(drawn)
        return drawn
