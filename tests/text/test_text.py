"""Evaluation text: rows, corruption, repeats, and the checks on token ids."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.text.altered import corrupt, repeated_prose, repeated_random
from confidence_neurons.text.reading import (
    passages,
    prose_tokens,
    tokenise,
    tokens_from_file,
    tokens_from_text,
)
from confidence_neurons.text.rows import check_tokens, measured
from tiny_models import tiny_tokenizer

TEXT = "It was upon a cold morning that the letter came. " * 20
D_VOCAB = 300
UNIFORM = torch.ones(D_VOCAB)
patient = settings(deadline=None, max_examples=50)

tokenizer = cache(tiny_tokenizer)


def encode(text: str) -> list[int]:
    return tokenizer()(text, add_special_tokens=False)["input_ids"]


def model(n_ctx: int = 256, d_vocab: int = D_VOCAB) -> Any:
    """As much of a model as the text needs."""
    cfg = SimpleNamespace(n_ctx=n_ctx, d_vocab=d_vocab, device="cpu")
    return SimpleNamespace(tokenizer=tokenizer(), cfg=cfg)


@st.composite
def token_batches(draw) -> torch.Tensor:
    rows, positions = draw(st.integers(1, 5)), draw(st.integers(3, 20))
    seed = draw(st.integers(0, 2**32))
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, D_VOCAB, (rows, positions), generator=generator)
    tokens[:, 0] = 0
    return tokens


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

    @pytest.mark.parametrize("text", ["", " \n", [], ["", "\t"]])
    def test_empty(self, text):
        with pytest.raises(ValueError, match="expected text, got none"):
            tokenise(tokenizer(), text)

    @pytest.mark.parametrize("sizes", [{"length": 2}, {"count": 0}, {"count": -1}])
    def test_sizes_too_small(self, sizes):
        with pytest.raises(ValueError, match=r"expected (length|count) of at least"):
            tokenise(tokenizer(), TEXT, **sizes)

    def test_no_bos(self):
        bare = tiny_tokenizer()
        bare.bos_token = None
        with pytest.raises(ValueError, match="set bos_token"):
            tokenise(bare, TEXT)


class TestModelTokens:
    def test_prose(self):
        rows = prose_tokens(model())
        expected = sum(len(encode(text)) // 255 for text in passages().values())
        assert rows.shape == (expected, 256)
        first = encode(passages()["The Parsonage"])[:255]
        assert rows[0].tolist() == [0, *first]
        assert torch.equal(prose_tokens(model(), count=2), rows[:2])

    def test_own_text(self):
        assert torch.equal(tokens_from_text(model(), TEXT, 32), tokenise(tokenizer(), TEXT, 32))

    def test_own_file(self, tmp_path):
        for encoding in ("utf-8", "utf-8-sig"):
            (tmp_path / "own.txt").write_text(TEXT + "é", encoding=encoding)
            found = tokens_from_file(model(), tmp_path / "own.txt", length=32, count=2)
            assert torch.equal(found, tokens_from_text(model(), TEXT, 32, 2))

    def test_longer_than_the_context(self):
        with pytest.raises(ValueError, match=r"length of at most 64, .* got 65"):
            prose_tokens(model(n_ctx=64), length=65)

    def test_tokenizer_of_another_model(self):
        with pytest.raises(ValueError, match="another model's tokenizer"):
            prose_tokens(model(d_vocab=100))

    def test_no_such_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"none\.txt: expected a text file"):
            tokens_from_file(model(), tmp_path / "none.txt")
        with pytest.raises(FileNotFoundError):
            tokens_from_file(model(), tmp_path)

    def test_not_utf8(self, tmp_path):
        (tmp_path / "latin.txt").write_bytes("caf\u00e9 noir".encode("latin-1"))
        with pytest.raises(ValueError, match=r"latin\.txt: expected UTF-8, .* offset 3"):
            tokens_from_file(model(), tmp_path / "latin.txt")

    def test_empty_file(self, tmp_path):
        (tmp_path / "empty.txt").write_text("\n")
        with pytest.raises(ValueError, match=r"empty\.txt: expected text"):
            tokens_from_file(model(), tmp_path / "empty.txt")

    def test_file_too_short(self, tmp_path):
        (tmp_path / "short.txt").write_text("a few words")
        with pytest.raises(ValueError, match="text of at least"):
            tokens_from_file(model(), tmp_path / "short.txt")


class TestCorrupt:
    @patient
    @given(tokens=token_batches(), seed=st.integers(0, 2**32))
    def test_rate_zero_changes_nothing(self, tokens, seed):
        assert torch.equal(corrupt(tokens, 0, UNIFORM, seed), tokens)

    @patient
    @given(tokens=token_batches(), seed=st.integers(0, 2**32))
    def test_rate_one_keeps_only_the_first_position(self, tokens, seed):
        only_seven = torch.zeros(D_VOCAB)
        only_seven[7] = 3
        found = corrupt(tokens, 1, only_seven, seed)
        assert torch.equal(found[:, 0], tokens[:, 0])
        assert (found[:, 1:] == 7).all()

    @patient
    @given(tokens=token_batches(), rate=st.floats(0, 1), seed=st.integers(0, 2**32))
    def test_is_reproducible_and_leaves_its_input(self, tokens, rate, seed):
        before = tokens.clone()
        found = corrupt(tokens, rate, UNIFORM, seed)
        assert torch.equal(tokens, before)
        assert torch.equal(corrupt(tokens, rate, UNIFORM, seed), found)
        assert found.dtype == tokens.dtype

    @patient
    @given(
        tokens=token_batches(),
        rates=st.tuples(st.floats(0, 1), st.floats(0, 1)),
        seed=st.integers(0, 2**32),
    )
    def test_a_higher_rate_keeps_what_a_lower_one_replaced(self, tokens, rates, seed):
        low, high = (corrupt(tokens, rate, UNIFORM, seed) for rate in sorted(rates))
        touched = low != tokens
        assert torch.equal(low[touched], high[touched])

    def test_share_and_distribution(self):
        tokens = torch.full((200, 256), 299)
        counts = torch.zeros(D_VOCAB, dtype=torch.int64)
        counts[[4, 5]] = torch.tensor([30, 10])
        found = corrupt(tokens, 0.3, counts)
        replaced = found[:, 1:] != 299
        # Standard errors: 0.002 for the share, 0.0035 for the proportion of token 4.
        assert replaced.double().mean().item() == pytest.approx(0.3, abs=0.01)
        assert (found[:, 1:][replaced] == 4).double().mean().item() == pytest.approx(0.75, abs=0.02)

    def test_seeds_and_positions_differ(self):
        tokens = torch.zeros(4, 100, dtype=torch.long)
        first, second = corrupt(tokens, 0.5, UNIFORM, 1), corrupt(tokens, 0.5, UNIFORM, 2)
        assert not torch.equal(first, second)
        assert not torch.equal(first[0], first[1])

    def test_keeps_the_integer_type(self):
        tokens = torch.zeros(2, 5, dtype=torch.int32)
        assert corrupt(tokens, 0.5, UNIFORM).dtype == torch.int32

    @pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
    def test_rate_out_of_range(self, rate):
        with pytest.raises(ValueError, match="rate from 0 to 1"):
            corrupt(torch.zeros(2, 5, dtype=torch.long), rate, UNIFORM)

    @pytest.mark.parametrize(
        "unigram",
        [
            torch.zeros(D_VOCAB),
            -torch.ones(D_VOCAB),
            torch.full((D_VOCAB,), float("nan")),
            torch.ones(2, D_VOCAB),
            torch.ones(0),
            [1.0, 2.0],
        ],
    )
    def test_no_distribution(self, unigram):
        with pytest.raises(ValueError, match="expected unigram"):
            corrupt(torch.zeros(2, 5, dtype=torch.long), 0.5, unigram)

    def test_tokens_outside_the_distribution(self):
        with pytest.raises(ValueError, match="from 0 to 9, got ids from 10 to 10"):
            corrupt(torch.full((2, 5), 10), 0.5, torch.ones(10))


class TestRepeated:
    @patient
    @given(
        d_vocab=st.integers(2, 50),
        period=st.integers(1, 20),
        copies=st.integers(2, 4),
        count=st.integers(1, 5),
        seed=st.integers(0, 2**32),
        data=st.data(),
    )
    def test_random_rows_are_periodic(self, d_vocab, period, copies, count, seed, data):
        bos = data.draw(st.integers(0, d_vocab - 1))
        tokens = repeated_random(d_vocab, period, copies, count, bos, seed)
        assert tokens.shape == (count, 1 + period * copies)
        assert (tokens[:, 0] == bos).all()
        assert (tokens[:, 1:] != bos).all()
        assert (tokens >= 0).all()
        assert (tokens < d_vocab).all()
        assert torch.equal(tokens[:, 1:-period], tokens[:, 1 + period :])
        assert torch.equal(repeated_random(d_vocab, period, copies, count, bos, seed), tokens)

    def test_random_tokens_are_uniform_without_bos(self):
        tokens = repeated_random(10, 200, copies=1, count=500, bos=4)[:, 1:]
        shares = torch.bincount(tokens.flatten(), minlength=10) / tokens.numel()
        expected = torch.full((10,), 1 / 9)
        expected[4] = 0
        torch.testing.assert_close(shares, expected, atol=0.01, rtol=0)

    @pytest.mark.parametrize(
        "sizes", [{"d_vocab": 1}, {"period": 0}, {"copies": 0}, {"count": 0}, {"bos": 10}]
    )
    def test_impossible_sizes(self, sizes):
        with pytest.raises(ValueError, match="expected"):
            repeated_random(**{"d_vocab": 10, "period": 5, **sizes})

    @patient
    @given(tokens=token_batches(), copies=st.integers(2, 4), data=st.data())
    def test_prose_rows_are_periodic(self, tokens, copies, data):
        period = data.draw(st.integers(1, tokens.shape[1] - 1))
        repeated = repeated_prose(tokens, period, copies)
        assert repeated.shape == (len(tokens), 1 + period * copies)
        assert torch.equal(repeated[:, : 1 + period], tokens[:, : 1 + period])
        assert torch.equal(repeated[:, 1:-period], repeated[:, 1 + period :])

    @pytest.mark.parametrize(("period", "copies"), [(0, 2), (6, 2), (2, 0), (1, 1)])
    def test_impossible_period(self, period, copies):
        with pytest.raises(ValueError, match="expected"):
            repeated_prose(torch.ones(2, 6, dtype=torch.long), period, copies)


class TestMeasured:
    def test_drops_the_first_and_the_last_position(self):
        values = torch.arange(12.0).view(2, 6)
        assert measured(values).tolist() == [[1, 2, 3, 4], [7, 8, 9, 10]]

    def test_keeps_further_axes(self):
        assert measured(torch.zeros(2, 6, 7)).shape == (2, 4, 7)

    @patient
    @given(tokens=token_batches())
    def test_targets_of_what_is_kept(self, tokens):
        target = torch.roll(tokens, -1, dims=1)
        assert torch.equal(measured(target), tokens[:, 2:])

    @pytest.mark.parametrize("shape", [(6,), (2, 2), (2, 0)])
    def test_too_few_positions(self, shape):
        with pytest.raises(ValueError, match="at least 3 positions"):
            measured(torch.zeros(shape))


class TestCheckTokens:
    @patient
    @given(tokens=token_batches(), dtype=st.sampled_from([torch.int64, torch.int32]))
    def test_accepts_tokens(self, tokens, dtype):
        check_tokens(tokens.to(dtype), D_VOCAB)
        check_tokens(tokens.to(dtype))

    @pytest.mark.parametrize(
        "tokens",
        [
            [[1, 2, 3]],
            torch.ones(2, 5),
            torch.ones(2, 5, dtype=torch.bool),
            torch.ones(2, 5, dtype=torch.complex64),
            torch.ones(2, 5, dtype=torch.int16),
            torch.ones(2, 5, dtype=torch.uint8),
            torch.ones(2, 5, dtype=torch.uint32),
        ],
    )
    def test_wrong_type(self, tokens):
        with pytest.raises(TypeError, match="expected tokens"):
            check_tokens(tokens, D_VOCAB)

    @pytest.mark.parametrize("shape", [(5,), (2, 5, 1), (0, 5), (2, 2), (2, 0)])
    def test_wrong_shape(self, shape):
        with pytest.raises(ValueError, match="got shape"):
            check_tokens(torch.ones(shape, dtype=torch.long), D_VOCAB)

    @pytest.mark.parametrize("stray", [-1, D_VOCAB, D_VOCAB + 5])
    def test_ids_outside_the_vocabulary(self, stray):
        tokens = torch.ones(2, 5, dtype=torch.long)
        tokens[1, 3] = stray
        with pytest.raises(ValueError, match=f"from 0 to {D_VOCAB - 1}, got ids from"):
            check_tokens(tokens, D_VOCAB)

    def test_negative_ids_without_a_vocabulary(self):
        with pytest.raises(ValueError, match="at least 0, got ids from -1"):
            check_tokens(torch.full((2, 5), -1))
