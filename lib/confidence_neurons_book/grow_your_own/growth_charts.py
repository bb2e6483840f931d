"""Charts of one model that grows on a language of known entropy."""

import pandas as pd

from confidence_neurons.charts import Axis, Category, bands, dots, neurons
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.grow_your_own.known import TEMPERATURES

COURSE = {  # the panels of the course -> what stands along their sides
    "kl": "KL from the optimum (nats)",
    "scale": "final scale",
    "share": "share of the length in the null space",
    "quietest": "smallest singular value / median",
}
SHOWN_TOKENS = 600


def course_chart(course: pd.DataFrame, *, title: str) -> Drawn:
    """How a model grows, by temperature; `course` has the frames of `Growth.seen`."""
    frame = course[course["step"] > 0]
    ends = {edge: frame[edge].fillna(frame["estimate"]) for edge in ("low", "high")}
    return bands(
        frame.assign(**ends),
        x=Axis("step", "step of the training", scale="log"),
        y=Axis("estimate", COURSE),
        group="temperature",
        panel="measure",
        title=title,
        description=(
            "Four panels of lines over the steps of the training, on a logarithmic axis, with a "
            "colour for cold, warm and hot text. First, the divergence from the Bayes-optimal "
            "prediction in nats, with 95 percent intervals over rows. Second, the final scale. "
            "Third, the share of the residual stream's length that lies in the quietest quarter "
            "of its directions. Fourth, of the weights, the smallest singular value of the "
            "unembedding over the median one."
        ),
    )


def neurons_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """The neurons at a step of the reader's choice; `found` has frames of `Growth.scanned`."""
    frame = found.assign(is_=found["dial"].map({True: "dial", False: "others"}))
    return neurons(
        frame[["step", "neuron", "rho", "logit_var", "mediated", "effect", "is_"]].round(3),
        x=Axis("rho", "null-space fraction", domain=(0, 1), rules={"a dial": 0.8}),
        y=Axis("logit_var", "LogitVar / median", scale="log", rules={"half": 0.5}),
        group="is_",
        choose={"step": "Step"},
        initially={"step": int(frame["step"].max())},
        details={
            "neuron": "neuron",
            "mediated": "LN-mediated share",
            "effect": "effect on the entropy (nats)",
        },
        title=title,
        description=(
            "Scatter plot, a point for each neuron, for the chosen step of the training. Across: "
            "the fraction of its output weights that lies in the null space; a dashed line marks "
            "four fifths. Up, on a logarithmic axis: LogitVar over the median; a dashed line marks "
            "one half. Dials, in the lower right corner, have a colour and shape of their own."
        ),
    )


def against_optimum_chart(read: pd.DataFrame, *, title: str) -> Drawn:
    """Each position's entropy against the best that could be said; `read` is `KnownText.read`."""
    some = read.groupby("temperature").head(SHOWN_TOKENS // len(TEMPERATURES))
    shown = some[["temperature", "optimal_entropy", "entropy", "overconfidence"]].round(3)
    return neurons(
        shown,
        x=Axis("optimal_entropy", "entropy of the optimum (nats)"),
        y=Axis("entropy", "entropy of the model (nats)"),
        group="temperature",
        details={"overconfidence": "overconfidence"},
        diagonal="rising",
        title=title,
        description=(
            "Scatter plot, a point for each position of a text. Across: the entropy of the "
            "Bayes-optimal prediction in nats. Up: that of the model. Colours and shapes tell "
            "cold, warm and hot text apart. On the rising line both are equal."
        ),
    )


def broken_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """Overconfidence by temperature with something held; `found` has a row for each pair."""
    return dots(
        found,
        x=Axis("estimate", "overconfidence", rules={"as sure as is due": 0}),
        category=Category("temperature", ""),
        group="held",
        choose={"scale": "Final scale"},
        title=title,
        description=(
            "Dots with 95 percent intervals, in a row for each temperature of the text and a "
            "colour for what is held: nothing, the dials, as many neurons of equal norm, of equal "
            "null-space fraction, at random. Across: the probability that the model gives its "
            "first choice minus the one that is due. A control chooses whether the final scale "
            "follows or is frozen."
        ),
    )
