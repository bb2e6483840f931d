"""From books to token ids: what is held out, and that nothing is done twice."""

from dataclasses import replace

import numpy as np
import pytest

from confidence_neurons.growing import preparation
from confidence_neurons.growing.corpus import Book
from confidence_neurons.growing.preparation import prepare_text
from growing.conftest import synthetic_text


@pytest.fixture
def two_books(monkeypatch) -> list[Book]:
    books = [
        Book(f"{seed}.txt", "T", "A", "\n\n".join(synthetic_text(400, seed + n) for n in range(5)))
        for seed in (1, 50)
    ]
    monkeypatch.setattr(preparation, "read_corpus", lambda path: books)
    return books


def test_the_end_of_each_book_is_held_out(recipe, two_books, tmp_path):
    text = prepare_text(recipe, "corpus", tmp_path)
    parts = [text.training.tolist(), text.validation.tolist()]
    training, validation = text.tokenizer.batch_decode(parts)
    assert training.startswith(two_books[0].text[:200])
    whole = [text.tokenizer(book.text)["input_ids"] for book in two_books]
    held_out = [round(0.01 * len(ids)) for ids in whole]
    assert len(text.validation) == pytest.approx(sum(held_out), abs=2)
    assert validation.rstrip().endswith(two_books[1].text[-40:])
    assert two_books[0].text[-40:] in validation


def test_counts_are_those_of_the_training_text(recipe, two_books, tmp_path):
    text = prepare_text(recipe, "corpus", tmp_path)
    assert text.counts.shape == (recipe.vocab_size,)
    for token in (0, int(text.training[0]), int(text.training[7])):
        assert text.counts[token] == sum(1 for other in text.training if other == token)
    mixture = text.mixture(recipe)
    assert mixture.unigram.sum() == pytest.approx(1)
    assert mixture.unigram[0] == 0


def test_a_second_call_reads_what_the_first_one_left(recipe, two_books, tmp_path, monkeypatch):
    first = prepare_text(recipe, "corpus", tmp_path)

    def unwanted(*arguments):
        raise AssertionError("the text was prepared again")

    monkeypatch.setattr(preparation, "train_tokenizer", unwanted)
    second = prepare_text(recipe, "corpus", tmp_path)
    assert np.array_equal(first.training, second.training)
    assert np.array_equal(first.validation, second.validation)
    assert second.tokenizer.get_vocab() == first.tokenizer.get_vocab()


def test_a_call_that_was_killed_half_way_is_repeated(recipe, two_books, tmp_path):
    whole = prepare_text(recipe, "corpus", tmp_path / "whole")
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "validation.npy").write_bytes(b"\x93NUMPY")
    again = prepare_text(recipe, "corpus", tmp_path / "killed")
    assert np.array_equal(again.validation, whole.validation)


def test_text_of_other_books_is_not_gone_on_with(recipe, two_books, tmp_path):
    prepare_text(recipe, "corpus", tmp_path)
    two_books.pop()
    with pytest.raises(ValueError, match=r"other books.*empty directory"):
        prepare_text(recipe, "corpus", tmp_path)


def test_text_of_another_recipe_is_not_gone_on_with(recipe, two_books, tmp_path):
    prepare_text(recipe, "corpus", tmp_path)
    with pytest.raises(ValueError, match="another recipe"):
        prepare_text(replace(recipe, vocab_size=270), "corpus", tmp_path)


@pytest.mark.parametrize("name", ["training.npy", "validation.npy", "tokenizer.json"])
@pytest.mark.parametrize("spoil", ["truncated", "changed", "missing"])
def test_a_damaged_text_is_named_and_the_remedy_works(recipe, two_books, tmp_path, name, spoil):
    first = prepare_text(recipe, "corpus", tmp_path)
    file = tmp_path / name
    whole = file.read_bytes()
    if spoil == "missing":
        file.unlink()
    else:
        file.write_bytes(whole[:-1] if spoil == "truncated" else whole[:-1] + b"?")
    with pytest.raises(ValueError, match=rf"{name} is damaged.*Delete .*prepared\.json"):
        prepare_text(recipe, "corpus", tmp_path)
    (tmp_path / "prepared.json").unlink()
    assert np.array_equal(prepare_text(recipe, "corpus", tmp_path).training, first.training)
    assert file.read_bytes() == whole


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_record_is_named(recipe, two_books, tmp_path, content):
    prepare_text(recipe, "corpus", tmp_path)
    (tmp_path / "prepared.json").write_text(content)
    with pytest.raises(ValueError, match=r"prepared\.json is damaged.*Delete"):
        prepare_text(recipe, "corpus", tmp_path)
