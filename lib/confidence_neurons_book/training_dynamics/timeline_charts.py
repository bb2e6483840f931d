"""The timeline: a slider over snapshots, and what the model is at each of them."""

import altair as alt

from confidence_neurons.charts import Axis, finish
from confidence_neurons.charts.layers import rules, tooltips
from confidence_neurons.charts.looks import colour, dashes, shape
from confidence_neurons.charts.menus import Chooser
from confidence_neurons.charts.panels import NUMBERS, in_columns
from confidence_neurons.charts.theme import BLUE, GREY, ORANGE, PAGE_WIDTH, PAPER
from confidence_neurons.groups.names import ENTROPY, FREQUENCY, OTHERS
from confidence_neurons_book.training_dynamics.timeline import TEXTS, Timeline

HEIGHT = 190
LEGEND = PAGE_WIDTH // 2
STEP = Axis("step", "step of the training", scale="log", domain=(16, 13_000))
THIRD = {"a third": 1 / 3}


def timeline_chart(timeline: Timeline, *, title: str, first: int) -> alt.VConcatChart:
    """Four panels of one run; a slider moves all of them to a snapshot.

    Parameters
    ----------
    timeline : Timeline
        What to draw.
    title : str
        What is to be seen.
    first : int
        The snapshot at which the slider stands at first.
    """
    runs = Chooser.of(timeline.losses, {"run": "Run"})
    slide = Chooser.of(
        timeline.snapshots, slide={"snapshot": "Snapshot"}, initially={"snapshot": first}
    )
    both = Chooser([*runs.parameters, *slide.parameters], runs.tests | slide.tests)
    chart = in_columns(
        [
            [_losses(timeline, runs, slide), _ratios(timeline, runs, slide)],
            [_spectrum(timeline, both), _neurons(timeline, both)],
        ],
        [[NUMBERS, NUMBERS], [NUMBERS, NUMBERS]],
    )
    for part in (chart, chart.vconcat[0], *chart.vconcat[0].hconcat):
        part.resolve.scale.shape = part.resolve.legend.shape = "independent"
    return finish(
        chart.add_params(*both.parameters),
        title=title,
        description=(
            "Four panels, driven by a choice of run and a slider over snapshots of the training. "
            "First, lines of the loss on prose and on half noise over the steps, on a logarithmic "
            "axis. Second, the final scale on noise over that on prose. In both an upright line "
            "marks the chosen snapshot. Third, the singular values of the unembedding over their "
            "median, the quietest direction first, with a dashed line at a third. Fourth, a point "
            "for each neuron of the last layer: null-space fraction across, size of the cosine "
            "with the frequency direction up. Neurons that the end of the training names are "
            "coloured."
        ),
    )


def _now(timeline: Timeline, slide: Chooser) -> alt.Chart:
    """An upright line at the chosen snapshot."""
    at = slide.chart(timeline.snapshots, ["step"])
    return at.mark_rule(color=ORANGE, strokeWidth=2).encode(x=STEP.x())


def _losses(timeline: Timeline, runs: Chooser, slide: Chooser) -> alt.LayerChart:
    loss, names = Axis("loss", "loss (nats)"), list(TEXTS.values())
    shown = {"text": "text", "step": "step", "loss": "loss (nats)"}
    late = timeline.losses[timeline.losses["step"] > 0]
    lines = runs.chart(late, list(shown), packed_by=["text"]).mark_line(color=BLUE)
    lines = lines.encode(
        x=STEP.x(),
        y=loss.y(),
        color=colour("text", names, LEGEND),
        strokeDash=dashes("text", names, LEGEND),
        tooltip=tooltips(timeline.losses, shown),
    )
    said = slide.chart(timeline.snapshots, ["step"]).transform_calculate(
        says="'step ' + format(datum.step, ',')"
    )
    words = said.mark_text(align="left", fontSize=12, fontWeight="bold").encode(
        x=alt.value(6), y=alt.value(HEIGHT - 10), text="says:N"
    )
    return alt.LayerChart(layer=[_now(timeline, slide), words, lines], height=HEIGHT)


def _ratios(timeline: Timeline, runs: Chooser, slide: Chooser) -> alt.LayerChart:
    ratio = Axis("ratio", "scale on noise / on prose", rules={"one and a half": 1.5})
    shown = {"step": "step", "ratio": "ratio of scales"}
    late = timeline.ratios[timeline.ratios["step"] > 0]
    line = runs.chart(late, list(shown)).mark_line(color=BLUE)
    line = line.encode(x=STEP.x(), y=ratio.y(), tooltip=tooltips(timeline.ratios, shown))
    layers = [*rules(ratio, None, upright=False), _now(timeline, slide), line]
    return alt.LayerChart(layer=layers, height=HEIGHT)


def _spectrum(timeline: Timeline, both: Chooser) -> alt.LayerChart:
    place = Axis("place", "directions, the quietest first", scale="log", domain=(1, 127))
    values = timeline.spectra["relative"]
    domain = (float(values.min()), float(values.max()))
    heard = Axis("relative", "singular value / median", scale="log", rules=THIRD, domain=domain)
    shown = {"place": "direction", "relative": "singular value / median"}
    points = both.chart(timeline.spectra, list(shown)).mark_point(
        filled=True, size=30, opacity=1, color=BLUE
    )
    points = points.encode(x=place.x(), y=heard.y(), tooltip=tooltips(timeline.spectra, shown))
    return alt.LayerChart(layer=[*rules(heard, None, upright=False), points], height=HEIGHT)


def _neurons(timeline: Timeline, both: Chooser) -> alt.LayerChart:
    rho = Axis("rho", "null-space fraction", domain=(0, 1), rules={"a null writer": 0.6})
    cosine = Axis("cosine", "|cosine| with frequency", domain=(0, 1))
    names = [ENTROPY, FREQUENCY]
    shown = {"rho": "null-space fraction", "cosine": "|cosine| with frequency"}
    named = {"group": "named at the end", "neuron": "neuron"} | shown
    rest = timeline.neurons["group"] == OTHERS
    crowd = both.chart(timeline.neurons[rest], list(shown)).mark_point(
        filled=True, size=14, opacity=1, color=GREY
    )
    members = both.chart(timeline.neurons[~rest].astype({"group": str}), list(named)).mark_point(
        filled=True, size=60, opacity=1, stroke=PAPER, strokeWidth=0.6
    )
    sides = {"x": rho.x(), "y": cosine.y()}
    return alt.LayerChart(
        layer=[
            *rules(rho, None, upright=True),
            crowd.encode(**sides, tooltip=tooltips(timeline.neurons, shown)),
            members.encode(
                **sides,
                color=colour("group", names, LEGEND),
                shape=shape("group", names, LEGEND),
                tooltip=tooltips(timeline.neurons, named),
            ),
        ],
        height=HEIGHT,
    )
