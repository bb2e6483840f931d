"""The chapter is one page."""

from pathlib import Path

import notebook_rules as rules
import refresh_outputs

NOTEBOOK = Path(__file__).parents[3] / "book" / "07-what-we-know.ipynb"
MAX_WORDS = 1_200


def test_the_page_is_short():
    assert rules.words(refresh_outputs.read(NOTEBOOK)) <= MAX_WORDS
