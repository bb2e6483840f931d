"""The playground's files are written into the site, and only its own page loads them."""

from types import SimpleNamespace
from typing import Any

import pytest

import playground_page

MODEL = "(globalThis.confidenceNeuronsModels ??= {})"


@pytest.fixture
def app(tmp_path) -> Any:
    loaded: list[str] = []
    return SimpleNamespace(
        outdir=tmp_path,
        builder=SimpleNamespace(format="html"),
        loaded=loaded,
        add_css_file=loaded.append,
        add_js_file=lambda name, **_: loaded.append(name),
    )


def test_all_that_the_page_loads_is_written(app, monkeypatch):
    made = []
    monkeypatch.setattr(
        playground_page,
        "model_script",
        lambda name, tokenizer: made.append((name, tokenizer)) or MODEL,
    )
    playground_page.write_files(app)
    playground_page.load_files(app, playground_page.PAGE, "page.html", {}, None)
    written = {path.name for path in (app.outdir / "_static" / playground_page.FOLDER).iterdir()}
    assert {name.partition("/")[2] for name in app.loaded} < written
    assert made == [("prose", True), ("prose-no-norm", False)]


def test_other_pages_load_nothing(app):
    context = {"script_files": ["vega.js"]}
    playground_page.load_files(app, "index", "page.html", context, None)
    playground_page.leave_needless_out(app, "index", "page.html", context, None)
    assert (app.loaded, context) == ([], {"script_files": ["vega.js"]})


def test_the_page_goes_without_charts_formulas_and_questions(app):
    theme = SimpleNamespace(attributes={"body": "let toggleHintShow = 'Click to show';"})
    formulas = SimpleNamespace(attributes={"body": "window.MathJax = {}"})
    scripts = [theme, formulas, "vendor/vega.js", "charts.js", "theme.js"]
    context = {"script_files": scripts}
    playground_page.leave_needless_out(app, playground_page.PAGE, "page.html", context, None)
    assert context["script_files"] == [theme, "theme.js"]
