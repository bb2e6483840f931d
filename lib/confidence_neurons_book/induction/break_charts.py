"""Charts of repeats that break: what the model does there, and what hedging would do."""

import pandas as pd

from confidence_neurons.charts import Axis, bands
from confidence_neurons.charts.layers import Drawn

BREAK_PANELS = {
    "confidence": "confidence",
    "loss": "loss (nats)",
    "entropy": "entropy (nats)",
    "scale": "final scale",
    "activation": "mean activation",
}


def breaks_chart(around: pd.DataFrame, level: float) -> Drawn:
    """What the model does just before and after a token that breaks the repeat.

    Parameters
    ----------
    around : pd.DataFrame
        From `breaks.around_breaks`.
    level : float
        Mean activation of the same neurons on the first copy, which a dashed
        rule marks.
    """
    return bands(
        around,
        x=Axis("offset", "tokens after the break", values=sorted(set(around["offset"]))),
        y=Axis("estimate", BREAK_PANELS, rules={"mean on the first copy": {"activation": level}}),
        group="sequence",
        panel="quantity",
        title="Where a repeat breaks",
        description=(
            "Five line charts over the offset from the token that breaks the repeat, one line for "
            "broken and one for unbroken sequences, with 95 % bands: confidence, loss, entropy, "
            "final scale, and mean activation of the entropy neurons. A dashed rule marks their "
            "activation on the first copy."
        ),
    )


def doses_chart(doses: pd.DataFrame) -> Drawn:
    """Loss at the break, just after it and elsewhere, as neurons are held up more and more.

    `doses` comes from `breaks.hedging_doses`.
    """
    return bands(
        doses,
        x=Axis("dose", "dose (share of the first copy's activation)"),
        y=Axis("estimate", "loss (nats)"),
        group="group",
        panel="place",
        details={"confidence": "confidence"},
        title="Hedging: what it saves and what it costs",
        description=(
            "Three line charts with 95 % bands, one line per group of neurons. Across: how far the "
            "neurons are held up, as a share of their activation on the first copy. Up: the loss "
            "where the repeat breaks, just after it, and where it holds."
        ),
    )
