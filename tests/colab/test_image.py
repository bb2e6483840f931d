"""The image for a class: what it is made from, and charts that need no network."""

import json
import re
from pathlib import Path

import altair as alt
import pytest

import jupyter_charts

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LAB = "<html><head><title>JupyterLab</title></head><body></body></html>"


def copied():
    lines = re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_what_the_image_copies_is_there():
    assert [source for source in copied() if not (ROOT / source).exists()] == []


def test_what_the_image_copies_and_nothing_else_is_sent_to_its_builder():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied()


def test_students_get_no_solutions():
    assert {source for source in copied() if "book" in source} == {"book/editions/student"}


def test_teachers_are_told_the_versions_that_the_image_has():
    page = (ROOT / "book/teach/jupyterhub.md").read_text(encoding="utf-8")
    [version] = re.findall(r'"(jupyterhub[^"]+)"', DOCKERFILE)
    assert f"`{version}`" in page
    places = re.findall(r"/opt/confidence-neurons/chapters", DOCKERFILE)
    assert places
    assert places[0] in page


@pytest.fixture
def static(tmp_path):
    (tmp_path / "index.html").write_text(LAB)
    return tmp_path


def test_jupyterlab_s_page_gets_the_scripts_of_charts_once(static):
    jupyter_charts.write(static)
    jupyter_charts.write(static)
    page = (static / "index.html").read_text()
    assert page.count("/vega.js") == 1
    assert page.replace(jupyter_charts.TAG, "") == LAB


def test_the_scripts_say_that_they_are_the_versions_that_charts_ask_for(static):
    jupyter_charts.write(static)
    script = (static / "vega.js").read_text()
    [said] = re.findall(r"^var VEGA_DEBUG = (.+);$", script, re.MULTILINE)
    assert json.loads(said)["vegalite_version"] == alt.VEGALITE_VERSION
    assert "vegaEmbed" in script


def test_another_page_is_refused(static):
    (static / "index.html").write_text("<html></html>")
    with pytest.raises(ValueError, match=r"expected </head> once in .*, got 0"):
        jupyter_charts.write(static)
