"""A deck of slides a chapter, made of its figures: reveal.js, nothing fetched from anywhere.

A deck is a file in `_static/slides`. It uses the site's own Vega, style sheet and
script for charts. `python -m teaching_kit FOLDER` writes the decks with all of it.
"""

import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from sphinx.application import Sphinx

import offline_assets
from confidence_neurons_book.questions import Question
from teaching_kit import kit
from teaching_kit.facts import BOOK, chapter
from teaching_kit.words import FORMULA, as_html

HERE = Path(__file__).parent
VENDOR = BOOK / "vendor"
REVEAL = ("reveal.js", "reveal.css", "notes.js", "LICENSE")
MATHEMATICS = '<script defer src="../vendor/mathjax/tex-svg.js"></script>'
LETTERS = "ABCDEF"


def deck(name: str) -> str:
    """Return the HTML of a chapter's deck."""
    slides = "\n".join(f"<section>\n{slide}\n</section>" for slide in slides_of(name))
    page = (HERE / "deck.html").read_text(encoding="utf-8")
    return Template(page).substitute(
        title=escape(chapter(name).label),
        mathematics=MATHEMATICS if FORMULA in slides else "",
        slides=slides,
    )


def slides_of(name: str) -> Iterator[str]:
    """Yield the slides: a title, a question before each figure, and the summary."""
    facts = chapter(name)
    opening = kit.stored(name)["opening"]
    yield f"<h1>{escape(facts.label)}</h1>\n<p>{as_html(opening)}</p>"
    for each in kit.stored(name)["slides"]:
        yield question_slide(name, each)
        yield answer_slide(name, each)
    points = "\n".join(f"<li>{as_html(point)}</li>" for point in facts.summary)
    yield f"<h2>To take home</h2>\n<ul>\n{points}\n</ul>"


def question_slide(name: str, slide: dict[str, Any]) -> str:
    """Return a question: a prediction of the chapter, or one in the slide's own words."""
    if "ask" not in slide:
        return f"{asks(slide['question'])}{notes(slide['expect'])}"
    question = kit.questions(name)[slide["ask"]]
    choices = "\n".join(f"<li>{as_html(choice.choice)}</li>" for choice in question.choices)
    return (
        f'{asks(question.question)}\n<ol class="deck-choices">\n{choices}\n</ol>'
        f"{notes(answer(question))}"
    )


def asks(question: str) -> str:
    """Return the title of a slide that asks."""
    return f'<h2 class="deck-ask">{as_html(question)}</h2>'


def answer(question: Question) -> str:
    """Return which choice is right and what is said to it."""
    place = next(i for i, choice in enumerate(question.choices) if choice.right)
    return f"{LETTERS[place]}. {question.choices[place].answer}"


def answer_slide(name: str, slide: dict[str, Any]) -> str:
    """Return a figure under its message, or a table under its caption."""
    facts = chapter(name)
    if "table" in slide:
        table = facts.tables[slide["table"]]
        return (
            f'<h2>{as_html(slide["title"])}</h2>\n<div class="deck-figure">{table}</div>'
            f"{notes(slide['notes'])}"
        )
    figure = facts.figures[slide["figure"]]
    place = slide.get("message", 1) - 1
    title = slide.get("title", figure.caption[place])
    rest = [sentence for sentence in figure.caption if sentence != title]
    return (
        f'<h2>{as_html(title.rstrip("."))}</h2>\n<div class="deck-figure">{figure.html}</div>\n'
        f'<p class="deck-caption">Figure {figure.number}. {as_html(" ".join(rest))}</p>'
        f"{notes(slide['notes'])}"
    )


def notes(words: str) -> str:
    """Return notes for the speaker."""
    return f'\n<aside class="notes">{as_html(words)}</aside>' if words else ""


def write_decks(static: Path) -> list[Path]:
    """Write the decks and their own files into `slides` of a folder of static files."""
    folder = static / "slides"
    (folder / "reveal").mkdir(parents=True, exist_ok=True)
    for file in REVEAL:
        shutil.copy(VENDOR / "reveal" / file, folder / "reveal" / file)
    for file in ("deck.css", "deck.js"):
        shutil.copy(HERE / file, folder / file)
    written = []
    for name in kit.chapters():
        path = folder / f"{name}.html"
        path.write_text(deck(name), encoding="utf-8")
        written.append(path)
    return written


def write_shared(static: Path) -> None:
    """Write what the site has anyway: Vega, MathJax, style sheet and the script for charts."""
    (static / "vendor" / "mathjax").mkdir(parents=True, exist_ok=True)
    shutil.copy(VENDOR / "mathjax" / "tex-svg.js", static / "vendor" / "mathjax")
    (static / "vendor" / "vega.js").write_text(offline_assets.vega_script(), encoding="utf-8")
    for file in ("custom.css", "charts.js"):
        shutil.copy(BOOK / "_static" / file, static / file)


def write_into_site(app: Sphinx) -> None:
    """Put the decks into the site's static files."""
    if app.builder.format == "html":
        write_decks(Path(app.outdir) / "_static")


def register(app: Sphinx) -> None:
    """Have Sphinx write the decks."""
    app.connect("builder-inited", write_into_site)
