"""Charts of the experiments: an arm beside the others, a dot for the median seed."""

import altair as alt
import pandas as pd

from confidence_neurons.charts import Axis, Category, dots, finish
from confidence_neurons.charts.layers import Drawn, rules, tooltips
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.panels import NUMBERS, in_rows
from confidence_neurons.charts.theme import BLUE, GREY, ORANGE
from confidence_neurons_book.grow_your_own.arms import DOSES, KINDS

HEIGHT = 220
FIRST = "share of the length in the null space, hot"
OVER_SEEDS = "Dots are medians over seeds, lines reach from the least to the most."
ANSWER = Axis(
    "estimate",
    "final scale / on prose",
    scale="log",
    domain=(0.5, 5),
    values=[0.5, 1, 2, 4],
    rules={"as on prose": 1},
)


def places_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """An arm of `where` in each row, for a measure of the reader's choice."""
    return dots(
        found,
        x=Axis("estimate", "median of the seeds"),
        category=Category("arm", ""),
        choose={"measure": "Measure"},
        initially={"measure": FIRST},
        title=title,
        description=(
            "Dots, a row for each way of building or training the small model of the language, "
            f"for the chosen measure. {OVER_SEEDS}"
        ),
    )


def carried_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """The scale's answer to each kind of text; what the model trained with is chosen."""
    return dots(
        found,
        x=ANSWER,
        category=Category("kind", "measured on"),
        choose={"arm": "Trained with"},
        title=title,
        description=(
            "Dots, a row for each kind of unpredictable text, for models trained with the chosen "
            "kind. Across, on a logarithmic axis: the mean final scale on the text over that on "
            f"prose; a dashed line marks one. {OVER_SEEDS}"
        ),
    )


def doses_chart(
    spectra: pd.DataFrame, answers: pd.DataFrame, *, title: str, first: float
) -> alt.VConcatChart:
    """A slider over doses of unigram noise moves two panels.

    Parameters
    ----------
    spectra, answers
        Of `arms.doses`.
    title
        What is to be seen.
    first
        The dose at which the slider stands at first.
    """
    numbers = {dose: number for number, dose in enumerate(DOSES.values())}
    slide = Chooser.of(
        pd.DataFrame({"number": [*numbers.values()]}),
        slide={"number": "Dose"},
        initially={"number": numbers[first]},
    )
    panels = [
        _spectra(spectra.assign(number=spectra["dose"].map(numbers)), slide),
        _answers(answers.assign(number=answers["dose"].map(numbers)), slide),
    ]
    return finish(
        in_rows(panels, NUMBERS).add_params(*slide.parameters),
        title=title,
        description=(
            "Two panels, driven by a slider over doses: the share of training sequences in which "
            "tokens are replaced by draws from the unigram distribution. First, on logarithmic "
            "axes, the singular values of the unembedding over their median, the quietest "
            "direction first, a line for each of three seeds, with a dashed line at a third. "
            "Second, a dot for each kind of text, with a line from the least to the most of the "
            "seeds: the final scale over that on prose."
        ),
    )


def _spectra(frame: pd.DataFrame, slide: Chooser) -> alt.LayerChart:
    place = Axis("place", "directions, the quietest first", scale="log", domain=(1, 47))
    values = frame["relative"]
    heard = Axis(
        "relative",
        "singular value / median",
        scale="log",
        domain=(float(values.min()), float(values.max())),
        rules={"a third": 1 / 3},
    )
    shown = {"seed": "seed", "place": "direction", "relative": "singular value / median"}
    lines = slide.chart(frame, [*shown], packed_by=["seed"]).mark_line(
        color=BLUE, strokeWidth=1.5, point={"size": 22, "color": BLUE}
    )
    lines = lines.encode(x=place.x(), y=heard.y(), detail="seed:N", tooltip=tooltips(frame, shown))
    said = slide.chart(frame.drop_duplicates("number"), ["dose"]).transform_calculate(
        says="'noise in ' + format(datum.dose, '.0%') + ' of the sequences'"
    )
    words = said.mark_text(align="left", fontSize=12, fontWeight="bold").encode(
        x=alt.value(60), y=alt.value(HEIGHT - 12), text="says:N"
    )
    return alt.LayerChart(layer=[*rules(heard, None, upright=False), lines, words], height=HEIGHT)


def _answers(frame: pd.DataFrame, slide: Chooser) -> alt.LayerChart:
    shown = {"kind": "measured on", "estimate": "median", "low": "least", "high": "most"}
    kinds = alt.Y("kind:N", sort=list(KINDS), title=None)
    base = slide.chart(frame, [*shown])
    spans = base.mark_rule(color=GREY, strokeWidth=2).encode(
        x=ANSWER.x(column="low"), x2="high:Q", y=kinds
    )
    points = base.mark_point(filled=True, size=60, opacity=1, color=ORANGE).encode(
        x=ANSWER.x(), y=kinds, tooltip=tooltips(frame, shown)
    )
    return alt.LayerChart(layer=[*rules(ANSWER, None, upright=True), spans, points], height=HEIGHT)


def copies_chart(found: pd.DataFrame, *, title: str) -> Drawn:
    """Confidence inside copies by rate of breaks; `found` has rows of the model and the optimum."""
    return dots(
        found,
        x=Axis("estimate", "probability of the first choice, inside copies", domain=(0, 1)),
        category=Category("arm", "copies that break"),
        group="whose",
        title=title,
        description=(
            "Dots in a row for each share of broken copies in the training. Across: the mean "
            "probability of the first choice well inside a copy, of the models and of the "
            f"Bayes-optimal predictor. {OVER_SEEDS}"
        ),
    )
