"""The page itself: one file that needs nothing but a browser, in light and dark."""

import json
from collections.abc import Sequence
from html import escape

import altair as alt
import pandas as pd
import vl_convert

from confidence_neurons.charts import enable_theme

STYLE = """
:root { color-scheme: light dark; --ink: #222; --faint: #888; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --faint: #999; --paper: #14181c; } }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
figure { margin: 2rem 0; overflow-x: auto; }
div.table { overflow-x: auto; font-size: 0.85rem; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 0.6rem; border: 0; border-bottom: 1px solid var(--faint); }
td { text-align: right; font-variant-numeric: tabular-nums; }
th, td:is(:nth-child(1), :nth-child(2)) { text-align: left; }
svg.marks { background: transparent !important; }
svg text:is([fill="black"], [fill="#000"], [fill="#000000"]) { fill: var(--ink); }
svg path[stroke="#ffffff"] { stroke: var(--paper); }
"""
BUNDLE = "window.vegaEmbed = vegaEmbed;"  # of Vega, Vega-Lite and Vega-Embed, as Altair has them
DRAW = 'vegaEmbed("#chart-{number}", {spec}, {{renderer: "svg", actions: false}});'


def html_page(
    title: str, paragraphs: Sequence[str], charts: Sequence[alt.TopLevelMixin], table: pd.DataFrame
) -> str:
    """A page with words, charts and a table; nothing of it comes from elsewhere."""
    enable_theme()
    figures, calls = [], []
    for number, chart in enumerate(charts):
        spec = chart.to_dict()
        described = escape(str(spec.get("description", "")), quote=True)
        figures.append(f'<figure aria-label="{described}"><div id="chart-{number}"></div></figure>')
        # "</" would end the script.
        calls.append(DRAW.format(number=number, spec=json.dumps(spec).replace("</", "<\\/")))
    said = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    rows = table.to_html(index=False, na_rep="", float_format="{:.3g}".format, border=0)
    scripts = [vl_convert.javascript_bundle(BUNDLE), *calls] if calls else []
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>",
            said,
            *figures,
            f'<div class="table">{rows}</div></main>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body></html>\n",
        ]
    )
