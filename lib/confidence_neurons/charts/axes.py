"""What stands along the two sides of a chart: numbers (`Axis`) or names (`Category`)."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

LABEL_LIMIT = 170
ACROSS, UPWARD = 78, 40  # letters in a line of a title
TICKS = 6
FAINT_BETWEEN = {"condition": {"test": "datum.label === ''", "value": 0.25}, "value": 1}


@dataclass(frozen=True)
class Axis:
    """A column of numbers as an axis, a colour or a size.

    Attributes
    ----------
    column
        Of the frame.
    title
        With the unit; for a chart with panels one for each panel, in order.
    scale
        "linear", "log" or "sqrt".
    domain
        Where the axis begins and ends; by default where the numbers do.
    zero
        Whether the axis begins at zero.
    values
        Where its ticks stand.
    format
        Of the ticks, such as "%".
    interval
        Columns with the two ends of an interval around each number; by
        default `low` and `high` for an estimate.
    rules
        Dashed lines across the chart: what each one marks, and where it
        stands. With panels it may stand in some of them: panel -> where.

    Examples
    --------
    >>> from confidence_neurons.charts import Axis
    >>> Axis("null_fraction", "null-space fraction", domain=(0, 1)).column
    'null_fraction'
    """

    column: str
    title: str | Mapping[str, str]
    scale: str = "linear"
    domain: tuple[float, float] | None = None
    zero: bool = False
    values: Sequence[float] | None = None
    format: str | None = None
    interval: tuple[str, str] | None = None
    rules: Mapping[str, float | Mapping[str, float]] | None = None

    def ends(self, frame: pd.DataFrame) -> tuple[str, str] | None:
        """The columns of the interval, if there is one."""
        if self.interval is None and {"low", "high"} <= set(frame):
            return ("low", "high")
        return self.interval

    def titled(self, panel: str | None) -> str:
        """The title in a panel."""
        return self.title if isinstance(self.title, str) else self.title[panel or ""]

    def lines(self, panel: str | None, letters: int = UPWARD) -> list[str]:
        """The title, broken so that it fits along its side."""
        return textwrap.wrap(self.titled(panel), letters)

    def ruled(self, panel: str | None) -> dict[str, float]:
        """The rules in a panel."""
        found = {
            name: at.get(panel or "") if isinstance(at, Mapping) else at
            for name, at in (self.rules or {}).items()
        }
        return {name: at for name, at in found.items() if at is not None}

    def scaled(self, **more: object) -> alt.Scale:
        """The scale, for any channel."""
        given = {} if self.domain is None else {"domain": list(self.domain), "clamp": True}
        if self.scale == "linear":
            given |= {"zero": self.zero}
        tight = self.scale == "log" or self.domain is not None
        return alt.Scale(type=self.scale, nice=not tight, **given, **more)  # type: ignore[arg-type]

    def x(self, panel: str | None = None, column: str | None = None) -> alt.X:
        """The horizontal channel; nothing is ever stacked."""
        title = self.lines(panel, ACROSS)
        channel = alt.X(f"{column or self.column}:Q", title=title, stack=None)
        return channel.scale(self.scaled()).axis(**self._ticks(), labelFlush=False)

    def y(self, panel: str | None = None, column: str | None = None) -> alt.Y:
        """The vertical channel."""
        channel = alt.Y(f"{column or self.column}:Q", title=self.lines(panel), stack=None)
        return channel.scale(self.scaled()).axis(**self._ticks())

    def _ticks(self) -> dict:
        """As few numbers as stand beside each other on a phone."""
        ticks: dict = {"labelOverlap": True, "tickCount": TICKS if self.scale == "linear" else 4}
        ticks |= {"gridOpacity": FAINT_BETWEEN} if self.scale == "log" else {}
        ticks |= {} if self.values is None else {"values": list(self.values), "grid": False}
        return ticks | {"format": self.format or ("~g" if self.scale == "log" else "~f")}


@dataclass(frozen=True)
class Category:
    """A column of names as the rows of a chart, in the order in which they come.

    Attributes
    ----------
    column
        Of the frame.
    title
        What the names are names of; empty where they speak for themselves.

    Examples
    --------
    >>> from confidence_neurons.charts import Category
    >>> Category("head", "head (layer.head)").title
    'head (layer.head)'
    """

    column: str
    title: str

    def y(self) -> alt.Y:
        """The vertical channel."""
        return alt.Y(
            f"{self.column}:N",
            sort=None,
            title=self.title or None,
            axis=alt.Axis(labelLimit=LABEL_LIMIT),
        )

    def beside(self, frame: pd.DataFrame) -> int:
        """The width that the names take beside a plot."""
        longest = max(len(str(name)) for name in frame[self.column].unique())
        return min(7 * longest + 10, LABEL_LIMIT) + (20 if self.title else 0)


def offset(names: Sequence[str]) -> int:
    """Height in pixels of a row in which so many marks stand side by side."""
    return 14 * max(1, len(names)) + 6
