"""The built pages of a small book: which buttons and which addresses they have, set and unset."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sphinx.application import Sphinx

from address import Address

GITHUB = "https://github.com/someone/a-book"
REPOSITORIES = [
    GITHUB,
    "https://gitlab.com/someone/a-book",
    "https://code.example.org/someone/a-book",
    "file:///srv/a-book.git",
]


@pytest.fixture
def built(tiny_book: Path, tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Build the book for a repository as Jupyter Book configures it; return its pages."""

    def build(repository: str) -> dict[str, str]:
        fields = Address(repository).fields("v1.2.3") if repository else {}
        site = tmp_path / "site"
        app = Sphinx(
            tiny_book,
            None,
            site,
            tmp_path / "doctrees",
            "html",
            confoverrides={
                "extensions": ["myst_nb", "launch", "page_head"],
                "html_theme": "sphinx_book_theme",
                "html_theme_options": {"repository_url": repository},
                "exclude_patterns": ["editions/**"],
                "nb_execution_mode": "off",
                "site_address": fields.get("site", ""),
                "launch_address": fields.get("launch", ""),
            },
            status=None,
            warning=None,
        )
        app.build()
        return {path.stem: path.read_text(encoding="utf-8") for path in site.glob("*.html")}

    return build


def links(page: str) -> set[str]:
    """Return the links of a page that lead out of the site, but for the theme's own."""
    found = re.findall(r'href="([a-z]+://[^"]+)"', page)
    return {link for link in found if "sphinx" not in link and "pydata" not in link}


def test_without_an_address_no_page_leads_anywhere(built):
    for name, page in built("").items():
        assert links(page) == set(), name
        assert not re.search("colab|og:url|og:image|canonical", page), name
        assert "fa-rocket" not in page, name


def test_a_chapter_opens_in_colab_at_the_release_and_a_page_does_not(built):
    pages = built(GITHUB)
    colab = "https://colab.research.google.com/github/someone/a-book/blob/v1.2.3/"
    edition = f"{colab}book/editions/student/01-one.ipynb"
    assert links(pages["01-one"]) == {
        GITHUB,
        edition,
        "https://someone.github.io/a-book/01-one.html",
    }
    assert links(pages["index"]) == {GITHUB, "https://someone.github.io/a-book/index.html"}


def test_a_page_says_where_it_is(built):
    for name, page in built(GITHUB).items():
        if name in ("index", "01-one"):
            here = f"https://someone.github.io/a-book/{name}.html"
            assert f'<link rel="canonical" href="{here}" />' in page
            assert f'<meta property="og:url" content="{here}" />' in page


def test_a_chapter_without_a_student_edition_has_no_launch_button(built, tiny_book):
    (tiny_book / "editions" / "student" / "01-one.ipynb").unlink()
    assert "fa-rocket" not in built(GITHUB)["01-one"]


@pytest.mark.parametrize("repository", REPOSITORIES[1:3])
def test_another_host_has_a_repository_button_alone(built, repository):
    assert links(built(repository)["01-one"]) == {repository}


def test_a_repository_on_the_disk_is_no_link(built):
    assert links(built(REPOSITORIES[3])["01-one"]) == set()
