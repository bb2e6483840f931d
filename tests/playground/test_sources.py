"""The bundle is made of the sources that stand beside it, and these stay few."""

import hashlib
import json
from pathlib import Path

PLAYGROUND = Path(__file__).parents[2] / "playground"
BUNDLE = PLAYGROUND / "dist" / "playground.js"
MOST_LINES = 1500  # comments and empty lines counted
WIDEST = 100


def bundled(folder: Path) -> list[str]:
    """Names of what the bundle is made of, as build.mjs lists them."""
    files = [path for path in (folder / "src").rglob("*") if path.suffix in {".js", ".html"}]
    return sorted(["package-lock.json", *(path.relative_to(folder).as_posix() for path in files)])


def test_the_bundle_is_made_of_the_sources():
    digest = hashlib.sha256()
    for name in bundled(PLAYGROUND):
        digest.update(name.encode() + b"\0" + (PLAYGROUND / name).read_bytes() + b"\0")
    first = BUNDLE.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"// sources {digest.hexdigest()}", "stale bundle: run `make playground`"


def test_the_bundle_holds_all_that_it_runs_and_says_whose_work_is_in_it():
    text = BUNDLE.read_text(encoding="utf-8")
    versions = json.loads((PLAYGROUND / "package-lock.json").read_text(encoding="utf-8"))
    tokenizers = versions["packages"]["node_modules/@huggingface/tokenizers"]
    notice = f"@huggingface/tokenizers {tokenizers['version']}, {tokenizers['license']}"
    assert notice in text.splitlines()[1]
    assert "import(" not in text
    assert "fetch(" not in text
    licence = (BUNDLE.parent / "tokenizers-LICENSE.txt").read_text(encoding="utf-8")
    assert "Apache License" in licence


def test_what_is_installed_is_pinned():
    wanted = json.loads((PLAYGROUND / "package.json").read_text(encoding="utf-8"))
    assert all(version[0].isdigit() for version in wanted["devDependencies"].values())


def test_the_sources_stay_few_and_can_be_read():
    scripts = (PLAYGROUND / "src").rglob("*.js")
    lines = [
        (path.name, number, line)
        for path in scripts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert 0 < len(lines) < MOST_LINES
    assert [place for *place, line in lines if len(line) > WIDEST] == []
