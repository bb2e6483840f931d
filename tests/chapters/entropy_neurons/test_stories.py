"""Stories of neurons, against hooks on the whole model."""

import re

import pytest

import confidence_neurons as cn
from confidence_neurons_book.entropy_neurons.stories import (
    FROZEN,
    WITH,
    WITHOUT,
    activations_by_noise,
    lay_out,
    neuron_stories,
    predictions_without,
    strongest_places,
)
from references import entropy, softmax, tiny_pair, tokens_for
from references_ablation import by_hooks, mean_activation, runs_by_hooks

HOOK = "blocks.1.mlp.hook_post"


@pytest.fixture(scope="module")
def model():
    return tiny_pair("neox-serial")[0]


def rows(count, seed=0):
    return tokens_for(rows=count, length=14, seed=seed)


def shown(labels):
    return "".join(labels).replace("␣", " ").replace("⏎", " / ")


def test_stories_agree_with_hooks(model):
    texts, rest = {"one": rows(1, 1), "other": rows(1, 2)}, rows(3, 3)
    to = cn.run(model, rest).mean_activations()
    stories = neuron_stories(model, texts, [4, 0], to=to)
    assert len(stories) == 2 * 2 * 12
    for (text, neuron), part in stories.groupby(["text", "neuron"]):
        tokens = texts[text]
        slow = by_hooks(model, tokens, neuron, to=mean_activation(model, rest, neuron))
        clean = [entropy(logits.tolist()) for logits in model(tokens)[0, 1:-1].double()]
        assert list(part["position"]) == list(range(1, 13))
        assert list(part["token"]) == cn.token_labels(model, tokens[0, 1:-1])
        assert part["entropy_added"].to_numpy() == pytest.approx(
            -slow["entropy_total"].numpy(), abs=2e-5
        )
        assert part["loss_added"].to_numpy() == pytest.approx(-slow["loss_total"].numpy(), abs=2e-5)
        assert part["entropy"].tolist() == pytest.approx(clean, rel=1e-4)


def test_lines_hold_all_tokens_in_order_and_none_is_too_long():
    labels = ["It", "␣was", "␣a", "␣cold", "extraordinarily-long", ",", "⏎"]
    places = lay_out(labels, width=10)
    assert list(places["token"]) == labels
    assert places["line"].is_monotonic_increasing
    for _, line in places.groupby("line"):
        assert line["start"].iloc[0] == 0
        assert list(line["start"].iloc[1:]) == list(line["end"].iloc[:-1])
        assert line["end"].iloc[-1] <= 10 or len(line) == 1
    assert list(places["end"] - places["start"]) == [len(label) for label in labels]
    assert len(lay_out([])) == 0


def test_predictions_agree_with_hooks(model):
    tokens, position, neuron, level = rows(1, 4), 6, 3, 0.7
    frame = predictions_without(model, tokens, position, neuron, level, top=5)
    runs = runs_by_hooks(model, tokens, {neuron: level})
    named = {WITH: "clean", WITHOUT: "total", FROZEN: "direct"}
    order = runs["clean"][0, position].argsort(descending=True).tolist()
    assert list(dict.fromkeys(frame["state"])) == list(named)
    for state, part in frame.groupby("state"):
        logits = runs[named[state]][0, position].double().tolist()
        chosen = [order[rank - 1] for rank in part["rank"]]
        assert part["token"].tolist() == cn.token_labels(model, chosen)
        assert part["probability"].tolist() == pytest.approx(
            [softmax(logits)[token] for token in chosen], rel=1e-3
        )
        assert part["entropy"].iloc[0] == pytest.approx(entropy(logits), rel=1e-4)
        (coming,) = part.loc[part["target"], "rank"]
        assert order[coming - 1] == int(tokens[0, position + 1])
        assert list(part["rank"])[:4] == [1, 2, 3, 4]


def test_holding_a_neuron_where_it_is_changes_nothing(model):
    tokens = rows(1, 5)
    _, cache = model.run_with_cache(tokens)
    frame = predictions_without(model, tokens, 4, 9, cache[HOOK][0, 4, 9].item())
    assert len(frame) == 3 * 8
    first, *others = [part["probability"].to_numpy() for _, part in frame.groupby("state")]
    for other in others:
        assert other == pytest.approx(first, abs=1e-6)


def test_activations_on_noise_agree_with_the_cache(model):
    tokens, counts = rows(2, 6), tokens_for(length=300)[0]
    frame = activations_by_noise(model, tokens, counts, [5, 1], rates=(0.0, 0.5))
    assert list(frame["neuron"]) == [5, 1, 5, 1]
    for row in frame.itertuples():
        expected = mean_activation(model, cn.corrupt(tokens, row.rate, counts), row.neuron)
        assert row.activation == pytest.approx(expected, abs=1e-5)


def test_strongest_places_are_the_peaks_of_the_best_rows(model):
    tokens = rows(4, 7)
    _, cache = model.run_with_cache(tokens)
    frame = strongest_places(model, tokens, [9, 2], top=3, before=2, after=1)
    assert list(frame["neuron"]) == [9] * 3 + [2] * 3
    for neuron, part in frame.groupby("neuron", sort=False):
        activations = cache[HOOK][:, 1:-1, neuron]
        peaks = activations.amax(dim=1).sort(descending=True).values[:3]
        assert part["activation"].tolist() == pytest.approx(peaks.tolist(), abs=1e-4)
        for row in part.itertuples():
            here = activations[row.sequence, row.position - 1].item()
            assert row.activation == pytest.approx(here, abs=1e-4)
            before, token, after = re.split("[«»]", row.context)
            text, start = tokens[row.sequence], max(1, row.position - 2)
            around = cn.token_labels(model, text[start : row.position + 2])
            assert before + token + after == shown(around)
            assert token == shown(cn.token_labels(model, [int(text[row.position])]))


def test_of_rows_that_begin_alike_the_first_comes_first(model):
    tokens = rows(1, 8).repeat(3, 1)
    assert list(strongest_places(model, tokens, [9], top=3)["sequence"]) == [0, 1, 2]
