"""Stories of neurons, against hooks on the whole model."""

import pytest

import confidence_neurons as cn
from confidence_neurons_book.entropy_neurons import stories
from references import entropy, tiny_pair, tokens_for
from references_ablation import by_hooks, mean_activation


@pytest.fixture(scope="module")
def model():
    return tiny_pair("neox-serial")[0]


def rows(count, seed=0):
    return tokens_for(rows=count, length=14, seed=seed)


def test_stories_agree_with_hooks(model):
    texts, rest, cast = {"one": rows(1, 1), "other": rows(1, 2)}, rows(3, 3), {4: "four", 0: "zero"}
    to = cn.run(model, rest).mean_activations()
    told = stories.neuron_stories(model, texts, cast, to=to)
    assert len(told) == 2 * 2 * 12
    for (text, name), part in told.groupby(["text", "name"]):
        tokens = texts[text]
        (neuron,) = (n for n in cast if cast[n] == name)
        slow = by_hooks(model, tokens, neuron, to=mean_activation(model, rest, neuron))
        clean = [entropy(logits.tolist()) for logits in model(tokens)[0, 1:-1].double()]
        assert list(part["token"]) == cn.token_labels(model, tokens[0, 1:-1])
        assert part["added"].to_numpy() == pytest.approx(-slow["entropy_total"].numpy(), abs=2e-5)
        assert part["entropy"].tolist() == pytest.approx(clean, rel=1e-4)


def test_neurons_stand_in_the_order_of_the_cast(model):
    to = cn.run(model, rows(2)).mean_activations()
    told = stories.neuron_stories(model, {"one": rows(1)}, {9: "nine", 2: "two"}, to=to)
    assert list(dict.fromkeys(told["name"])) == ["nine", "two"]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ('"', stories.QUOTE),
        ('␣"', stories.QUOTE),
        (',"', stories.OTHER),
        ('."', stories.OTHER),
        ("⏎", stories.BREAK),
        ("⏎⏎", stories.BREAK),
        ("␣said", stories.SAID),
        ("␣cried", stories.SAID),
        ("␣the", stories.BEFORE_NOUN),
        ("␣my", stories.BEFORE_NOUN),
        ("␣there", stories.OTHER),
        ("␣", stories.OTHER),
    ],
)
def test_kinds_of_tokens(label, kind):
    assert stories.kinds_of_tokens([label]) == [kind]


def test_activations_on_noise_agree_with_the_cache(model):
    tokens, counts = rows(2, 6), tokens_for(length=300)[0]
    frame = stories.activations_by_noise(
        model, tokens, counts, {"few": [5, 1], "one": [3]}, rates=(0.0, 0.5)
    )
    assert len(frame) == 2 * 2 * 24
    for (rate, group), part in frame.groupby(["rate", "group"]):
        members = {"few": [5, 1], "one": [3]}[group]
        noisy = cn.corrupt(tokens, rate, counts)
        expected = sum(mean_activation(model, noisy, n) for n in members) / len(members)
        assert part["activation"].mean() == pytest.approx(expected, abs=1e-5)
