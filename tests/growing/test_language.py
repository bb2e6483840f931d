"""The language: what its knobs do, and what is refused."""

import numpy as np
import pytest

from confidence_neurons.growing.language import SPEAKS, Language


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperatures": (1.0, 0.0)},
        {"temperatures": (-1.0, 1.0)},
        {"temperatures": (float("nan"), 1.0)},
        {"temperatures": ()},
        {"rank": 65},
        {"rank": 0},
        {"switching": 1.1},
        {"copying": -0.1},
        {"broken": 2.0},
        {"copying": float("nan")},
        {"copy_length": 0.5},
        {"lag": -1},
        {"content": 1, "rank": 1},
    ],
)
def test_a_language_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=f"expected .*{next(iter(wrong))}"):
        Language(**wrong)


def test_one_temperature_cannot_be_switched():
    with pytest.raises(ValueError, match="two temperatures or more"):
        Language(temperatures=(1.0,))
    assert Language(temperatures=(1.0,), switching=0.0).draw(2, 9).tokens.shape == (2, 9)


@pytest.mark.parametrize(("count", "length"), [(0, 5), (3, 1)])
def test_a_text_without_tokens_is_refused(count, length):
    with pytest.raises(ValueError, match="count of at least 1 and a length of at least 2"):
        Language().draw(count, length)


def test_the_bigram_logits_have_the_rank_the_scale_and_the_slope():
    plain = Language(content=40, rank=5, scale=2.0, slope=0.0)
    assert np.linalg.matrix_rank(plain.bigram_logits) == 5
    assert plain.bigram_logits.std() == pytest.approx(2.0, rel=0.2)
    steep = Language(content=40, rank=5, scale=2.0, slope=1.5)
    fall = steep.bigram_logits - plain.bigram_logits
    assert fall[:, 0] == pytest.approx(0)
    assert fall[3] == pytest.approx(-1.5 * np.log(np.arange(1, 41)))


def test_what_is_spoken_is_a_distribution_with_the_temperature_in_it():
    language = Language(content=10, rank=3, temperatures=(0.5, 2.0), switching=0.2)
    spoken = language.spoken
    assert spoken.shape == (2, 11, 13)
    assert spoken.sum(axis=-1) == pytest.approx(1)
    assert (spoken[..., 0] == 0).all()
    assert spoken[0, :, 11:] == pytest.approx(np.tile([0.0, 0.2], (11, 1)))
    assert spoken[1, :, 11:] == pytest.approx(np.tile([0.2, 0.0], (11, 1)))
    cold, hot = np.log(spoken[:, 4, 1:11])
    assert np.diff(cold) == pytest.approx(4 * np.diff(hot))
    assert np.diff(cold) == pytest.approx(np.diff(language.bigram_logits[4]) / 0.5)


def test_sequences_begin_with_bos_and_a_marker_and_depend_on_the_seed():
    language = Language()
    one, same, other = (language.draw(200, 20, seed).tokens for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert (one[:, 0] == 0).all()
    assert set(one[:, 1]) == {65, 66, 67}
    assert (one[:, 2:] > 0).all()
    assert one.max() < language.d_vocab == 68


def test_another_seed_of_the_language_is_another_language():
    assert not np.allclose(Language(seed=1).bigram_logits, Language().bigram_logits)


def test_the_sequences_have_the_frequencies_that_the_source_has():
    language = Language(content=5, rank=2, temperatures=(0.5, 2.0), switching=0.15)
    tokens = language.draw(4000, 30, 0).tokens
    temperature, previous = language.context(tokens)
    came = tokens[:, 2:]
    assert (came >= language.first_marker).mean() == pytest.approx(0.15, abs=0.005)
    for heat, content in ((0, 1), (1, 1), (1, 3)):
        here = (temperature[:, 1:-1] == heat) & (previous[:, 1:-1] == content)
        share = np.bincount(came[here], minlength=language.d_vocab) / here.sum()
        slack = 4 * np.sqrt(0.25 / here.sum())
        assert share == pytest.approx(language.spoken[heat, content], abs=slack)


def test_context_is_the_last_marker_and_the_last_content_token():
    language = Language(content=4, rank=2, temperatures=(1.0, 2.0))  # markers are 5 and 6
    temperature, previous = language.context(np.array([[0, 6, 3, 5, 5, 2]]))
    assert temperature.tolist() == [[-1, 1, 1, 0, 0, 0]]
    assert previous.tolist() == [[0, 0, 3, 3, 3, 2]]


def test_nothing_is_copied_unless_it_is_asked_for():
    drawn = Language().draw(50, 40)
    assert (drawn.source == SPEAKS).all()
    assert not drawn.broken.any()


def test_copies_repeat_what_stands_earlier_and_last_as_long_as_asked():
    language = Language(copying=0.05, copy_length=8.0)
    drawn = language.draw(3000, 60, 3)
    rows, places = np.nonzero(drawn.source != SPEAKS)
    source = drawn.source[rows, places]
    assert ((source >= 1) & (source < places)).all()
    assert (drawn.tokens[rows, places] == drawn.tokens[rows, source]).all()
    before = drawn.source[rows, places - 1]
    goes_on = source == before + 1
    assert (goes_on | (before == SPEAKS)).all()
    # How many copies go on, among those that could: 1 - 1 / 8.
    held = (drawn.source[:, 2:-1] != SPEAKS) & (drawn.source[:, 2:-1] >= 0)
    on = drawn.source[:, 3:][held] != SPEAKS
    assert on.mean() == pytest.approx(1 - 1 / 8, abs=0.01)
    speaking = drawn.source[:, 2:-1] == SPEAKS
    begun = drawn.source[:, 3:][speaking] != SPEAKS
    assert begun.mean() == pytest.approx(0.05, abs=0.005)


def test_with_a_lag_copies_begin_so_many_tokens_back():
    drawn = Language(copying=0.1, copy_length=8.0, lag=12).draw(500, 40, 3)
    rows, places = np.nonzero(drawn.source != SPEAKS)
    assert len(rows) > 1000
    assert (places - drawn.source[rows, places] == 12).all()
    assert places.min() == 13


def test_broken_copies_are_spoken_instead():
    language = Language(copying=0.1, broken=0.3, temperatures=(2.5, 3.0))
    drawn = language.draw(3000, 40, 3)
    copied = drawn.source != SPEAKS
    share = drawn.broken[copied].mean()
    assert 0.2 < share < 0.3  # a spoken token may be the copied one by luck
    everywhere = Language(copying=0.1, broken=1.0, temperatures=(2.5, 3.0)).draw(500, 40, 3)
    assert everywhere.broken[everywhere.source != SPEAKS].mean() > 0.9


def test_the_tokenizer_has_a_word_for_each_token():
    language = Language(content=3, rank=2, temperatures=(0.5, 2.0))
    tokenizer = language.tokenizer()
    assert len(tokenizer) == language.d_vocab
    assert tokenizer("<2> w1 w3 w3")["input_ids"] == [5, 1, 3, 3]
    assert tokenizer.convert_ids_to_tokens([0, 4]) == ["<|endoftext|>", "<0.5>"]
