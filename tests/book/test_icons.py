"""The theme's script for icons is taken off the pages, and nothing else is."""

from types import SimpleNamespace
from typing import Any

import pytest

import icons

KEPT = '<script defer src="_static/scripts/bootstrap.js?digest=1"></script>'
OFF = '<script defer src="_static/scripts/fontawesome.js?digest=1"></script>'


@pytest.fixture
def app(tmp_path) -> Any:
    scripts = tmp_path / "_static" / "scripts"
    scripts.mkdir(parents=True)
    for name in ("fontawesome.js", "fontawesome.js.map", "bootstrap.js"):
        (scripts / name).touch()
    (tmp_path / "page.html").write_text(f"<head>\n  {OFF}\n{KEPT}\n</head>", encoding="utf-8")
    return SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))


def test_the_script_is_left_off(app):
    icons.leave_script_off(app, None)
    assert (app.outdir / "page.html").read_text("utf-8") == f"<head>\n{KEPT}\n</head>"
    assert [path.name for path in (app.outdir / "_static/scripts").iterdir()] == ["bootstrap.js"]


def test_after_a_failed_build_nothing_is_touched(app):
    icons.leave_script_off(app, ValueError("failed"))
    assert OFF in (app.outdir / "page.html").read_text("utf-8")
