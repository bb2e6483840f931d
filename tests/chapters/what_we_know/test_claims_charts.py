"""The chart of all claims: a named panel for each, what is named beside its control."""

from chapters.what_we_know.test_claims import FOUND
from charts.reading import axis_titles, domain, found, rows_of, spec_of
from confidence_neurons_book.what_we_know import claims
from confidence_neurons_book.what_we_know.claims_charts import claims_chart

CHARTS = {"claims": lambda: claims_chart(FOUND, "Right of the line a claim holds")}


def test_each_claim_has_a_panel_with_its_name_and_unit():
    spec = spec_of(CHARTS["claims"]())
    panels = [panel for row in spec["vconcat"] for panel in row["hconcat"]]
    assert [panel["title"]["text"] for panel in panels] == [claims.ACTS, claims.HEDGING]
    titles = axis_titles(CHARTS["claims"](), "x")
    assert titles == [claims.unit(claims.ACTS), claims.unit(claims.HEDGING)]


def test_every_estimate_is_drawn_beside_its_control():
    chart = CHARTS["claims"]()
    assert sorted(rows_of(chart, "estimate")["estimate"]) == sorted(FOUND["estimate"])
    assert domain(chart, "color") == [claims.NAMED, claims.CONTROL]


def test_zero_is_marked():
    assert "zero" in str(found(spec_of(CHARTS["claims"]()), "datasets"))
