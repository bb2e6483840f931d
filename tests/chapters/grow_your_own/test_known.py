"""What a model says beside what is to be said, on text whose every uncertainty is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import confidence_neurons as cn
from confidence_neurons.growing.holding import hold
from confidence_neurons.growing.language import Language
from confidence_neurons.growing.network import build_network
from confidence_neurons_book.grow_your_own.growth import live_run
from confidence_neurons_book.grow_your_own.known import COLD, HOT, TEMPERATURES, WARM, KnownText

LANGUAGE = Language(content=12, rank=3, switching=0.2)
LENGTH = 10


@pytest.fixture(scope="module")
def text():
    return KnownText.of(LANGUAGE, rows=6, length=LENGTH, seed=3)


@pytest.fixture(scope="module")
def model():
    recipe = replace(
        live_run().recipe, vocab_size=LANGUAGE.d_vocab, d_model=8, sequence_length=LENGTH
    )
    return hold(build_network(recipe), LANGUAGE.tokenizer(), "small")


def test_every_position_with_a_next_token_counts_at_its_temperature(text):
    counted = text.where()
    assert not counted[:, [0, -1]].any()
    assert counted[:, 1:-1].all()
    apart = torch.stack([text.where(each) for each in TEMPERATURES])
    assert torch.equal(apart.sum(dim=0).bool(), counted)
    assert (apart.sum(dim=0) <= 1).all()
    marker = {COLD: 0, WARM: 1, HOT: 2}
    for name, at in zip(TEMPERATURES, apart, strict=True):
        row, place = at.nonzero()[0].tolist()
        said = [token for token in text.tokens[row, : place + 1] if token >= LANGUAGE.first_marker]
        assert said[-1] - LANGUAGE.first_marker == marker[name]


def test_what_the_model_says_is_measured_token_by_token(text, model):
    found = text.read(model)
    state = cn.run(model, text.tokens, at=text.where())
    logits = model.network(text.tokens).logits.double()
    rows = found.sample(8, random_state=0).itertuples()
    for row in rows:
        said = logits[row.sequence, row.position].log_softmax(dim=-1).detach().numpy()
        best = text.best.probabilities[row.sequence, row.position]
        choice = said.argmax()
        assert row.entropy == pytest.approx(-(np.exp(said) * said).sum(), abs=1e-5)
        some = best > 0
        kl = (best[some] * (np.log(best[some]) - said[some])).sum()
        assert row.kl == pytest.approx(kl, abs=1e-5)
        assert row.overconfidence == pytest.approx(np.exp(said[choice]) - best[choice], abs=1e-6)
        assert row.optimal_entropy == pytest.approx(-(best[some] * np.log(best[some])).sum())
    assert len(found) == int(state.counted.sum())


def test_hot_text_can_be_predicted_least(text):
    means = [text.best.entropy[text.where(each).numpy()].mean() for each in TEMPERATURES]
    assert means == sorted(means)


def test_words_read_as_they_were_drawn(text):
    words = text.words(2)
    assert words["row"].unique().tolist() == ["row 1", "row 2"]
    assert len(words) == 2 * (LENGTH - 1)
    assert words["word"][0].strip() in {"<0.4>", "<1>", "<2.5>"}
    names = {0: COLD, 1: WARM, 2: HOT}
    assert words["heat"][0] == names[int(text.tokens[0, 1]) - LANGUAGE.first_marker]
    assert words["ahead"][0] == pytest.approx(text.best.entropy[0, 1], abs=0.006)
