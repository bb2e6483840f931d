"""The first ids of a text are those of the whole text, whatever tokenizer and text."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

import references
from confidence_neurons.growing.tokenizer import BOS
from confidence_neurons.text.beginning import encode, first_ids
from tiny_models import TRAINING_TEXT, tiny_tokenizer

LINES = [
    *TRAINING_TEXT,
    "He said: no.\nShe said: no.\n\nIt's 1,234 o'clock.\n  Well...\n",
    *("a b a b ab. ab.\n1 2 12 é a é b. " * 3 for _ in range(20)),
]
# A pattern like those of newer models: marks take the line breaks behind them along.
NEWER = (
    r"'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_pairs(*, pattern: str | None) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    splits = [] if pattern is None else [pre_tokenizers.Split(Regex(pattern), "isolated")]
    by_byte = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*splits, by_byte])
    return tokenizer


def sentence_pieces(model: models.Model) -> Tokenizer:
    """As in Llama: no splits, a space is a character like others."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    return tokenizer


def word_pieces() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=BOS))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


COMMON: dict[str, Any] = {"vocab_size": 400, "special_tokens": [BOS], "show_progress": False}


def by_bytes() -> trainers.Trainer:
    return trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **COMMON)


TRAINED: dict[str, Callable[[], tuple[Tokenizer, trainers.Trainer]]] = {
    "newer": lambda: (byte_pairs(pattern=NEWER), by_bytes()),
    "across spaces": lambda: (byte_pairs(pattern=None), by_bytes()),
    "sentence pairs": lambda: (
        sentence_pieces(models.BPE(unk_token=BOS)),
        trainers.BpeTrainer(**COMMON),
    ),
    "unigram": lambda: (
        sentence_pieces(models.Unigram()),
        trainers.UnigramTrainer(unk_token=BOS, **COMMON),
    ),
    "words": lambda: (word_pieces(), trainers.WordPieceTrainer(**COMMON)),
}
KINDS = ("prose", "tiny", *TRAINED)


@cache
def tokenizer(kind: str) -> PreTrainedTokenizerFast:
    if kind == "prose":
        return references.bundled("prose").tokenizer
    if kind == "tiny":
        return tiny_tokenizer()
    bare, trainer = TRAINED[kind]()
    by_sentences = bare.pre_tokenizer is None
    if by_sentences:  # they learn from words, and then read whole texts
        bare.pre_tokenizer = pre_tokenizers.Metaspace()
    bare.train_from_iterator(LINES, trainer)
    if by_sentences:
        bare.pre_tokenizer = None
    return PreTrainedTokenizerFast(tokenizer_object=bare, bos_token=BOS, unk_token=BOS)


WORDS = ("a", "b", "ab", "It's", "don't", "1234", "é", "—", "“no”", ".", "...", "'", BOS, "\ufb01")
GAPS = ("", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "\r\n")
texts = st.one_of(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), max_size=60).map(
        lambda pairs: "".join(word + gap for word, gap in pairs)
    ),
    st.text(max_size=80),
)


@settings(deadline=None, max_examples=300)
@given(
    kind=st.sampled_from(KINDS),
    text=texts,
    needed=st.integers(1, 30),
    size=st.integers(1, 50),
)
@example(kind="newer", text="He said: no.\n\n" * 20, needed=5, size=14)
@example(kind="prose", text="it's " * 20, needed=5, size=3)
def test_first_ids_are_those_of_the_whole_text(kind, text, needed, size):
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    found, whole = first_ids(tokenizer(kind), pieces, needed), encode(tokenizer(kind), text)
    assert found == whole[: len(found)]
    assert len(found) >= min(needed, len(whole))
    assert first_ids(tokenizer(kind), pieces, None) == whole


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "across spaces"])
def test_the_rest_is_not_read(kind):
    read = []

    def pieces():
        for number in range(1000):
            read.append(number)
            yield "It was a b ab. " * 10

    assert len(first_ids(tokenizer(kind), pieces(), 20)) >= 20
    assert len(read) < 10


def test_tokens_across_spaces_need_the_whole_text():
    across = tokenizer("across spaces")
    assert any("Ġ" in token.strip("Ġ") for token in across.get_vocab())
    text = "a b a b ab. " * 50
    assert first_ids(across, [text], 1) == encode(across, text)
