"""The kinds of text: rows that begin with BOS, none of them rows on which neurons were chosen."""

import pytest

import confidence_neurons as cn
import references
from confidence_neurons_book.causal_effects.kinds import chosen_on, kinds_of_text, shuffled
from confidence_neurons_book.causal_effects.subjects import Subject


@pytest.fixture(scope="module")
def model():
    return references.bundled("prose")


@pytest.fixture(scope="module")
def texts(model):
    return kinds_of_text(model, length=128, count=5)


def test_each_kind_has_as_many_rows(model, texts):
    assert len(texts) == 6
    bos = model.tokenizer.bos_token_id
    for tokens in texts.values():
        assert tokens.shape == (5, 128)
        assert (tokens[:, 0] == bos).all()


def test_clean_prose_is_of_the_rows_that_nothing_was_chosen_on(model, texts):
    rows = cn.prose_tokens(model, 128).tolist()
    assert all(rows.index(row) % 2 == 1 for row in texts["clean prose"].tolist())
    assert all(rows.index(row) % 2 == 0 for row in chosen_on(model, 128, 5).tolist())


def test_shuffling_keeps_the_tokens_of_each_row(texts):
    clean, other = texts["clean prose"], texts["shuffled prose"]
    assert (clean.sort(dim=1).values == other.sort(dim=1).values).all()
    assert (clean != other).float().mean() > 0.8
    assert (shuffled(clean, seed=1) != other).any()


def test_half_noise_keeps_about_half(texts):
    kept = (texts["clean prose"] == texts["half noise"]).float().mean()
    assert 0.4 < kept < 0.65


def test_strangers_are_what_they_are_called(model, texts):
    words = {"Python": "return", "German": "und", "French": "que"}
    for kind, word in words.items():
        assert word in "".join(model.tokenizer.decode(row) for row in texts[kind])


def test_a_subject_has_controls_that_are_no_entropy_neurons():
    subject = Subject.of("prose", length=128, count=2)
    chosen = cn.recorded_groups("prose")["entropy"]
    assert subject.groups["entropy"] == chosen
    others = [n for name, few in subject.groups.items() if name != "entropy" for n in few]
    assert len(others) == 3 * len(chosen)
    assert not set(others) & set(chosen)
