"""Links within a site are followed, to their anchors; those that lead out are listed."""

from pathlib import Path

import pytest

from site_links import broken, external

ADDRESS = "https://someone.github.io/a-book"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "teach").mkdir()
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a picture.png").write_bytes(b"")
    (tmp_path / "_static" / "theme.html").write_text('<a href="nowhere.html">theirs</a>')
    (tmp_path / "teach" / "plan.html").write_text('<h1 id="plan">Plan</h1><a name="old"></a>')
    return tmp_path


def page(site: Path, *links: str, tag: str = '<a href="{}">x</a>') -> Path:
    words = "".join(tag.format(link) for link in links)
    (site / "index.html").write_text(f'<h1 id="here">Title</h1>{words}')
    return site


@pytest.mark.parametrize(
    "link",
    [
        "#here",
        "#",
        "index.html",
        "?turned=1#here",
        "teach/plan.html",
        "teach/plan.html#plan",
        "teach/plan.html#old",
        "./teach/../teach/plan.html",
        "_static/a%20picture.png",
        "mailto:someone@example.org",
        "javascript:window.print()",
        "https://example.org/nothing.html#at-all",
        f"{ADDRESS}/teach/plan.html#plan",
        f"{ADDRESS}/index.html",
        ADDRESS,
    ],
)
def test_a_link_that_leads_somewhere(site, link):
    assert list(broken(page(site, link), ADDRESS)) == []


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("#there", "has no such anchor"),
        ("plan.html", "is not there"),
        ("teach", "is not there"),
        ("teach/plan.html#here", "has no such anchor"),
        ("teach/plan.ipynb", "is not there"),
        ("/teach/plan.html", "leads out of the site's folder"),
        ("../index.html", "leads out of the site's folder"),
        ("file:///srv/book/index.html", "leads out of the site's folder"),
        (f"{ADDRESS}/nothing.html", "is not there"),
        (f"{ADDRESS}/teach/plan.html#here", "has no such anchor"),
    ],
)
def test_a_link_that_leads_nowhere(site, link, reason):
    assert list(broken(page(site, link), ADDRESS)) == [f"index.html: {link} {reason}"]


@pytest.mark.parametrize(
    "tag", ['<img src="{}">', '<script src="{}"></script>', '<link href="{}">']
)
def test_what_a_page_loads_is_followed_too(site, tag):
    assert list(broken(page(site, "no.png", tag=tag))) == ["index.html: no.png is not there"]


def test_a_link_is_followed_from_its_page(site):
    (site / "teach" / "other.html").write_text(
        '<a href="plan.html#plan">x</a><a href="a.html">y</a>'
    )
    assert list(broken(site)) == ["teach/other.html: a.html is not there"]


def test_what_leads_out_is_listed_with_its_pages(site):
    page(site, "https://b.org/", "http://a.org/", "teach/plan.html", f"{ADDRESS}/index.html")
    (site / "teach" / "other.html").write_text('<a href="http://a.org/">x</a>')
    assert external(site, ADDRESS) == {
        "http://a.org/": ["index.html", "teach/other.html"],
        "https://b.org/": ["index.html"],
    }
    assert f"{ADDRESS}/index.html" in external(site)
    assert f"{ADDRESS}-two" in external(page(site, f"{ADDRESS}-two"), ADDRESS)
