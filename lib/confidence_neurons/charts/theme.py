"""How every chart looks and how it is put on a page.

Works with Altair 5.5 and later. Colours are those of Okabe & Ito (2008),
which readers with the common kinds of colour blindness can tell apart.
"""

import hashlib
import json
import textwrap
from typing import Any, TypeVar

import altair as alt
from altair.utils.mimebundle import spec_to_mimebundle

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
PINK = "#CC79A7"
SKY = "#56B4E9"
AMBER = "#E69F00"
GREY = "#888888"
PALETTE = [BLUE, ORANGE, GREEN, PINK, SKY, AMBER]

INK_ON_LIGHT = "#111111"  # not black, which the page turns light in dark mode

TITLE_CHARACTERS = 40  # as many as a phone shows
HEIGHT = 300

AnyChart = TypeVar("AnyChart", bound=alt.TopLevelMixin)


def enable_theme() -> None:
    """Use the book's fonts and colours, and its way to put charts on a page.

    A chart becomes HTML (drawn as SVG, whose text a screen reader can read
    and a style sheet can recolour) and, as plain text, its description.
    """
    alt.theme.register("confidence_neurons", enable=True)(_theme)
    alt.renderers.register("confidence_neurons", _render)
    alt.renderers.enable("confidence_neurons")


def finish(
    chart: AnyChart, *, title: str, description: str, height: int | None = HEIGHT
) -> AnyChart:
    """Give a chart its title and its description; let it fill the page's width.

    Parameters
    ----------
    description:
        For readers who cannot see the chart: what the axes are and what the
        picture shows.
    height:
        In pixels; None for a chart of several panels, which keeps the sizes
        of its panels.
    """
    if not description.strip():
        raise ValueError("expected a description of the chart, got an empty one")
    sized = {} if height is None else {"width": "container", "height": height}
    return chart.properties(
        title=alt.Title(textwrap.wrap(title, TITLE_CHARACTERS), anchor="start"),
        description=description,
        **sized,
    )


def _theme() -> alt.theme.ThemeConfig:
    return {
        "config": {
            "background": "white",
            "font": "system-ui, sans-serif",
            "view": {"stroke": None, "continuousWidth": 300},
            "title": {"fontSize": 14, "offset": 12},
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridOpacity": 0.6},
            "legend": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "orient": "bottom",
                "columns": 2,
                "labelLimit": 300,
                "titleLimit": 300,
            },
            "range": {"category": PALETTE},
            "mark": {"color": BLUE},
        }
    }


def _render(spec: dict[str, Any], **options: Any) -> dict[str, str]:
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    html = spec_to_mimebundle(
        spec,
        format="html",
        mode="vega-lite",
        template="universal",
        vega_version=alt.VEGA_VERSION,
        vegalite_version=alt.VEGALITE_VERSION,
        vegaembed_version=alt.VEGAEMBED_VERSION,
        output_div=f"chart-{digest[:16]}",
        embed_options={"renderer": "svg", "actions": False},
        **options,
    )
    assert isinstance(html, dict)
    return {**html, "text/plain": spec.get("description", "A chart without a description.")}
