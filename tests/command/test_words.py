"""A report names the project's address where the installed package has one, and else none."""

from email.message import Message

import pytest

from confidence_neurons.command.report import words

RECORD = {"versions": {"confidence-neurons": "1.2.3"}, "date": "2026-11-26T12:00:00"}
PROJECT = "https://github.com/someone/book"


@pytest.fixture
def installed(monkeypatch):
    package = Message()
    monkeypatch.setattr(words, "metadata", lambda name: package)
    return package


def test_without_an_address_there_is_no_link(installed):
    assert words.project_address() is None
    assert words.project_bibtex(RECORD).splitlines() == [
        "@software{confidence_neurons,",
        "  title = {Confidence Regulation Neurons: an executable book},",
        "  author = {{The confidence-neurons authors}},",
        "  version = {1.2.3},",
        "  year = {2026}",
        "}",
    ]


def test_the_address_of_the_repository_is_named(installed):
    installed["Project-URL"] = "Homepage, https://someone.github.io/book/index.html"
    installed["Project-URL"] = f"Repository, {PROJECT}"
    assert words.project_address() == PROJECT
    assert words.project_bibtex(RECORD).endswith(f"  year = {{2026}},\n  url = {{{PROJECT}}}\n}}")
