"""A deck a chapter: 6 to 12 slides, a question before each figure, nothing from elsewhere."""

import hashlib
import re

import pytest

import offline_assets
from contents import NOTEBOOKS
from teaching_kit import kit, slides
from teaching_kit.facts import chapter

CHAPTERS = [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_deck_has_six_to_twelve_slides(name):
    deck = slides.deck(name)
    assert 6 <= deck.count("<section>") <= 12
    assert deck.count("<section>") == deck.count("</section>")
    assert not re.search(r"\$(?:title|slides|mathematics)", deck)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_is_the_one_of_the_chapter_under_its_message(name):
    facts = chapter(name)
    for stored in kit.stored(name)["slides"]:
        slide = slides.answer_slide(name, stored)
        if "table" in stored:
            assert facts.tables[stored["table"]] in slide
        else:
            figure = facts.figures[stored["figure"]]
            assert figure.html in slide
            assert f"Figure {figure.number}." in slide
            if "title" not in stored:
                assert stored.get("message", 1) <= len(figure.caption)
        assert re.match(r"<h2>.+</h2>", slide)
        assert '<aside class="notes">' in slide


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_slide_before_a_figure_asks(name):
    for stored in kit.stored(name)["slides"]:
        slide = slides.question_slide(name, stored)
        title = re.match(r'<h2 class="deck-ask">(.+)</h2>', slide)
        assert title
        assert title[1].endswith("?")
        shown, _, notes = slide.partition("<aside")
        assert notes
        if "ask" in stored:
            question = kit.questions(name)[stored["ask"]]
            assert shown.count("<li>") == len(question.choices)
            assert "Right." not in shown


def test_a_message_is_any_sentence_of_the_caption():
    name, stored = next(
        (name, stored)
        for name in CHAPTERS
        for stored in kit.stored(name)["slides"]
        if stored.get("message", 1) > 1
    )
    caption = chapter(name).figures[stored["figure"]].caption
    title, _, below = slides.answer_slide(name, stored).partition("</h2>")
    chosen = slides.as_html(caption[stored["message"] - 1].rstrip("."))
    assert title == f"<h2>{chosen}"
    assert slides.as_html(caption[0]) in below
    assert chosen not in below.partition('class="deck-caption"')[2]


def test_reveal_is_unchanged():
    told = (slides.VENDOR / "reveal" / "README.md").read_text(encoding="utf-8")
    digests = dict(re.findall(r"`([\w.]+)`: `([0-9a-f]{64})`", told))
    assert set(digests) == {name for name in slides.REVEAL if name != "LICENSE"}
    for name, digest in digests.items():
        content = (slides.VENDOR / "reveal" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name


def test_a_folder_to_carry_away_has_all_that_the_decks_load(tmp_path, monkeypatch):
    monkeypatch.setattr(offline_assets, "vega_script", lambda: "")  # tested by itself, and slow
    slides.write_shared(tmp_path)
    decks = slides.write_decks(tmp_path)
    assert [deck.stem for deck in decks] == kit.chapters()
    for deck in decks:
        page = deck.read_text(encoding="utf-8").replace('href="data:,"', "")
        loaded = re.findall(r'<(?:script[^>]* src|link[^>]* href)="([^"]+)"', page)
        assert len(loaded) >= 8
        assert [name for name in loaded if not (deck.parent / name).is_file()] == []
