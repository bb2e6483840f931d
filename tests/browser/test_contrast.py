import pytest
from contrast import contrast, luminance


def test_black_on_white_has_the_largest_contrast():
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(255, 255, 255)", "rgb(0, 0, 0)") == pytest.approx(21)


def test_equal_colours_have_none():
    assert contrast("rgb(12, 34, 56)", "rgb(12, 34, 56)") == 1


def test_a_grey_at_the_limit():
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01)


def test_a_transparent_colour_is_refused():
    with pytest.raises(ValueError, match="opaque"):
        luminance("rgba(0, 0, 0, 0)")
