"""Controls beside a chart: buttons for a few options, a drop-down for many, a slider."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from confidence_neurons.checks import checked

MOST_BUTTONS = 4
DIGITS = 4
ALWAYS = ""  # what stands for no value in a column that a control chooses by


@checked
def buttons(control: str, label: str, options: Sequence[Any]) -> alt.Parameter:
    """A parameter that buttons set; the first option is chosen at first.

    Parameters
    ----------
    control
        Name of the parameter in Vega's expressions.
    label
        What stands before the buttons.
    options
        What there is to choose from.

    Returns
    -------
    alt.Parameter
        To be added to a chart.

    Examples
    --------
    >>> from confidence_neurons.charts import buttons
    >>> buttons("chosen_text", "Text", ["clean", "noise"]).param.value
    'clean'
    """
    bind = alt.binding_radio(options=list(options), name=f"{label}: ")
    return alt.param(name=control, value=options[0], bind=bind)


@checked
def dropdown(
    control: str, label: str, options: Sequence[Any], *, initial: Any = None
) -> alt.Parameter:
    """The same with a drop-down menu.

    Parameters
    ----------
    control, label, options
        As for `buttons`.
    initial
        What is chosen at first; by default the first option.

    Returns
    -------
    alt.Parameter
        To be added to a chart.

    Examples
    --------
    >>> from confidence_neurons.charts import dropdown
    >>> dropdown("chosen_neuron", "Neuron", [1, 2, 3], initial=2).param.value
    2
    """
    bind = alt.binding_select(options=list(options), name=f"{label}: ")
    value = options[0] if initial is None else initial
    return alt.param(name=control, value=value, bind=bind)


@checked
def slider(
    control: str, label: str, options: Sequence[float], *, initial: Any = None
) -> alt.Parameter:
    """A parameter that a slider sets to one of several evenly spaced numbers.

    Parameters
    ----------
    control, label, options
        As for `buttons`; two numbers at least.
    initial
        Where the slider stands at first; by default at the smallest number.

    Returns
    -------
    alt.Parameter
        To be added to a chart.

    Examples
    --------
    >>> from confidence_neurons.charts import slider
    >>> slider("chosen_step", "Step", [0, 1, 2]).param.bind.max
    2
    """
    steps = sorted(options)
    bind = alt.binding_range(
        min=steps[0], max=steps[-1], step=steps[1] - steps[0], name=f"{label}: "
    )
    return alt.param(name=control, value=steps[0] if initial is None else initial, bind=bind)


@dataclass(frozen=True)
class Chooser:
    """Controls, and the rows of a frame that they choose.

    Attributes
    ----------
    parameters
        The controls.
    tests
        Column -> Vega expression that is true for the chosen rows.
    """

    parameters: list[alt.Parameter]
    tests: dict[str, str]

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        choose: Mapping[str, str] | None = None,
        slide: Mapping[str, str] | None = None,
        initially: Mapping[str, Any] | None = None,
    ) -> "Chooser":
        """Buttons or a menu for each column of `choose`, a slider for each of `slide`.

        A row that has no value in a column of `choose` is always shown.
        """
        parameters, tests, first = [], {}, dict(initially or {})
        for column, label in (choose or {}).items():
            name, options = control_name(column), frame[column].dropna().unique().tolist()
            if len(options) <= MOST_BUTTONS and column not in first:
                parameters.append(buttons(name, label, options))
            else:
                parameters.append(dropdown(name, label, options, initial=first.get(column)))
            value = f"datum[{json.dumps(column)}]"
            always = f"{value} === '{ALWAYS}' || " if frame[column].isna().any() else ""
            tests[column] = f"({always}{value} === {name})"
        for column, label in (slide or {}).items():
            name, steps = control_name(column), sorted(frame[column].unique().tolist())
            parameters.append(slider(name, label, steps, initial=first.get(column)))
            near = (steps[1] - steps[0]) / 2
            tests[column] = f"abs(datum[{json.dumps(column)}] - {name}) < {near}"
        return cls(parameters, tests)

    def chart(
        self,
        frame: pd.DataFrame,
        columns: Sequence[str],
        where: Mapping[str, str] | None = None,
        packed_by: Sequence[str] = (),
    ) -> alt.Chart:
        """The chosen rows of a frame, of those that are so in `where`.

        They are packed: a row for each choice, and each value in `packed_by`,
        with a list for each other column, so that names which come again and
        again are written once.
        """
        where = where or {}
        keys = [*(column for column in self.tests if column in frame), *where]
        keys += [column for column in packed_by if column not in keys]
        columns = [column for column in dict.fromkeys(columns) if column not in keys]
        shown = rounded(frame[[*keys, *columns]])
        tests = [self.tests[column] for column in keys if column in self.tests]
        tests += [
            f"datum[{json.dumps(column)}] === {json.dumps(is_)}" for column, is_ in where.items()
        ]
        if not tests:
            return alt.Chart(shown)
        if not columns:
            return alt.Chart(shown.drop_duplicates()).transform_filter(" && ".join(tests))
        if not self.tests:
            return alt.Chart(shown).transform_filter(" && ".join(tests))
        by_choice = shown.groupby(keys, sort=False, as_index=False, dropna=False)
        packed = pd.DataFrame(by_choice[columns].agg(_listed))
        words = {key: packed[key].astype(object).where(packed[key].notna(), ALWAYS) for key in keys}
        return (
            alt.Chart(packed.assign(**words))
            .transform_filter(" && ".join(tests))
            .transform_flatten([*columns])
        )


def control_name(column: str) -> str:
    """The name in Vega's expressions of the control that chooses among a column's values."""
    return "chosen_" + re.sub(r"\W+", "_", column)


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Its numbers with as many digits as a chart can show."""
    floats = frame.select_dtypes("float").columns
    return frame.assign(
        **{name: [float(f"{value:.{DIGITS}g}") for value in frame[name]] for name in floats}
    )


def _listed(values: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in values]
