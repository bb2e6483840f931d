"""Typographic characters cost a bundled model much, and are read as plain ones."""
# ruff: noqa: RUF001

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import references
from confidence_neurons.text.plain import PLAIN, as_trained, plain_text
from confidence_neurons.text.reading import passages, tokens_from_file, tokens_from_text

CURLED = {' "': " “", '"': "”", "'": "’", "--": "—", "...": "…"}
ADDED = 'He said--if it was he--that "perhaps..." it was not.'


def typographic(text: str) -> str:
    for plain, curled in CURLED.items():
        text = text.replace(plain, curled)
    return text


def prose() -> str:
    return "\n\n".join(f"{text}\n\n{ADDED}" for text in passages().values())


@torch.no_grad()
def mean_loss(tokens: torch.Tensor) -> float:
    log_p = references.bundled("prose")(tokens).log_softmax(dim=-1)
    return -log_p[:, 1:-1].gather(-1, tokens[:, 2:, None]).mean().item()


@pytest.mark.parametrize(
    ("typographic", "plain"),
    [
        ("“Well,” he said, ‘it’s late’", "\"Well,\" he said, 'it's late'"),
        ("no—no", "no--no"),
        ("1914–18", "1914-18"),
        ("well…", "well..."),
        ("Mr.\u00a0Knightley,\u2009\u202fsaid\tshe", "Mr. Knightley,  said she"),
        ("so\u00adft\u200b\ufeff", "soft"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("café, £5, æther", "café, £5, æther"),
    ],
)
def test_plain_text(typographic, plain):
    assert plain_text(typographic) == plain


def test_the_passages_are_plain():
    assert plain_text(prose()) == prose()
    assert plain_text(typographic(prose())) == prose()


@given(st.text(alphabet=st.sampled_from([*map(chr, PLAIN), "a", " "]), min_size=1))
def test_nothing_typographic_is_left(text):
    once = text.translate(PLAIN)
    assert once.translate(PLAIN) == once


def test_typographic_text_costs_a_bundled_model_half_a_nat(tmp_path):
    model, text = references.bundled("prose"), typographic(prose())
    plain = tokens_from_text(model, prose(), count=40)
    assert torch.equal(tokens_from_text(model, text, count=40), plain)
    (tmp_path / "own.txt").write_text(text, encoding="utf-8")
    assert torch.equal(tokens_from_file(model, tmp_path / "own.txt", count=40), plain)
    as_it_stands = tokens_from_text(model, text, count=40, plain=False)
    assert torch.equal(
        tokens_from_file(model, tmp_path / "own.txt", count=40, plain=False), as_it_stands
    )
    assert mean_loss(as_it_stands) > mean_loss(plain) + 0.5


def test_another_model_reads_the_text_as_it_stands():
    model, _ = references.tiny_pair("gpt2-tied")
    assert list(as_trained(model, ["“a”", "—"])) == ["“a”", "—"]
    assert list(as_trained(references.bundled("prose"), ["“a”", "—"])) == ['"a"', "--"]
    assert list(as_trained(references.bundled("prose"), ["—"], plain=False)) == ["—"]
