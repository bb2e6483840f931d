"""Step through a repeated sequence: what a head looks at, what is predicted, how sure."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, StepBars, StepLines, stepper
from confidence_neurons_book.induction.stepper import Walk

IN_A_ROW = 4  # tokens
COMES_NEXT = {True: "what comes next", False: "another token"}


def stepper_chart(walks: Mapping[str, Walk], period: int, *, title: str) -> alt.VConcatChart:
    """Move a slider along a sequence; every panel shows that position.

    Parameters
    ----------
    walks : mapping of str to Walk
        Name -> `stepper.walk` of BOS and two copies of `period`
        tokens, with the same heads and neurons.
    period : int
        Length of a copy.
    title : str
        What is to be seen.
    """
    tokens, steps, attention, predictions, activations = (
        pd.concat(
            [getattr(one, field).assign(sequence=name) for name, one in walks.items()],
            ignore_index=True,
        ).rename(columns={"position": "step"})
        for field in ("tokens", "steps", "attention", "predictions", "activations")
    )
    nats = steps.melt(["sequence", "step"], ["entropy", "loss"], "measure", "nats")
    which = pd.Categorical(predictions["right"].map(COMES_NEXT), COMES_NEXT.values())
    lowest, highest = activations["activation"].min(), activations["activation"].max()
    return stepper(
        _placed(tokens, period),
        [
            StepBars(
                predictions.assign(which=which),
                Axis("probability", "probability", domain=(0, 1)),
                Category("token", "next token"),
                group="which",
            ),
            StepLines(nats, Axis("nats", "nats", zero=True), group="measure"),
            StepBars(
                activations,
                Axis("activation", "activation", domain=(min(0.0, lowest), highest)),
                Category("neuron", "neuron"),
            ),
        ],
        shading=attention,
        choose={"sequence": "Sequence", "head": "Head (layer.head)"},
        initially={"step": period + IN_A_ROW},
        step_label="Position",
        title=title,
        description=(
            "Panels driven by a slider over positions, a choice of sequence and a choice of "
            "attention head. First the tokens in rows, BOS first, then the first copy, then the "
            "second, each beginning on a new row; a frame marks the token being read, shading the "
            "tokens that the head attends to. Then bars with the likeliest next tokens; entropy "
            "and loss along the sequence with a mark at the position; and bars with the "
            "activations of last-layer neurons at it."
        ),
    )


def _placed(tokens: pd.DataFrame, period: int) -> pd.DataFrame:
    """Rows of a few tokens; BOS has a row of its own, and each copy begins a new one."""
    place = tokens["step"] - 1
    rows = -(-period // IN_A_ROW)
    copy, inside = place // period, place % period
    row = (1 + copy * rows + inside // IN_A_ROW).where(place >= 0, 0)
    return tokens.assign(row=row, column=(inside % IN_A_ROW).where(place >= 0, 0))
