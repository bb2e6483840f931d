"""Counts of a text: as the tokenizer gives them, saved, loaded, refused."""

import pytest
import torch
from safetensors.torch import save_file

import references
from confidence_neurons.weights.counts import count_tokens, load_counts, save_counts
from confidence_neurons.weights.unigram import Unigram, check_counts


def test_counted_tokens_are_those_of_the_tokenizer_one_by_one():
    model = references.bundled("prose")
    texts = ["It was a cold morning, and the letter came.", "The letter, the letter!"]
    expected = [0] * model.cfg.d_vocab
    for text in texts:
        for token in model.tokenizer(text, add_special_tokens=False)["input_ids"]:
            expected[token] += 1
    counts = count_tokens(model, texts)
    assert counts.dtype == torch.int64
    assert counts.tolist() == expected
    assert count_tokens(model, texts[0]).sum() + count_tokens(model, texts[1]).sum() == sum(
        expected
    )
    assert count_tokens(model, (text for text in texts)).equal(counts)
    assert counts[model.tokenizer.bos_token_id] == 0


@pytest.mark.parametrize("text", ["", [], ["", ""]])
def test_nothing_to_count_is_refused(text):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="tokens in it, got none"):
        count_tokens(model, text)


def test_what_is_no_text_is_not_counted():
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(TypeError, match="expected text as str, got bytes"):
        count_tokens(model, ["a text", b"bytes"])


def test_a_tokenizer_of_another_model_does_not_count(monkeypatch):
    model, _ = references.tiny_pair("neox-serial")
    monkeypatch.setattr(model.cfg, "d_vocab", 100)
    with pytest.raises(ValueError, match="token ids below 100"):
        count_tokens(model, "The coach had gone, the lamps were out.")


def test_counts_come_back_from_a_file_as_they_were(tmp_path):
    counts = count_tokens(references.tiny_pair("neox-serial")[0], "the coach and the lamps")
    save_counts(counts, tmp_path / "counts.safetensors")
    loaded = load_counts(tmp_path / "counts.safetensors", 300)
    assert loaded.dtype == torch.int64
    assert loaded.equal(counts)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"counts\.safetensors"):
        load_counts(tmp_path / "counts.safetensors", 300)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"counts": torch.arange(299)}, "expected counts for 300 tokens, got 299"),
        ({"counts": torch.zeros(300, dtype=torch.long)}, "zero"),
        ({"counts": torch.arange(300) - 1}, "negative"),
        ({"frequencies": torch.arange(300)}, r"tensor named counts, got \['frequencies'\]"),
    ],
)
def test_a_file_of_unfit_counts_is_refused(tmp_path, tensors, message):
    save_file(tensors, tmp_path / "counts.safetensors")
    with pytest.raises(ValueError, match=message):
        load_counts(tmp_path / "counts.safetensors", 300)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "counts.txt"
    path.write_text("the 12\ncoach 3\n")
    with pytest.raises(ValueError, match="expected a safetensors file"):
        load_counts(path, 300)


NO_COUNTS = [
    (torch.tensor([3.0, torch.nan]), "integer type, got torch.float32: count the tokens"),
    (torch.tensor([3.0, 1.0]), "integer type, got torch.float32"),
    (torch.tensor([True, False]), "integer type, got torch.bool"),
    ([3, 1], "as a torch.Tensor, got list"),
    (2.0, "as a torch.Tensor, got float"),
]


@pytest.mark.parametrize(("counts", "message"), NO_COUNTS)
def test_what_are_no_whole_numbers_is_refused(tmp_path, counts, message):
    with pytest.raises(TypeError, match=message):
        check_counts(counts)
    with pytest.raises(TypeError, match=message):
        Unigram.from_counts(counts, 2)
    with pytest.raises(TypeError, match=message):
        save_counts(counts, tmp_path / "counts.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_file_of_what_are_no_whole_numbers_is_refused(tmp_path):
    save_file({"counts": torch.arange(300).float()}, tmp_path / "counts.safetensors")
    with pytest.raises(TypeError, match=r"integer type, got torch\.float32"):
        load_counts(tmp_path / "counts.safetensors", 300)


@pytest.mark.parametrize("kind", [torch.int64, torch.int32, torch.int16, torch.uint8])
def test_whole_numbers_of_any_size_are_counts(kind):
    check_counts(torch.arange(5).to(kind))


def test_unfit_counts_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match="zero"):
        save_counts(torch.zeros(5, dtype=torch.long), tmp_path / "counts.safetensors")
    assert not list(tmp_path.iterdir())
