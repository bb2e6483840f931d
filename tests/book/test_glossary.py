"""Terms are defined once, linked where a chapter first uses them, and used."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import notebook_rules as rules
import refresh_outputs
from contents import NOTEBOOKS, ROOT

GLOSSARY = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^### (.+)\n\n(.+)\n\n\*Introduced in (.+)\*$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(glossary\.md#([\w-]+)\)")
WALK = {int(path.stem[:2]): path for path in NOTEBOOKS if path.stem[:2].isdigit()}
AIMS = "## What you will learn"
MAX_SENTENCES = 3
# Neither headings nor code nor formulas; what is linked elsewhere stays, as its words.
NOT_TOLD = [
    rules.FENCE,
    re.compile(r"(`+).+?\1", re.DOTALL),
    re.compile(r"\$\$.+?\$\$", re.DOTALL),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"^#{1,6} .*$", re.MULTILINE),
    re.compile(r"<summary>.*?</summary>"),
    re.compile(r"</?[a-zA-Z][^>]*>"),
]
OTHER_LINK = re.compile(r"\[([^\]]+)\]\((?!glossary\.md#)[^)]*\)")


@dataclass(frozen=True)
class Term:
    """A term with the words by which it may be called."""

    name: str
    definition: str
    chapter: int
    names: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return re.sub(r"[^\w-]", "", self.name.lower().replace(" ", "-"))

    @property
    def pattern(self) -> re.Pattern[str]:
        """Any of its names, in the singular or plural, as words of their own."""
        words = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in self.names)
        return re.compile(rf"(?<![\w-])(?:{words})(?:e?s)?(?![\w-])", re.IGNORECASE)


def read_terms() -> list[Term]:
    terms = []
    for name, definition, facts in ENTRY.findall(GLOSSARY):
        chapter = re.match(r"\[chapter (\d)\]\(", facts)
        assert chapter is not None, name
        aliases = re.search(r"Also: (.+?)\.$", facts)
        others = aliases.group(1).split(", ") if aliases else []
        # "Lever and controller" is two things with one definition; no sentence has it whole.
        names = others if " and " in name else [name, *others]
        terms.append(Term(name, definition, int(chapter.group(1)), tuple(names)))
    return terms


TERMS = read_terms()
BY_ANCHOR = {term.anchor: term for term in TERMS}


def told(path: Path) -> str:
    """The running text of a chapter, without the list of what it teaches."""
    cells = rules.markdown_cells(refresh_outputs.read(path))
    return running("\n\n".join(text for _, text in cells if not text.startswith(AIMS)))


def running(markdown: str) -> str:
    """Markdown with blanks in the place of what is no running text."""
    markdown = OTHER_LINK.sub(
        lambda link: f" {link[1]} " + " " * (len(link[0]) - len(link[1]) - 2), markdown
    )
    for pattern in NOT_TOLD:
        markdown = pattern.sub(lambda match: " " * len(match[0]), markdown)
    return markdown


def first_uses(text: str) -> dict[str, tuple[str, bool]]:
    """For each term that a text uses: the words around its first use, and whether it has a link.

    Where one term is part of another (entropy, entropy neuron), the longer counts.
    """
    links = {match.start(1): match.group(2) for match in LINK.finditer(text)}
    taken = [False] * len(text)
    for match in LINK.finditer(text):
        taken[match.end(1) : match.end()] = [True] * (match.end() - match.end(1))
    found: dict[str, tuple[str, bool]] = {}
    uses = [(match, term) for term in TERMS for match in term.pattern.finditer(text)]
    kept = []
    for match, term in sorted(uses, key=lambda use: -len(use[0][0])):
        if not any(taken[match.start() : match.end()]):
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
            kept.append((match, term))
    for match, term in sorted(kept, key=lambda use: use[0].start()):
        at = match.start()
        linked = any(start <= at and anchor == term.anchor for start, anchor in links.items())
        around = " ".join(text[max(0, at - 40) : match.end() + 20].split())
        found.setdefault(term.name, (around, linked))
    return found


def test_every_heading_is_a_term_with_a_definition_and_a_chapter():
    assert [term.name for term in TERMS] == re.findall(r"^### (.+)$", GLOSSARY, re.MULTILINE)
    assert len(BY_ANCHOR) == len(TERMS) >= 40


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_definitions_are_short(term):
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", term.definition)) <= MAX_SENTENCES


def test_terms_stand_under_the_chapter_that_introduces_them():
    parts = re.split(r"^## From chapter (\d)", GLOSSARY, flags=re.MULTILINE)[1:]
    by_heading = {
        name: int(chapter)
        for chapter, part in zip(parts[::2], parts[1::2], strict=True)
        for name in re.findall(r"^### (.+)$", part, re.MULTILINE)
    }
    assert by_heading == {term.name: term.chapter for term in TERMS}


def test_the_list_at_the_top_has_every_term_in_the_alphabet():
    top = GLOSSARY.partition("\n## ")[0]
    listed = re.findall(r"\[([^\]]+)\]\(#([\w-]+)\)", top)
    assert [anchor for _, anchor in listed] == [
        term.anchor for term in sorted(TERMS, key=lambda term: term.name.lower())
    ]
    assert all(words.lower() == BY_ANCHOR[anchor].name.lower() for words, anchor in listed)


def test_no_name_belongs_to_two_terms():
    names = [name.lower() for term in TERMS for name in term.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_to_the_glossary_lead_to_terms(path):
    text = "\n".join(source for _, source in rules.markdown_cells(refresh_outputs.read(path)))
    assert {anchor for _, anchor in LINK.findall(text)} <= set(BY_ANCHOR)


@pytest.mark.parametrize("path", WALK.values(), ids=lambda path: path.stem)
def test_a_chapter_links_each_term_where_it_first_uses_it(path):
    uses = first_uses(told(path))
    unlinked = [
        f"[...](glossary.md#{term.anchor}) is missing in: {uses[term.name][0]}"
        for term in TERMS
        if term.name in uses and not uses[term.name][1]
    ]
    assert not unlinked, "\n".join(unlinked)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_the_chapter_that_introduces_a_term_uses_it(term):
    assert term.name in first_uses(told(WALK[term.chapter]))


ENTROPY, NEURON = BY_ANCHOR["entropy"], BY_ANCHOR["entropy-neuron"]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("The [entropy](glossary.md#entropy) is so. Entropy.", {"Entropy": True}),
        (
            "Entropy is [so](02-null-space.ipynb). [Entropy](glossary.md#entropy).",
            {"Entropy": False},
        ),
        ("The [entropy](glossary.md#loss).", {"Entropy": False}),
        ("[Entropy neurons](glossary.md#entropy-neuron) act.", {"Entropy neuron": True}),
        ("Entropy neurons have entropies.", {"Entropy neuron": False}),
        (
            "A scale is [frozen](glossary.md#frozen-scale), with the scale frozen",
            {"Frozen scale": True},
        ),
        ("[Losses](glossary.md#loss) and lossless", {"Loss": True}),
        ("The cross-entropy and `entropy`", {}),
        ("A [lever](glossary.md#lever-and-controller)", {"Lever and controller": True}),
    ],
)
def test_first_uses_are_found(text, linked):
    assert {name: is_link for name, (_, is_link) in first_uses(running(text)).items()} == linked
