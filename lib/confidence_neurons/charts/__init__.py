"""Charts of the measurements: a small grammar. Tidy frames in, Altair charts out.

The conventions: an estimate and its interval are the columns `estimate`,
`low`, `high`; groups of neurons are the column `group`, and each has one look
in every chart. What a chart finds, its title and its description in words,
comes from who draws it.
"""

from confidence_neurons.charts.arguments import CHART_ARGUMENTS
from confidence_neurons.charts.axes import Axis, Category
from confidence_neurons.charts.bands import bands
from confidence_neurons.charts.bars import bars
from confidence_neurons.charts.dots import dots
from confidence_neurons.charts.menus import buttons, dropdown, slider
from confidence_neurons.charts.neurons import neurons
from confidence_neurons.charts.panels import side_by_side
from confidence_neurons.charts.stepper import StepBars, StepLines, stepper
from confidence_neurons.charts.text import ColouredText, coloured_text
from confidence_neurons.charts.theme import enable_theme, finish
from confidence_neurons.checks import CHECKS

__all__ = [
    "Axis",
    "Category",
    "ColouredText",
    "StepBars",
    "StepLines",
    "bands",
    "bars",
    "buttons",
    "coloured_text",
    "dots",
    "dropdown",
    "enable_theme",
    "finish",
    "neurons",
    "side_by_side",
    "slider",
    "stepper",
]

CHECKS.update(CHART_ARGUMENTS)
