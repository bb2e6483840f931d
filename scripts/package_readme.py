"""Make README.md ready for the page of the package on PyPI, where no file lies beside it.

    python scripts/package_readme.py

Its links to files become links to the repository, at the tag of the version. The workflow
`release.yml` runs it before it builds the package, and keeps the change to itself.
"""

import re
import sys

import address
from address import ROOT

LINK = re.compile(r"(!?)(\[[^\]]*\])\((?![a-z]+:|#)([^)\s]+)\)")


def with_whole_links(text: str, page: str, tag: str) -> str:
    """Return Markdown whose links to files lead to a repository on the web, and its pictures."""

    def whole(match: re.Match[str]) -> str:
        picture, words, path = match.groups()
        return f"{picture}{words}({page}/{'raw' if picture else 'blob'}/{tag}/{path})"

    return LINK.sub(whole, text)


def main() -> int:
    """Rewrite the file; return the exit status."""
    found = address.current(ROOT)
    page = found.fields(address.release_tag(ROOT)).get("page") if found else None
    if page is None:
        print("expected an address on the web, got none: see `make publish-check`", file=sys.stderr)
        return 1
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(with_whole_links(text, page, address.release_tag(ROOT)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
