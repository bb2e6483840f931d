"""Say what is missing for a publication; the exit status is 1 if anything is.

python scripts/publish_check.py        make publish-check, which builds the site first

It asks no network: what only a network knows is listed, to be looked up by hand.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import address
import editions
import site_links
from address import ROOT

SITE = "_build/html"
SET = "make address REPOSITORY=https://github.com/OWNER/NAME"
HEADING = re.compile(r"^## (\S+)(?: \((.*)\))?$", re.MULTILINE)
UNRELEASED = "Unreleased"
PACKAGE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')


def fields(root: Path) -> dict[str, str]:
    """Return what follows from the address that is set; nothing without one."""
    found = address.current(root)
    return found.fields(address.release_tag(root)) if found else {}


def git(root: Path, *arguments: str) -> str | None:
    """Return what git says; None if it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def missing_address(root: Path) -> Iterator[str]:
    """Yield what keeps the address from being set, in every file, and in the editions."""
    if address.current(root) is None:
        yield f"the project has no address: {SET}"
    old = [path.relative_to(root).as_posix() for path in address.stale(root)]
    if old:
        yield f"{', '.join(old)}: not what `_config.yml` says; run `make address`"
    if any(editions.stale()):
        yield "some editions of chapters are old; run `make editions`"


def missing_tag(root: Path) -> Iterator[str]:
    """Yield what keeps the version's tag from naming what is in this folder."""
    tag = address.release_tag(root)
    tagged = git(root, "rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}")
    if tagged is None:
        yield f"there is no tag {tag}, which set-up cells name: `git tag {tag}`"
    elif tagged != git(root, "rev-parse", "HEAD"):
        yield f"the tag {tag} is on another commit: give the next version, or move the tag"
    if git(root, "status", "--porcelain") != "":
        yield "there are changes that are not committed: `git status`"


def missing_changelog(root: Path) -> Iterator[str]:
    """Yield what keeps the changelog from beginning with the version and its date."""
    sections = HEADING.split((root / "CHANGELOG.md").read_text(encoding="utf-8"))[1:]
    entries = [*zip(sections[::3], sections[1::3], sections[2::3], strict=True)]
    if entries and entries[0][0] == UNRELEASED:
        if entries[0][2].strip():
            yield f"changes stand below '{UNRELEASED}': give them the number of the version"
        entries = entries[1:]
    version = address.version(root)
    name, day, _ = entries[0] if entries else (None, None, None)
    if name != version:
        yield f"expected '## {version} (YYYY-MM-DD)' as its first version, got {name}"
    elif not is_date(day):
        got = f"the date {day!r}" if day else "no date"
        yield f"expected '## {version} (YYYY-MM-DD)', got {got}"


def is_date(text: str | None) -> bool:
    """Say whether a text is a date such as 2026-11-26."""
    try:
        return text is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def missing_pages(root: Path) -> Iterator[str]:
    """Yield what keeps the site from being the one of the address."""
    found = address.current(root)
    site = fields(root).get("site")
    if found and site is None:
        yield f"expected an address on github.com, for its Pages, got {found.repository}"
    index = root / SITE / "index.html"
    if not index.is_file():
        yield f"there is no site in {SITE}: run `make book`"
        return
    canonical = CANONICAL.search(index.read_text(encoding="utf-8"))
    built_for = canonical[1].removesuffix("/index.html") if canonical else None
    if built_for != site:
        yield f"the site was built for {built_for or 'no address'}: run `make book`"


def missing_package(root: Path) -> Iterator[str]:
    """Yield what keeps the package from having a name that an index takes, and a description."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if not PACKAGE_NAME.fullmatch(project["name"]):
        yield f"expected a name of small letters, digits and hyphens, got {project['name']!r}"
    for key in ("description", "readme", "license", "requires-python"):
        if not project.get(key):
            yield f"expected {key!r} in pyproject.toml, got none"


def missing_links(root: Path) -> Iterator[str]:
    """Yield the links within the built site that lead nowhere."""
    if not site_links.read_pages(root / SITE):
        yield f"there is no page in {SITE} whose links could be tested"
    yield from site_links.broken(root / SITE, fields(root).get("site", ""))


CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "address": missing_address,
    "tag": missing_tag,
    "changelog": missing_changelog,
    "pages": missing_pages,
    "package": missing_package,
    "links": missing_links,
}


def by_hand(root: Path) -> Iterator[str]:
    """Yield what takes a network and an account."""
    tag = address.release_tag(root)
    repository = fields(root).get("page", "the repository")
    yield f"{repository} is yours, and has the commit of this folder"
    yield (
        "its Settings, Pages, build from GitHub Actions; Environments, github-pages, let tags v* in"
    )
    yield (
        "https://pypi.org/project/confidence-neurons/ is yours, or free, and trusts release.yml in "
        "the environment pypi"
    )
    yield f"{tag} was never released there: an index takes no version twice"
    yield "the external links above lead to what they promise"


def main() -> int:
    """Print the links that lead out, what is missing, and what to look up; return the status."""
    found = {name: [*check(ROOT)] for name, check in CHECKS.items()}
    outside = site_links.external(ROOT / SITE, fields(ROOT).get("site", ""))
    print(f"External links, which nobody followed here ({len(outside)}):")
    for link, pages in outside.items():
        more = f" and {len(pages) - 1} more" if len(pages) > 1 else ""
        print(f"  {link}  ({pages[0]}{more})")
    print("\nTo be looked up by hand:")
    for words in by_hand(ROOT):
        print(f"  {words}")
    print()
    for name, words in found.items():
        waits = name == "pages" and not fields(ROOT)
        whole = "waits for the address" if waits else "nothing is missing"
        print(f"{name}: {f'{len(words)} missing' if words else whole}")
        for each in words:
            print(f"  {each}")
    total = sum(map(len, found.values()))
    print(f"\n{total} missing." if total else "\nNothing is missing.")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
