"""Corrupted prose, repeats, and repeats that break off."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.text.altered import (
    break_repeats,
    corrupt,
    need_copies,
    repeated_prose,
    repeated_random,
)

D_VOCAB = 300
UNIFORM = torch.ones(D_VOCAB)
NAN = float("nan")
patient = settings(deadline=None, max_examples=50)


@st.composite
def token_batches(draw) -> torch.Tensor:
    rows, positions = draw(st.integers(1, 5)), draw(st.integers(3, 20))
    seed = draw(st.integers(0, 2**32))
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, D_VOCAB, (rows, positions), generator=generator)
    tokens[:, 0] = 0
    return tokens


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

    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            *(
                ({"rate": rate}, ValueError, "rate as a finite")
                for rate in (-0.1, 1.1, NAN, 10**400)
            ),
            *(({"rate": rate}, TypeError, "rate as a number") for rate in ("0.5", None, True, 1j)),
            *(({"seed": seed}, TypeError, "seed as a whole") for seed in (0.5, "0", None, True)),
            ({"seed": 2**64}, ValueError, "seed from"),
            *(
                ({"unigram": value}, TypeError, "unigram as a tensor")
                for value in ([1.0, 2.0], None, UNIFORM + 1j, UNIFORM > 0)
            ),
            *(
                ({"unigram": value}, ValueError, "unigram")
                for value in (
                    *(0 * UNIFORM, -UNIFORM, NAN * UNIFORM, UNIFORM / 0),
                    *(torch.ones(2, D_VOCAB), torch.ones(0)),
                )
            ),
            ({"unigram": torch.ones(10)}, ValueError, "from 0 to 9, got ids up to 11"),
            ({"tokens": [[1, 2, 3]]}, TypeError, "expected tokens"),
            ({"tokens": torch.ones(2, 5)}, TypeError, "expected tokens"),
            ({"tokens": torch.ones(2, 2, dtype=torch.long)}, ValueError, "3 positions"),
            ({"tokens": -torch.ones(2, 5, dtype=torch.long)}, ValueError, "at least 0"),
        ],
    )
    def test_refused(self, changes, error, message):
        good = {"tokens": torch.full((2, 5), 11), "rate": 0.5, "unigram": UNIFORM}
        with pytest.raises(error, match=message):
            corrupt(**{**good, **changes})


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
        ("sizes", "error"),
        [
            *(({"d_vocab": wrong}, ValueError) for wrong in (1, -1, 2**40)),
            *(({"period": wrong}, ValueError) for wrong in (0, -1, 2**40)),
            *(({"copies": wrong}, ValueError) for wrong in (0, 2**40)),
            *(({"count": wrong}, ValueError) for wrong in (0, -1, 2**40)),
            *(({"bos": wrong}, ValueError) for wrong in (10, -1)),
            ({"period": 1, "copies": 1}, ValueError),
            *(
                ({name: wrong}, TypeError)
                for name in ("d_vocab", "period", "copies", "count", "bos", "seed")
                for wrong in (2.0, "2", None, True, [2])
            ),
        ],
    )
    def test_refused(self, sizes, error):
        with pytest.raises(error, match="expected"):
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


class TestBroken:
    TOKENS = repeated_random(300, 8, count=40, bos=7)

    @pytest.mark.parametrize("seed", [0, 1])
    def test_one_token_of_the_second_copy_is_another_one(self, seed):
        broken, position = break_repeats(self.TOKENS, 8, 300, margin=2, seed=seed)
        changed = (broken != self.TOKENS).nonzero()
        assert changed[:, 0].tolist() == list(range(40))
        assert changed[:, 1].tolist() == position.tolist()
        assert position.min() == 8 + 1 + 2
        assert position.max() == 2 * 8 - 2
        new = broken[torch.arange(40), position]
        assert (new != 7).all()
        assert ((new >= 0) & (new < 300)).all()

    def test_every_other_token_can_come_but_bos_and_the_old_one(self):
        tokens = torch.tensor([[2, 0, 3, 1, 0, 3, 1]]).repeat(200, 1)
        broken, position = break_repeats(tokens, 3, 4, margin=1)
        assert set(position.tolist()) == {5}
        assert set(broken[:, 5].tolist()) == {0, 1}

    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            *(({"margin": wrong}, ValueError, "margin") for wrong in (0, -1, 4)),
            ({"margin": 1.0}, TypeError, "margin"),
            ({"period": 7}, ValueError, "two copies"),
            ({"period": 99}, ValueError, "period from 1 to 16"),
            ({"d_vocab": 10}, ValueError, "ids from 0 to 9"),
            ({"tokens": torch.arange(17)[None]}, ValueError, "copies that differ"),
        ],
    )
    def test_refused(self, changes, error, message):
        good = {"tokens": self.TOKENS, "period": 8, "d_vocab": 300, "margin": 2}
        with pytest.raises(error, match=message):
            break_repeats(**{**good, **changes})


def test_two_copies():
    tokens = repeated_random(50, period=4, count=2)
    need_copies(tokens, 4)
    with pytest.raises(ValueError, match=r"3 tokens \(7 positions\), got 9 positions"):
        need_copies(tokens, 3)
    tokens[1, 8] += 1
    with pytest.raises(ValueError, match="copies that differ"):
        need_copies(tokens, 4)
