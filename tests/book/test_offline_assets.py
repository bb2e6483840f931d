"""The site carries the very Vega that Altair's charts ask for, and MathJax unchanged."""

import hashlib
import json

import altair
import pytest
import vl_convert
from altair.utils.html import spec_to_html
from sphinx.errors import ExtensionError

import offline_assets


def test_the_bundle_is_compatible_with_altair():
    bundled = offline_assets.bundled_versions()
    for name, wanted in offline_assets.wanted_versions().items():
        assert offline_assets.compatible(wanted, bundled[name]), name


@pytest.mark.parametrize(
    ("wanted", "bundled", "expected"),
    [
        ("6", "6.2.0", True),
        ("6.4.1", "6.4", True),
        ("6.4.1", "6.3", False),
        ("6", "5.33.0", False),
        ("6", "61.0.0", False),
    ],
)
def test_compatible_compares_the_parts_that_both_name(wanted, bundled, expected):
    assert offline_assets.compatible(wanted, bundled) is expected


def test_a_chart_asks_for_exactly_what_the_page_says_it_has():
    script = offline_assets.vega_script()
    stated = json.loads(script.rpartition("var VEGA_DEBUG = ")[2].strip().rstrip(";"))
    html = spec_to_html(
        altair.Chart().mark_point().to_dict(),
        mode="vega-lite",
        vega_version=altair.VEGA_VERSION,
        vegalite_version=altair.VEGALITE_VERSION,
        vegaembed_version=altair.VEGAEMBED_VERSION,
        fullhtml=False,
        template="universal",
    )
    for library in ("vega", "vega-lite", "vega-embed"):
        version = stated[f"{library.replace('-', '')}_version"]
        assert f'maybeLoadScript("{library}", "{version}")' in html


def test_an_altair_that_wants_another_vega_stops_the_build(monkeypatch):
    monkeypatch.setattr(altair, "VEGA_VERSION", "99")
    with pytest.raises(ExtensionError, match="expected vega_version 99"):
        offline_assets.vega_script()


def test_an_altair_that_wants_an_unknown_vega_lite_stops_the_build(monkeypatch):
    monkeypatch.setattr(vl_convert, "get_vegalite_versions", lambda: ["1.0"])
    with pytest.raises(ExtensionError, match="expected vl-convert to bundle vega-lite"):
        offline_assets.bundled_versions()


def test_mathjax_is_the_file_its_readme_names():
    script = offline_assets.VENDOR / offline_assets.MATHJAX
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    assert digest in (script.parent / "README.md").read_text(encoding="utf-8")
