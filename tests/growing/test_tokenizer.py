"""The tokenizer: lossless on any text, with the special token in its place."""

import json
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from confidence_neurons.growing.tokenizer import BOS, train_tokenizer
from growing.conftest import synthetic_text


@cache
def tokenizer():
    return train_tokenizer([synthetic_text(2000)], 280, 32)


def test_the_vocabulary_has_the_size_that_was_asked_for():
    assert len(tokenizer()) == 280
    assert sorted(tokenizer().get_vocab().values()) == list(range(280))


def test_bos_is_token_0_and_serves_as_end_and_padding():
    ids = (tokenizer().bos_token_id, tokenizer().eos_token_id, tokenizer().pad_token_id)
    assert ids == (0, 0, 0)
    assert tokenizer().convert_ids_to_tokens(0) == BOS


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40).filter(lambda text: BOS not in text))
def test_any_text_comes_back_as_it_was_and_without_bos(text):
    ids = tokenizer()(text)["input_ids"]
    assert tokenizer().decode(ids, clean_up_tokenization_spaces=False) == text
    assert 0 not in ids


def test_frequent_words_become_one_token():
    assert len(tokenizer()(" coach")["input_ids"]) < len(" coach")
    assert len(tokenizer()(" zyxwv")["input_ids"]) > len(tokenizer()(" coach")["input_ids"])


def test_training_twice_gives_the_same_tokenizer():
    again = train_tokenizer([synthetic_text(2000)], 280, 32)
    one, other = (json.loads(t.backend_tokenizer.to_str()) for t in (tokenizer(), again))
    assert one == other


def test_it_knows_the_length_of_the_models_sequences():
    assert tokenizer().model_max_length == 32
