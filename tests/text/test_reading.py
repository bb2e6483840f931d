"""Prose and texts of your own as rows of tokens."""

import time
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import references
from confidence_neurons.text.reading import (
    passages,
    prose_tokens,
    rows_of,
    tokens_from_file,
    tokens_from_text,
)
from tiny_models import N_CTX, tiny_tokenizer

TEXT = "It was upon a cold morning that the letter came. " * 20
patient = settings(deadline=None, max_examples=50)

tokenizer = cache(tiny_tokenizer)


def encode(text: str) -> list[int]:
    return tokenizer()(text, add_special_tokens=False)["input_ids"]


def tokenise(tokenizer, text, length=256, count=None):
    """Rows of one text, or of several, each in one piece."""
    texts = [text] if isinstance(text, str) else text
    return rows_of(tokenizer, ([one] for one in texts), length, count)


@pytest.fixture
def model():
    return references.tiny_pair("gpt2-tied")[0]


class TestPassages:
    def test_titles_and_texts(self):
        found = passages()
        assert list(found) == [
            "The Parsonage",
            "My Uncle at the Mill",
            "The Town of Market Weston",
            "A Letter from Bath",
            "The Visitor in Crown Street",
            "The Journey to the North",
            "The Reading of the Will",
            "A Wedding at St Marks",
        ]
        assert found["The Parsonage"].startswith("The parsonage at Elmsley")
        assert all(len(text.split()) > 1000 and "\n\n" in text for text in found.values())


class TestTokenise:
    @patient
    @given(
        text=st.text(min_size=1, max_size=80).filter(str.strip),
        repeats=st.integers(1, 5),
        length=st.integers(3, 40),
    )
    def test_rows_are_consecutive_pieces(self, text, repeats, length):
        ids = encode(text * repeats)
        if len(ids) < length - 1:
            with pytest.raises(ValueError, match="text of at least"):
                tokenise(tokenizer(), text * repeats, length)
            return
        rows = tokenise(tokenizer(), text * repeats, length)
        assert rows.dtype == torch.int64
        assert rows.shape == (len(ids) // (length - 1), length)
        assert (rows[:, 0] == 0).all()
        assert rows[:, 1:].flatten().tolist() == ids[: rows[:, 1:].numel()]

    def test_rows_never_cross_from_text_to_text(self):
        texts = [TEXT, "too short", TEXT[4:]]
        rows = tokenise(tokenizer(), iter(texts), length=16)
        assert torch.equal(
            rows, torch.cat([tokenise(tokenizer(), text, 16) for text in (TEXT, TEXT[4:])])
        )

    def test_exactly_one_row(self):
        ids = encode("one, two, three, four")
        rows = tokenise(tokenizer(), "one, two, three, four", length=len(ids) + 1)
        assert rows.tolist() == [[0, *ids]]

    def test_count(self):
        whole = tokenise(tokenizer(), TEXT, length=16)
        assert torch.equal(tokenise(tokenizer(), TEXT, length=16, count=3), whole[:3])
        with pytest.raises(ValueError, match=f"for 999 rows .* enough for {len(whole)}"):
            tokenise(tokenizer(), TEXT, length=16, count=999)

    def test_too_short(self):
        needed = len(encode("a few words"))
        with pytest.raises(ValueError, match=f"at least 255 tokens .* longest one has {needed}"):
            tokenise(tokenizer(), "a few words")


class TestModelTokens:
    def test_prose(self):
        prose = references.bundled("prose")
        rows = prose_tokens(prose)
        assert torch.equal(rows, tokenise(prose.tokenizer, passages().values()))
        assert torch.equal(prose_tokens(prose, count=2), rows[:2])

    def test_own_text(self, model):
        assert torch.equal(tokens_from_text(model, TEXT, 32), tokenise(tokenizer(), TEXT, 32))

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_own_file(self, model, tmp_path, encoding, newline):
        text = TEXT.replace(". ", ".\n") + "é"
        (tmp_path / "own.txt").write_text(text, encoding=encoding, newline=newline)
        found = tokens_from_file(model, tmp_path / "own.txt", length=32)
        assert torch.equal(found, tokens_from_text(model, text, 32))

    def test_a_long_text_is_read_as_far_as_needed(self, model, tmp_path):
        beginning = TEXT * 100
        text = beginning + "It was a cold morning, and he said nothing. " * 1_000_000
        (tmp_path / "long.txt").write_text(text)
        expected = tokenise(tokenizer(), beginning, 64)[:200]
        start = time.monotonic()
        for count in (2, 200):
            assert torch.equal(tokens_from_text(model, text, 64, count), expected[:count])
            path = tmp_path / "long.txt"
            assert torch.equal(tokens_from_file(model, path, 64, count), expected[:count])
        assert time.monotonic() - start < 5


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            *(({"text": text}, ValueError, "expected text") for text in ("", " \n", "\ud800")),
            *(({"text": text}, TypeError, "text as str") for text in (b"a", None, 5, ["a"])),
            ({"length": 2}, ValueError, "length at least 3"),
            ({"length": N_CTX + 1}, ValueError, f"at most {N_CTX}, the model's context, got 65"),
            *(
                ({"length": size}, TypeError, "length as a whole")
                for size in (8.0, "8", None, True)
            ),
            *(({"count": size}, ValueError, "count from 1") for size in (0, -1)),
            *(({"count": size}, TypeError, "count as a whole") for size in (1.0, "1", True)),
            ({"count": 999}, ValueError, "for 999 rows .* enough for"),
            ({"text": "a few words"}, ValueError, "text of at least 15 tokens"),
            *(({"plain": value}, TypeError, "plain as True or False") for value in (1, None, "no")),
            *(({"model": value}, TypeError, "from load_model") for value in (None, "prose")),
        ],
    )
    def test_text(self, model, changes, error, message):
        with pytest.raises(error, match=message):
            tokens_from_text(**{"model": model, "text": TEXT, "length": 16, **changes})

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, r"own\.txt: expected a text file"),
            (b"", r"own\.txt: expected text, got none"),
            (b" \n" * 100, r"own\.txt: expected text, got none"),
            ("caf\u00e9 noir".encode("latin-1"), r"own\.txt: expected UTF-8"),
            (b"a few words", "text of at least"),
        ],
    )
    def test_content_of_a_file(self, model, tmp_path, content, message):
        if content is not None:
            (tmp_path / "own.txt").write_bytes(content)
        with pytest.raises((FileNotFoundError, ValueError), match=message):
            tokens_from_file(model, tmp_path / "own.txt", length=16)

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            *((path, TypeError) for path in (None, 5, b"own.txt", ["own.txt"])),
            *((path, ValueError) for path in ("", "a" * 256, "a\0b")),
            *((path, FileNotFoundError) for path in ("~nouser/own.txt", "/", ".")),
        ],
    )
    def test_path(self, model, path, error):
        with pytest.raises(error, match="expected"):
            tokens_from_file(model, path, length=16)
