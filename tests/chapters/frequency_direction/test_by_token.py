"""Which way a neuron pushes, and what stands beside a token, is that token's own."""

import numpy as np
import pandas as pd
import pytest

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction import by_token
from confidence_neurons_book.frequency_direction.putting_back import neuron_effects
from confidence_neurons_book.frequency_direction.unigrams import frequency_classes

COUNTS = references_ablation.counts_for()


def test_pushes_are_signed_by_the_cosine_and_counted_from_the_mean():
    model, _ = references.tiny_pair("llama")
    tokens = references.tokens_for(rows=3)
    state = cn.run(model, tokens)
    effects = neuron_effects(model, state, [2, 6], {}, cn.Unigram.from_counts(COUNTS))
    story = by_token.pushes(model, state, effects, {2: 0.3, 6: -0.3}, COUNTS)
    classes = frequency_classes(COUNTS)
    for neuron, sign in ((2, 1), (6, -1)):
        part = story[story["neuron"] == neuron]
        spread = sign * (part["activation"] - part["activation"].mean())
        expected = (spread / part["activation"].std()).to_numpy()
        assert part["push"].to_numpy() == pytest.approx(expected, abs=1e-5)
        assert ((part["way"] == by_token.TOWARDS) == (part["push"] > 0)).all()
    for row in story.to_dict("records"):
        here, after = tokens[row["sequence"], row["position"] : row["position"] + 2].tolist()
        assert [row["at"], row["next"]] == cn.token_labels(model, [here, after])
        assert row["frequent"] == (classes[after] == "frequent")
        assert row["next class"] == (
            by_token.FREQUENT_NEXT if row["frequent"] else by_token.OTHER_NEXT
        )
    assert story["loss_added"].tolist() == (-story["loss_total"]).tolist()
    assert story["entropy_added"].tolist() == (-story["entropy_total"]).tolist()


def test_when_pushed_is_a_difference_of_means():
    random = np.random.default_rng(0)
    places = pd.DataFrame({"sequence": np.repeat(range(8), 5), "position": np.tile(range(5), 8)})
    levels = places.assign(entropy=random.normal(size=40))
    way = np.where(random.random(40) > 0.5, by_token.TOWARDS, by_token.AWAY)
    story = places.assign(group="g", way=way, frequent=(random.random(40) > 0.5).astype(float))
    found = by_token.when_pushed(story, levels)
    for column, values in (
        ("entropy (nats)", levels["entropy"]),
        ("share of frequent tokens", story["frequent"]),
    ):
        towards = values[way == by_token.TOWARDS].mean() - values[way == by_token.AWAY].mean()
        assert found.loc["g", column].startswith(f"{towards:z.2f} [")
