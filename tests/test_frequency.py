"""Unigram frequencies and the direction that leads to them, against loops."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

import references
from confidence_neurons import unigram_counts
from confidence_neurons.frequency import (
    Unigram,
    count_tokens,
    frequency_cosine,
    frequency_direction,
    load_counts,
    save_counts,
    unigram_distribution,
)

FEW = settings(max_examples=25, deadline=None)
COUNTS = st.lists(st.integers(0, 10**7), min_size=2, max_size=20).filter(any)


@FEW
@given(COUNTS)
def test_unigram_distribution_is_add_one_smoothing(counts):
    total = sum(counts) + len(counts)
    expected = [(count + 1) / total for count in counts]
    found = unigram_distribution(torch.tensor(counts))
    assert found.tolist() == pytest.approx(expected, rel=1e-5)
    assert found.sum().item() == pytest.approx(1, abs=1e-5)
    assert (found > 0).all()


@FEW
@given(COUNTS)
def test_the_direction_is_the_centred_log_frequency_of_length_one(counts):
    assume(len(set(counts)) > 1)
    logs = [math.log(count + 1) for count in counts]
    mean = sum(logs) / len(logs)
    length = math.sqrt(sum((value - mean) ** 2 for value in logs))
    assume(length > 1e-3)
    found = frequency_direction(torch.tensor(counts))
    expected = [(value - mean) / length for value in logs]
    assert found.tolist() == pytest.approx(expected, abs=1e-3 if length < 0.1 else 1e-4)
    assert found[counts.index(max(counts))] > found[counts.index(min(counts))]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (torch.ones(2, 3), r"\(2, 3\)"),
        (torch.tensor([3, -1]), "negative"),
        (torch.zeros(4, dtype=torch.long), "zero"),
    ],
)
def test_what_are_no_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        unigram_distribution(counts)


def test_equal_counts_have_no_direction():
    with pytest.raises(ValueError, match="alike"):
        frequency_direction(torch.tensor([5, 5, 5]))


def test_planted_neurons_push_towards_and_away_from_frequent_tokens():
    counts = torch.tensor([1000, 300, 20, 5, 0])
    u = frequency_direction(counts)
    sideways = torch.linalg.qr(torch.stack([u, torch.ones(5), torch.arange(5.0)], 1))[0][:, 2]
    unembedding = torch.stack([u, sideways])
    w_out = torch.tensor([[2.0, 0.0], [-0.1, 0.0], [0.0, 3.0], [1.0, 1.0]])
    found = frequency_cosine(w_out, unembedding, counts)
    assert found.tolist() == pytest.approx([1, -1, 0, 2**-0.5], abs=1e-6)


def test_frequency_cosine_agrees_with_a_loop():
    generator = torch.Generator().manual_seed(0)
    w_out = torch.randn(4, 8, generator=generator)
    unembedding = torch.randn(8, 30, generator=generator)
    counts = torch.randint(0, 1000, (30,), generator=generator)
    logs = (counts.double() + 1).log()
    expected = [references.cosine(neuron @ unembedding, logs - logs.mean()) for neuron in w_out]
    found = frequency_cosine(w_out, unembedding, counts)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_a_neuron_without_a_direct_effect_has_cosine_zero_not_that_of_rounding():
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(8, 30, generator=generator)
    null = torch.randn(8, generator=generator)
    null /= null.norm()
    unembedding -= torch.outer(null, null @ unembedding)  # 0 along null, but for rounding
    counts = torch.randint(0, 1000, (30,), generator=generator)
    w_out = torch.stack([5 * null, torch.zeros(8), null + 1e-3 * unembedding[:, 0]])
    found = frequency_cosine(w_out, unembedding, counts)
    assert (null @ unembedding).abs().max() > 0
    assert found[:2].tolist() == [0, 0]
    u = frequency_direction(counts)
    assert found[2].item() == pytest.approx(
        references.cosine(1e-3 * unembedding[:, 0] @ unembedding, u), abs=1e-3
    )


def test_counts_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match="expected counts for 30 tokens, got 29"):
        frequency_cosine(torch.ones(1, 8), torch.ones(8, 30), torch.arange(29))


def test_bundled_counts_fit_the_bundled_model():
    model = references.bundled("prose")
    counts = unigram_counts("prose")
    assert counts.shape == (model.cfg.d_vocab,)
    assert counts.dtype == torch.int64
    assert model.tokenizer.decode([int(counts.argmax())]) in {",", " the", "."}


@FEW
@given(COUNTS)
def test_a_unigram_holds_the_distribution_in_two_forms(counts):
    assume(len(set(counts)) > 1)
    unigram = Unigram.from_counts(torch.tensor(counts), len(counts))
    assert unigram.probability.equal(unigram_distribution(torch.tensor(counts)))
    log_p = unigram.probability.double().log()
    rebuilt = log_p.mean() + unigram.spread * unigram.direction.double()
    assert rebuilt.allclose(log_p, atol=1e-4)
    expected = sum(
        p * u for p, u in zip(unigram.probability.tolist(), unigram.direction.tolist(), strict=True)
    )
    assert unigram.mean_direction == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (torch.arange(29), "expected counts for 30 tokens, got 29"),
        (torch.zeros(30, dtype=torch.long), "zero"),
        (torch.arange(30) - 1, "negative"),
        (torch.full((30,), 7), "alike"),
    ],
)
def test_a_unigram_of_unfit_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        Unigram.from_counts(counts, 30)


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


def test_unfit_counts_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match="zero"):
        save_counts(torch.zeros(5, dtype=torch.long), tmp_path / "counts.safetensors")
    assert not list(tmp_path.iterdir())
