"""Stories of neurons, against hooks on the whole model."""

import re

import pytest
import torch

from confidence_neurons.measure.outputs import entropy, next_token_loss
from confidence_neurons.model.loading import load_model
from confidence_neurons.text.altered import corrupt
from confidence_neurons_book.confidence.predictions import token_labels
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
from tiny_models import save_tiny_model

HOOK = "blocks.1.mlp.hook_post"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("neox")
    save_tiny_model(directory, "neox-serial")
    return load_model(directory, device="cpu")


def rows(count, seed=0, length=14):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, 300, (count, length), generator=generator)


def held(model, tokens, neuron, value):
    """Logits of the whole model with one neuron held at a value."""

    def hold(activations, hook):
        changed = activations.clone()
        changed[..., neuron] = value
        return changed

    return model.run_with_hooks(tokens, fwd_hooks=[(HOOK, hold)])


def mean_activation(model, tokens, neuron):
    _, cache = model.run_with_cache(tokens)
    return cache[HOOK][:, 1:-1, neuron].mean().item()


def test_stories_agree_with_hooks(model):
    texts, reference = {"one": rows(1, 1), "other": rows(1, 2)}, rows(3, 3)
    stories = neuron_stories(model, texts, [4, 0], reference=reference)
    assert len(stories) == 2 * 2 * 12
    for (text, neuron), part in stories.groupby(["text", "neuron"]):
        tokens = texts[text]
        clean = model(tokens)
        ablated = held(model, tokens, neuron, mean_activation(model, reference, neuron))
        added = (entropy(clean) - entropy(ablated))[0, 1:-1]
        loss = (next_token_loss(clean, tokens) - next_token_loss(ablated, tokens))[0, 1:]
        assert list(part["position"]) == list(range(1, 13))
        assert part["entropy_added"].to_numpy() == pytest.approx(added.numpy(), abs=2e-5)
        assert part["loss_added"].to_numpy() == pytest.approx(loss.numpy(), abs=2e-5)
        assert part["entropy"].to_numpy() == pytest.approx(
            entropy(clean)[0, 1:-1].numpy(), rel=1e-4
        )


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
    tokens, position, neuron, mean = rows(1, 4), 6, 3, 0.7
    frame = predictions_without(model, tokens, position, neuron, mean, top=5)
    expected = {
        WITH: model(tokens)[0, position],
        WITHOUT: held(model, tokens, neuron, mean)[0, position],
    }
    order = expected[WITH].argsort(descending=True).tolist()
    target = int(tokens[0, position + 1])
    for state, logits in expected.items():
        part = frame[frame["state"] == state]
        shown = [order[rank - 1] for rank in part["rank"]]
        assert target in shown
        assert part["probability"].to_numpy() == pytest.approx(
            logits.softmax(-1)[shown].numpy(), rel=1e-3
        )
        assert part["entropy"].iloc[0] == pytest.approx(entropy(logits).item(), rel=1e-4)
        assert part["target"].sum() == 1
    assert list(frame[frame["state"] == WITH]["rank"])[:4] == [1, 2, 3, 4]


def test_freezing_the_scale_is_another_state(model):
    frame = predictions_without(model, rows(1, 4), 6, 3, 5.0)
    entropies = frame.groupby("state")["entropy"].first()
    assert entropies[FROZEN] != pytest.approx(entropies[WITHOUT], abs=1e-6)
    assert len(frame) == 3 * 8


def test_holding_a_neuron_where_it_is_changes_nothing(model):
    tokens = rows(1, 5)
    _, cache = model.run_with_cache(tokens)
    frame = predictions_without(model, tokens, 4, 9, cache[HOOK][0, 4, 9].item())
    by_state = [part["probability"].to_numpy() for _, part in frame.groupby("state")]
    assert by_state[0] == pytest.approx(by_state[1], abs=1e-6)
    assert by_state[0] == pytest.approx(by_state[2], abs=1e-6)


def test_activations_on_noise_agree_with_the_cache(model):
    tokens, unigram = rows(2, 6), torch.arange(1, 301)
    frame = activations_by_noise(model, tokens, unigram, [5, 1], rates=(0.0, 0.5))
    for row in frame.itertuples():
        expected = mean_activation(model, corrupt(tokens, row.rate, unigram), row.neuron)
        assert row.activation == pytest.approx(expected, abs=1e-5)


def test_strongest_places_are_the_peaks_of_the_best_rows(model):
    tokens = rows(4, 7)
    _, cache = model.run_with_cache(tokens)
    frame = strongest_places(model, tokens, [9, 2], top=3, before=2, after=1)
    assert list(frame["neuron"]) == [9] * 3 + [2] * 3
    for neuron, part in frame.groupby("neuron", sort=False):
        activations = cache[HOOK][:, 1:-1, neuron]
        peaks = activations.amax(dim=1).sort(descending=True).values[:3]
        assert part["activation"].tolist() == pytest.approx(peaks.tolist(), abs=1e-5)
        for row in part.itertuples():
            here = activations[row.sequence, row.position - 1].item()
            assert row.activation == pytest.approx(here, abs=1e-5)
            before, token, after = re.split("[«»]", row.context)
            start = max(1, row.position - 2)
            assert before + token + after == "".join(
                token_labels(model, tokens[row.sequence, start : row.position + 2].tolist())
            ).replace("␣", " ").replace("⏎", " / ")
            label = token_labels(model, [int(tokens[row.sequence, row.position])])[0]
            assert token == label.replace("␣", " ").replace("⏎", " / ")


def test_bad_input_is_refused(model):
    with pytest.raises(ValueError, match="top"):
        strongest_places(model, rows(2), [0], top=3)
    with pytest.raises(ValueError, match="one row"):
        neuron_stories(model, {"two": rows(2)}, [0], reference=rows(2))
    with pytest.raises(ValueError, match="next token"):
        predictions_without(model, rows(1), 13, 0, 0.0)
    with pytest.raises(ValueError, match="neurons"):
        predictions_without(model, rows(1), 3, 64, 0.0)
    with pytest.raises(ValueError, match="width"):
        lay_out(["a"], width=0)
