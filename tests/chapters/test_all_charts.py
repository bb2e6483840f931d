"""What holds for every chart of the chapters: it has words for every reader, and no NaN."""

import altair as alt
import pytest

from chapters.gallery import gallery
from charts.reading import axis_titles, spec_of, title_of, tooltip_titles

GALLERY = gallery()
WITHOUT_AXES = {"test_causal_graph: graph", "test_story_charts: story"}


@pytest.mark.parametrize("name", GALLERY)
def test_it_has_a_title_a_description_and_something_to_point_at(name):
    chart = GALLERY[name]()
    description = spec_of(chart)["description"]
    assert title_of(chart)
    assert description.count(".") >= 2
    assert tooltip_titles(chart)
    assert name in WITHOUT_AXES or axis_titles(chart, "x")


def test_there_is_a_gallery():
    assert len(GALLERY) > 30
    assert all(isinstance(draw(), alt.TopLevelMixin) for draw in list(GALLERY.values())[:1])
