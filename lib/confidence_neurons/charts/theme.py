"""How every chart looks and how it is put on a page.

Works with Altair 5.5 and later. The page may be light or dark: every colour
here has a contrast of at least 3 to 1 with a white ground and with a nearly
black one. The first four are of Okabe & Ito (2008), who chose them so that
readers with the common kinds of colour blindness can tell them apart.
"""

import hashlib
import json
import textwrap
from importlib.resources import files
from typing import Any, TypeVar

import altair as alt
from altair.utils.mimebundle import spec_to_mimebundle

from confidence_neurons.checks import checked

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
PINK = "#C56FA1"
VIOLET = "#8468C9"
GOLD = "#A87900"
GREY = "#888888"
PALETTE = [BLUE, ORANGE, GREEN, PINK, VIOLET, GOLD]

PAPER = "#ffffff"  # the page gives it its own ground, which is dark in dark mode
WEAK_TO_STRONG = [BLUE, "#9A6A8C", ORANGE]  # as light as each other: neither end fades
LESS_NONE_MORE = [  # grounds of words: none at all at zero, so that the page's ink can be read
    "rgba(0, 114, 178, 0.55)",
    "rgba(0, 114, 178, 0)",
    "rgba(213, 94, 0, 0)",
    "rgba(213, 94, 0, 0.55)",
]

PAGE_WIDTH = 680  # of the column of a page on a desktop
TITLE_CHARACTERS = 78  # as many as stand in a line there; `fit.js` breaks lines anew
HEIGHT = 300
CONTROLS_ABOVE = (  # Vega puts them below the chart, where they are out of sight
    "<style>\n  #{place}.vega-embed {{ flex-direction: column; }}\n"
    "  #{place} .vega-bindings {{ order: -1; display: flex; flex-wrap: wrap; gap: 0.4em 2em; "
    "margin-bottom: 0.5em; }}\n"
    "  #{place} .vega-bind input[type=range] {{ width: 16em; vertical-align: middle; }}\n</style>"
)
FITTING = {"contains": "padding", "resize": True}  # again and again, whatever a control changes

AnyChart = TypeVar("AnyChart", bound=alt.TopLevelMixin)


def enable_theme() -> None:
    """Use the book's fonts and colours, and its way to put charts on a page.

    A chart becomes HTML (drawn as SVG, whose text a screen reader can read
    and a style sheet can recolour) and, as plain text, its description.

    Examples
    --------
    >>> import altair as alt
    >>> from confidence_neurons.charts import enable_theme
    >>> enable_theme()
    >>> alt.theme.active
    'confidence_neurons'
    """
    alt.theme.register("confidence_neurons", enable=True)(_theme)
    alt.renderers.register("confidence_neurons", _render)
    alt.renderers.enable("confidence_neurons")


@checked
def finish(chart: AnyChart, *, title: str, description: str, height: int | None = None) -> AnyChart:
    """Give a chart its title and its description; let it fill the page's width.

    Parameters
    ----------
    chart
        Any Altair chart. One with a width of its own, or of several panels,
        keeps its size.
    title
        What the chart shows or finds, in a few words.
    description
        For readers who cannot see the chart: what the axes are and what the
        picture shows.
    height
        In pixels; by default 300.

    Returns
    -------
    alt.TopLevelMixin
        A copy of the chart, of the same type.

    Examples
    --------
    >>> import altair as alt
    >>> from confidence_neurons.charts import finish
    >>> chart = alt.Chart("points.csv").mark_point().encode(x="x:Q")
    >>> finish(chart, title="Two", description="Two points on a line.").to_dict()["title"]["text"]
    ['Two']
    """
    panels = isinstance(chart, alt.VConcatChart | alt.HConcatChart | alt.ConcatChart)
    sized = panels or getattr(chart, "width", alt.Undefined) is not alt.Undefined
    size: dict[str, Any] = {"autosize": {"type": "pad", **FITTING}}
    if not sized:
        size = {"width": "container", "height": height or HEIGHT}
        size |= {"autosize": {"type": "fit-x", **FITTING}}
    return chart.properties(
        title=alt.Title(textwrap.wrap(title, TITLE_CHARACTERS), anchor="start"),
        description=description,
        **size,
    )


def _theme() -> alt.theme.ThemeConfig:
    return {
        "config": {
            "background": "white",
            "font": "system-ui, sans-serif",
            "view": {"stroke": None, "continuousWidth": 300},
            "title": {"fontSize": 14, "offset": 12},
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridOpacity": 0.6},
            "axisX": {"labelSeparation": 8},
            "legend": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "orient": "bottom",
                "columns": 2,
                "labelLimit": 300,
                "titleLimit": 300,
                "gradientLength": 200,
                "labelSeparation": 6,
                "layout": {side: {"direction": "vertical"} for side in ("bottom", "top")},
            },
            "range": {"category": PALETTE},
            "mark": {"color": BLUE},
            "point": {"opacity": 1},
        }
    }


def _render(spec: dict[str, Any], **options: Any) -> dict[str, str]:
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    place = f"chart-{digest[:16]}"
    html = spec_to_mimebundle(
        spec,
        format="html",
        mode="vega-lite",
        template="universal",
        vega_version=alt.VEGA_VERSION,
        vegalite_version=alt.VEGALITE_VERSION,
        vegaembed_version=alt.VEGAEMBED_VERSION,
        output_div=place,
        embed_options={"renderer": "svg", "actions": False},
        **options,
    )
    assert isinstance(html, dict)
    return {
        "text/html": CONTROLS_ABOVE.format(place=place) + html["text/html"],
        "text/plain": spec.get("description", "A chart without a description."),
    }


def fitting_script() -> str:
    """The JavaScript that fits charts to their column, to be loaded after Vega-Embed."""
    return (files("confidence_neurons.charts") / "fit.js").read_text(encoding="utf-8")
