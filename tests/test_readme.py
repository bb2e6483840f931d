"""What the README shows runs, and what it points to exists."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from contents import NOTEBOOKS
from report import summary
from results import Results

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")

CHAPTERS = [f"book/{path.name}" for path in NOTEBOOKS]
EXAMPLES = PYTHON_BLOCK.findall(README)
LINKS = sorted({link for link in LINK.findall(README) if "://" not in link})


@pytest.fixture(scope="module")
def printed() -> str:
    """What the README's example prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(EXAMPLES[0], "README.md", "exec"), {})
    return output.getvalue()


def test_there_is_one_tour_of_at_most_fifteen_lines():
    assert len(EXAMPLES) == 1
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 15


def test_the_tour_ends_with_effects_of_groups_and_their_intervals(printed):
    header, *rows = printed.splitlines()
    assert header.split() == ["group", "quantity", "estimate", "low", "high", "tokens"]
    assert len(rows) == 8
    assert all("entropy_" in row for row in rows)
    sizes = {tuple(row.split()[:-4]): row.split()[-4:] for row in rows}
    total, direct = (float(sizes["entropy", f"entropy_{path}"][0]) for path in ("total", "direct"))
    assert direct < total / 2


@pytest.mark.parametrize("link", LINKS)
def test_what_the_readme_links_to_exists(link):
    assert (ROOT / link.partition("#")[0]).exists()


def test_the_readme_lists_every_chapter_in_the_order_of_the_book():
    inner = [link for link in LINK.findall(README) if "://" not in link]
    listed = [link for link in inner if link.endswith(".ipynb")]
    assert listed == CHAPTERS


def test_the_readme_shows_the_times_of_the_last_benchmark():
    assert summary(Results.read(ROOT / "benchmarks/results.csv")) in README
