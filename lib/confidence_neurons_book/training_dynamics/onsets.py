"""When something begins: the first snapshot at which a measure crosses a threshold.

The thresholds were fixed before the second seed was looked at. Each event has
a looser and a stricter one beside its own, to show what hangs on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from confidence_neurons.weights.spectrum import NUMERICAL_ZERO

NEVER = "never"
MEMBERS = 3  # neurons that make a kind
OPEN = 1 / 3  # of the median, under which a singular value is said to be nearly null


@dataclass(frozen=True)
class Event:
    """Something that begins in training.

    Attributes
    ----------
    name : str
        What begins.
    criterion : str
        By which it is said to have begun, in words.
    measure : callable
        Growth record -> the number of each step that crosses the threshold.
    thresholds : tuple[float, float, float]
        A looser one, its own, a stricter one; crossed upwards where they rise.
    """

    name: str
    criterion: str
    measure: Callable[[pd.DataFrame], pd.Series]
    thresholds: tuple[float, float, float]

    @property
    def rising(self) -> bool:
        """Whether the threshold is crossed upwards."""
        return self.thresholds[0] < self.thresholds[2]

    def onset(self, growth: pd.DataFrame, threshold: int = 1) -> tuple[int, int] | None:
        """The last step before it and the first step at which it is so; None if it never is."""
        return crossing(self.measure(growth), self.thresholds[threshold], rising=self.rising)

    def halfway(self, growth: pd.DataFrame) -> tuple[int, int] | None:
        """The same for half of the way from step 0 to the farthest that the measure goes."""
        values = self.measure(growth)
        farthest = values.max() if self.rising else values.min()
        return crossing(values, (values.iloc[0] + farthest) / 2, rising=self.rising)


def crossing(values: pd.Series, threshold: float, *, rising: bool) -> tuple[int, int] | None:
    """The snapshot before the first one that is beyond a threshold, and that one."""
    beyond = values > threshold if rising else values < threshold
    if not beyond.any():
        return None
    at = int(beyond.to_numpy().argmax())
    return int(values.index[max(0, at - 1)]), int(values.index[at])


def by_step(growth: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A measure of a growth record: a row for each step, a column for each index."""
    rows = growth[growth["measure"] == measure]
    return rows.pivot_table("value", "step", "index")


def relative_spectrum(growth: pd.DataFrame) -> pd.DataFrame:
    """Singular values over their median, without those that are zero by construction."""
    values = by_step(growth, "singular_value")
    heard = values.div(values.median(axis=1), axis=0)
    return heard.loc[:, (heard > NUMERICAL_ZERO).all()]


def scale_ratio(growth: pd.DataFrame) -> pd.Series:
    """Mean final scale on half-corrupted prose over that on clean prose."""
    return by_step(growth, "final_scale_corrupted")[0] / by_step(growth, "final_scale_clean")[0]


def nth_largest(values: pd.DataFrame, n: int = MEMBERS) -> pd.Series:
    """The n-th largest number of each row."""
    return values.apply(lambda row: row.nlargest(n).iloc[-1], axis=1)


EVENTS = (
    Event(
        "frequency neurons",
        "three neurons with |cosine| over 0.75",
        lambda growth: nth_largest(by_step(growth, "frequency_cosine").abs()),
        (0.65, 0.75, 0.8),
    ),
    Event(
        "scale answers noise",
        "scale on noise over scale on prose above 1.5",
        scale_ratio,
        (1.25, 1.5, 2.0),
    ),
    Event(
        "null writers",
        "three neurons with rho over 0.6",
        lambda growth: nth_largest(by_step(growth, "null_fraction")),
        (0.5, 0.6, 0.7),
    ),
    Event(
        "null space opens",
        "smallest singular value under a third of the median",
        lambda growth: relative_spectrum(growth).min(axis=1),
        (0.5, OPEN, 0.25),
    ),
    Event(
        "induction heads",
        "a head with an induction score over 0.4",
        lambda growth: by_step(growth, "induction_score").max(axis=1),
        (0.2, 0.4, 0.6),
    ),
)


def onsets(growth: pd.DataFrame, events: Sequence[Event] = EVENTS, threshold: int = 1):
    """When each event begins in one run.

    Returns
    -------
    pd.DataFrame
        `event`, `criterion`, and `low`, `estimate`, `high`: it began after the
        step `low` and, for all that the snapshots show, at `estimate`, which is
        `high`. Events that never begin are left out.
    """
    found = [(event, event.onset(growth, threshold)) for event in events]
    return pd.DataFrame(
        [
            {
                "event": event.name,
                "criterion": event.criterion,
                "low": steps[0],
                "estimate": steps[1],
                "high": steps[1],
            }
            for event, steps in found
            if steps is not None
        ]
    )
