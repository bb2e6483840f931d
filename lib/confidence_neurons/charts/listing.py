"""A table in a chart: the rows that are chosen, those with the largest values first."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from confidence_neurons.charts.looks import colour, in_order, shape
from confidence_neurons.charts.menus import rounded

ROWS, ROW_HEIGHT = 10, 17
MARK = 0.03  # where the mark of a group stands, of the width


def listing(
    frame: pd.DataFrame,
    box: alt.Parameter,
    columns: Mapping[str, str],
    strongest_by: str,
    group: str | None = None,
) -> alt.LayerChart:
    """The rows under a box that is dragged in another chart.

    Parameters
    ----------
    frame
        That of the other chart.
    box
        The parameter that the other chart has.
    columns
        Columns of the table, and what stands above them.
    strongest_by
        The rows with the largest values of this column are listed.
    group
        Column whose look, as in the other chart, stands before each row.
    """
    names = [] if group is None else in_order(frame[group])
    places = {column: (i + 1) / len(columns) for i, column in enumerate(columns)}
    kept = rounded(
        frame[list(dict.fromkeys([*columns, strongest_by, *([] if group is None else [group])]))]
    )
    under = (
        alt.Chart(kept)
        .transform_filter(box)
        .transform_window(place="row_number()", sort=[alt.SortField(strongest_by, "descending")])
        .transform_filter(f"datum.place <= {ROWS}")
    )
    y = alt.Y("place:O", axis=None, scale=alt.Scale(domain=list(range(1, ROWS + 1))))
    heads = alt.Chart(pd.DataFrame({"head": [""]}))
    layers = []
    for column, place in places.items():
        x = alt.XDatum(place, type="quantitative", scale=alt.Scale(domain=[0, 1]), axis=None)
        head = heads.mark_text(align="right", baseline="bottom", fontWeight="bold", dy=-4)
        layers.append(head.encode(x=x, y=alt.value(0), text=alt.value(columns[column])))
        cell = under.mark_text(align="right", fontSize=12)
        layers.append(cell.encode(x=x, y=y, text=_told(column, kept[column])))
    if group is not None:
        x = alt.XDatum(MARK, type="quantitative", scale=alt.Scale(domain=[0, 1]), axis=None)
        mark = under.mark_point(filled=True, opacity=1, size=55)
        look = {"color": colour(group, names), "shape": shape(group, names)}
        layers.append(mark.encode(x=x, y=y, **look))
    return alt.LayerChart(layer=layers, height=ROW_HEIGHT * ROWS)


def _told(column: str, values: pd.Series) -> alt.Text:
    text = alt.Text(column)
    return text.format(".3~g") if pd.api.types.is_float_dtype(values) else text
