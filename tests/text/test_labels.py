"""Tokens as text that can be shown."""

import pytest
import torch

import references
from confidence_neurons.text.labels import token_labels


@pytest.fixture
def model():
    return references.tiny_pair("gpt2-tied")[0]


def test_white_space_and_parts_of_characters(model):
    ids = model.tokenizer(" t\n", add_special_tokens=False)["input_ids"]
    assert "".join(token_labels(model, ids)) == "␣t⏎"
    assert token_labels(model, torch.tensor(ids)) == token_labels(model, ids)
    part = model.tokenizer("é", add_special_tokens=False)["input_ids"][0]
    control = model.tokenizer("\x01", add_special_tokens=False)["input_ids"][0]
    assert token_labels(model, [part, control]) == [f"<{part}>", f"<{control}>"]


def test_no_ids(model):
    assert token_labels(model, []) == []


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([1.7], TypeError, "token id as a whole number"),
        ([True], TypeError, "token id as a whole number"),
        (torch.tensor([1.0]), TypeError, "token id as a whole number"),
        (torch.ones(2, 2, dtype=torch.long), TypeError, "token id as a whole number"),
        ("12", TypeError, "ids as a sequence"),
        (5, TypeError, "ids as a sequence"),
        (torch.tensor(5), TypeError, "ids as a sequence"),
        (None, TypeError, "ids as a sequence"),
        ([-1], ValueError, "from 0 to 299"),
        ([300], ValueError, "from 0 to 299"),
    ],
)
def test_no_token_ids(model, ids, error, message):
    with pytest.raises(error, match=message):
        token_labels(model, ids)
