"""The token ids of a text's beginning, without tokenising the rest.

The beginning ends where a character of ASCII is followed by a space (or a line
break), and no token of the vocabulary holds the two together. There a token
ends in any case, so that what comes behind changes nothing before: the ids of
such a beginning are the first ones of the whole text. This holds for byte
pairs, word pieces and unigrams; for a vocabulary with tokens across spaces, or
a text without spaces, all of it is tokenised.
"""

import re
from collections.abc import Iterable

from transformers import PreTrainedTokenizerBase

CHARACTERS = 5  # a token, so that one try is mostly enough
SPACES, LINE_BREAKS = " Ġ▁", "\nĊ"  # in text, in byte-level and in SentencePiece vocabularies


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of a text as it stands, without special tokens."""
    return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]


def first_ids(
    tokenizer: PreTrainedTokenizerBase, pieces: Iterable[str], needed: int | None
) -> list[int]:
    """The first ids of a text that comes in pieces: at least `needed`, or all there are.

    They are those of `encode` for the whole text.
    """
    beginning = None if needed is None else _beginning(tokenizer)
    if needed is None or beginning is None:
        return encode(tokenizer, "".join(pieces))
    waiting, text, goal = iter(pieces), "", CHARACTERS * needed
    while True:
        while len(text) < goal and (piece := next(waiting, None)) is not None:
            text += piece
        if len(text) < goal:
            return encode(tokenizer, text)
        if found := beginning.match(text):
            ids = encode(tokenizer, found[0])
            if len(ids) >= needed:
                return ids
        goal = 2 * len(text)


def _beginning(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str] | None:
    """What matches the longest beginning of a text that ends with a token in any case."""
    vocabulary = "\0".join(tokenizer.get_vocab())
    if re.search(f"[!-~][{SPACES}]", vocabulary):
        return None
    stops = " " if re.search(f"[!-~][{LINE_BREAKS}]", vocabulary) else " \n"
    return re.compile(f".*[!-~](?=[{stops}])", re.DOTALL)
