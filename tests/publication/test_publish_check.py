"""What is missing for a publication is named, all of it and nothing else."""

import subprocess
from pathlib import Path

import pytest

import address
import editions
import publish_check
from address import parse

GITHUB = "https://github.com/someone/a-book"
CANONICAL = '<link rel="canonical" href="https://someone.github.io/a-book/index.html" />'
CHANGELOG = "# Changelog\n\n## {} (2026-11-26)\n\n- **It works.**\n"
VERSION, TAG = address.version(), address.release_tag()


def git(root: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.org")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "A step")


def build(root: Path, head: str = "", body: str = "") -> None:
    """Write a site of one page."""
    site = root / publish_check.SITE
    site.mkdir(parents=True, exist_ok=True)
    (site / "index.html").write_text(f"<head>{head}</head><body>{body}</body>")


@pytest.fixture
def unset(bare: Path, monkeypatch) -> Path:
    """A repository without an address, in which nothing else is missing but the tag."""
    monkeypatch.setattr(editions, "stale", lambda: iter(()))
    monkeypatch.setattr(publish_check, "ROOT", bare)
    (bare / "CHANGELOG.md").write_text(CHANGELOG.format(VERSION))
    (bare / ".gitignore").write_text("_build/\n")
    build(bare)
    git(bare, "init", "--quiet")
    commit(bare)
    return bare


@pytest.fixture
def whole(unset: Path) -> Path:
    """A repository in which nothing is missing."""
    address.write(unset, parse(GITHUB))
    build(unset, CANONICAL)
    commit(unset)
    git(unset, "tag", TAG)
    return unset


@pytest.fixture
def missing():
    """Return what is missing, without the names of the checks under which nothing is."""

    def read(root: Path) -> dict[str, list[str]]:
        found = {name: [*check(root)] for name, check in publish_check.CHECKS.items()}
        return {name: words for name, words in found.items() if words}

    return read


def test_nothing_is_missing(whole, missing, capsys):
    assert missing(whole) == {}
    assert publish_check.main() == 0
    assert capsys.readouterr().out.endswith("links: nothing is missing\n\nNothing is missing.\n")


def test_before_an_address_is_set_it_and_the_tag_are_missing(unset, missing, capsys):
    assert {name: len(words) for name, words in missing(unset).items()} == {"address": 1, "tag": 1}
    assert publish_check.main() == 1
    said = capsys.readouterr().out
    assert f"  the project has no address: {publish_check.SET}\n" in said
    assert "pages: waits for the address\n" in said
    assert said.endswith("\n2 missing.\n")


def test_after_it_is_set_what_is_left_is_named(unset, missing):
    address.write(unset, parse(GITHUB))
    found = missing(unset)
    assert set(found) == {"tag", "pages"}
    assert found["tag"] == [
        f"there is no tag {TAG}, which set-up cells name: `git tag {TAG}`",
        "there are changes that are not committed: `git status`",
    ]
    assert found["pages"] == ["the site was built for no address: run `make book`"]


def test_a_file_that_says_something_else_is_named(whole, missing):
    path = whole / "CITATION.cff"
    path.write_text(path.read_text().replace("someone/a-book", "someone/another"))
    commit(whole)
    git(whole, "tag", "--force", TAG)
    (words,) = missing(whole).pop("address")
    assert words == "CITATION.cff: not what `_config.yml` says; run `make address`"


def test_old_editions_are_missing(whole, missing, monkeypatch):
    monkeypatch.setattr(editions, "stale", lambda: iter([Path("01-confidence.ipynb")]))
    assert missing(whole) == {
        "address": ["some editions of chapters are old; run `make editions`"],
    }


def test_a_tag_on_another_commit_is_not_the_one(whole, missing):
    commit(whole)
    ((words,),) = missing(whole).values()
    assert words.startswith(f"the tag {TAG} is on another commit")


def test_a_tag_with_a_message_counts(whole, missing):
    git(whole, "tag", "--force", "--annotate", "--message", "A release", TAG)
    assert missing(whole) == {}


@pytest.mark.parametrize(
    ("changelog", "words"),
    [
        ("# Changelog\n", f"expected '## {VERSION} (YYYY-MM-DD)' as its first version, got None"),
        (CHANGELOG.format("0.0.9"), "as its first version, got 0.0.9"),
        (f"## {VERSION}\n", "got no date"),
        (f"## {VERSION} (soon)\n", "got the date 'soon'"),
        (f"## {VERSION} (2026-02-30)\n", "got the date '2026-02-30'"),
        (f"## {VERSION} (20261126)\n", "got the date '20261126'"),
        (f"## Unreleased\n\n- New.\n\n{CHANGELOG.format(VERSION)}", "changes stand below"),
    ],
)
def test_a_changelog_without_the_version_and_its_date(whole, missing, changelog, words):
    (whole / "CHANGELOG.md").write_text(changelog)
    (found,) = missing(whole)["changelog"]
    assert words in found


def test_an_empty_list_of_unreleased_changes_may_stay(whole):
    (whole / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## Unreleased\n\n## {VERSION} (2026-11-26)\n"
    )
    assert list(publish_check.missing_changelog(whole)) == []


def test_a_site_for_another_address_has_to_be_built_anew(whole, missing):
    build(whole, CANONICAL.replace("a-book", "another"))
    assert set(missing(whole)) == {"pages"}
    assert "https://someone.github.io/another" in missing(whole)["pages"][0]


def test_without_a_site_there_is_nothing_to_publish(whole, missing):
    (whole / publish_check.SITE / "index.html").unlink()
    assert set(missing(whole)) == {"pages", "links"}


def test_pages_of_another_host_are_missing(whole, missing):
    address.write(whole, parse("https://code.example.org/someone/a-book"))
    build(whole)
    (words,) = missing(whole)["pages"]
    assert words.startswith("expected an address on github.com")


def test_a_name_that_no_index_takes(whole):
    path = whole / "pyproject.toml"
    path.write_text(path.read_text().replace('name = "confidence-neurons"', 'name = "Our Book"'))
    (words,) = publish_check.missing_package(whole)
    assert words == "expected a name of small letters, digits and hyphens, got 'Our Book'"


def test_a_link_that_leads_nowhere_is_missing_and_one_that_leads_out_is_listed(
    whole, missing, capsys
):
    own = "https://someone.github.io/a-book/gone.html"
    links = ("no.html", own, "https://example.org/")
    build(whole, CANONICAL, "".join(f'<a href="{link}">x</a>' for link in links))
    assert missing(whole) == {
        "links": [f"index.html: {link} is not there" for link in (own, "no.html")]
    }
    assert publish_check.main() == 1
    said = capsys.readouterr().out
    assert (
        "External links, which nobody followed here (1):\n  https://example.org/  (index.html)"
        in said
    )


def test_what_a_network_knows_is_left_to_hands(whole, capsys):
    publish_check.main()
    said = capsys.readouterr().out
    for words in (GITHUB, "github-pages", "https://pypi.org/project/confidence-neurons/", TAG):
        assert words in said.partition("To be looked up by hand:")[2]
