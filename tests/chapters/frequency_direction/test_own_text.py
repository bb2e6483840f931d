"""A text of the reader's own is measured, and one that is too short is refused in words."""

import re

import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.frequency_direction.own_text import doubt_beside_heat

PASSAGE = next(iter(cn.passages().values()))
UNIGRAM = cn.Unigram.from_counts(cn.unigram_counts("prose"))


def test_a_text_gets_both_distances():
    told = doubt_beside_heat(references.bundled("prose"), PASSAGE[:1500], UNIGRAM)
    assert re.fullmatch(
        r"Your text, least sure third: KL \d\.\d\d nats; sure predictions, heated: \d\.\d\d\.", told
    )


@pytest.mark.parametrize("text", ["Too short.", PASSAGE[:120]], ids=["no row", "one row"])
def test_a_text_that_is_too_short_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        doubt_beside_heat(references.bundled("prose"), text, UNIGRAM)
