"""Counts of a text, as the tokenizer gives them."""

from typing import Any

import pytest
import torch

import references
from confidence_neurons.weights.counts import count_tokens


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


@pytest.mark.parametrize("text", ["", [], ["", ""], " "])
def test_nothing_to_count_is_refused(text):
    model, _ = references.tiny_pair("neox-serial")
    with pytest.raises(ValueError, match="got none"):
        count_tokens(model, text)


def test_what_is_no_text_is_not_counted():
    model, _ = references.tiny_pair("neox-serial")
    texts: list[Any] = ["a text", b"bytes"]
    with pytest.raises(TypeError, match="expected text as str, got bytes"):
        count_tokens(model, texts)


def test_a_tokenizer_of_another_model_does_not_count(monkeypatch):
    model, _ = references.tiny_pair("neox-serial")
    monkeypatch.setattr(model.cfg, "d_vocab", 100)
    with pytest.raises(ValueError, match="token ids below 100"):
        count_tokens(model, "The coach had gone, the lamps were out.")
