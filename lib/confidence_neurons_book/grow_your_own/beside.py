"""The model that was grown here beside those of the records, and the bars that it should clear."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from confidence_neurons_book.grow_your_own import arms
from confidence_neurons_book.grow_your_own.growth import Growth
from confidence_neurons_book.grow_your_own.known import COLD, HOT
from confidence_neurons_book.grow_your_own.seeds import over_seeds
from confidence_neurons_book.told import told

LIVE = "live"


@dataclass(frozen=True)
class Bar:
    """A measure, and on which side of what it has to be."""

    measure: str
    least: float | None
    most: float | None
    of: Callable[[Growth], float]

    def holds(self, value: float) -> bool:
        """Whether a value is on that side."""
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    @property
    def said(self) -> str:
        """The bar, in words."""
        return f"at least {self.least:g}" if self.most is None else f"at most {self.most:g}"


def _last(growth: Growth, measure: str, temperature: str) -> float:
    seen = growth.course[-1].set_index(["measure", "temperature"])["estimate"]
    return float(seen[measure, temperature])


def _scales(growth: Growth) -> float:
    return _last(growth, "scale", HOT) / _last(growth, "scale", COLD)


BARS = (
    Bar("loss above the optimum (%)", None, 2, lambda growth: 100 * growth.excess()),
    Bar("dials on hot text", 1, None, lambda growth: len(growth.dials())),
    Bar("dials on all text", 1, None, lambda growth: growth.everywhere[-1]),
    Bar("scale, hot over cold", 2, None, _scales),
    Bar(
        "share of the length in the null space, hot",
        0.7,
        None,
        lambda growth: _last(growth, "share", HOT),
    ),
)


def beside_ten(growth: Growth) -> pd.DataFrame:
    """For each bar: ten seeds of the records (median [least, most]), the bar, and who clears it."""
    rows = []
    for bar in BARS:
        runs = arms.PLACES[bar.measure]().xs(LIVE, level="arm", drop_level=False)
        rows.append(
            {
                "measure": bar.measure,
                f"{len(runs)} seeds": told(over_seeds(runs))[0],
                "bar": bar.said,
                "seeds that clear it": int(runs.map(bar.holds).sum()),
                "this model": "clears it" if bar.holds(bar.of(growth)) else "does not",
            }
        )
    return pd.DataFrame(rows).set_index("measure")
