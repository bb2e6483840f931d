"""What a turn does is what the library's own measures say, and its control is one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import confidence_neurons as cn
from confidence_neurons_book.playground.turn import (
    AS_IT_IS,
    CONTROL,
    LIKELIEST,
    TURNED,
    Turn,
    changes,
    control_neurons,
    predictions,
    random_share,
    read_text,
    turned_states,
)
from references import bundled

TEXT = '"What is the matter?" asked the old gentleman, and sat down.'
AT = 9
NINE = cn.recorded_groups("prose")["entropy"]


@pytest.fixture(scope="module")
def model():
    return cn.load_light("prose")


@pytest.fixture(scope="module")
def tokens(model):
    return read_text(model, TEXT)


@pytest.fixture(scope="module")
def means(model):
    return cn.run(model, cn.prose_tokens(model)).mean_activations()


def measured(model, tokens, turn):
    return changes(model, turned_states(model, tokens, AT, turn))


def close(one, other):
    return float(one) == pytest.approx(float(other), abs=1e-4)


@pytest.mark.parametrize("neuron", [43, 5])
@pytest.mark.parametrize("turn", [("mean", 0.0), ("clamp", 3.0), ("clamp", -1.0)])
def test_one_neuron_is_held_as_token_effects_holds_it(model, tokens, means, neuron, turn):
    how, value = turn
    found = measured(model, tokens, Turn([neuron], how, value))[TURNED]
    level = means if how == "mean" else value
    effects = cn.token_effects(model, tokens, [neuron], to=level).set_index("position").loc[AT]
    assert close(found["before"], effects["entropy"])
    assert close(found["change"], effects["entropy_total"])
    assert close(found["directly"], effects["entropy_direct"])
    assert close(found["after"], found["before"] + found["change"])
    assert close(found["through the scale"], found["change"] - found["directly"])


def test_a_group_is_held_together(model, tokens):
    found = measured(model, tokens, Turn(NINE, "clamp", 3.0))[TURNED]
    state = cn.run(model, tokens)
    effects = cn.effects(model, state, {"nine": NINE}, to=3.0).set_index("position").loc[AT]
    assert close(found["change"], effects["entropy_total"])
    assert close(found["directly"], effects["entropy_direct"])
    assert found["change"] > 2
    held = cn.ablate(model, state, NINE, to=3.0)
    assert close(found["final scale before"], state.scale[0, AT])
    assert close(found["final scale after"], held.scale[0, AT])


def test_to_multiply_by_one_changes_nothing_and_by_zero_is_to_hold_at_zero(model, tokens):
    once = measured(model, tokens, Turn(NINE, "boost", 1.0))
    assert float(once.loc["change"].abs().max()) < 1e-5
    never, zero = (measured(model, tokens, Turn(NINE, how, 0.0)) for how in ("boost", "clamp"))
    assert (never - zero).abs().to_numpy().max() < 1e-5


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 511), min_size=1, max_size=9, unique=True))
def test_controls_are_other_neurons_of_nearly_the_same_norm(neurons):
    model = bundled("prose")
    partners = control_neurons(model, neurons)
    grouped = {n for group in cn.recorded_groups("prose").values() for n in group}
    assert len({*partners}) == len(neurons)
    assert not {*partners} & {*neurons, *grouped}
    norms = cn.neuron_weights(model)["weight_norm"]
    for neuron, partner in zip(neurons, partners, strict=True):
        nearer = (norms - norms[neuron]).abs() < abs(norms[partner] - norms[neuron])
        assert len({*norms.index[nearer]} - {*neurons, *grouped, *partners}) < 10


def test_numbers_are_drawn_as_the_page_draws_them():
    drawn = {(0, 0): 0.34334733453579247, (43, 1): 0.7356743733398616, (511, 7): 0.9060435362625867}
    assert {seeds: random_share(*seeds) for seeds in drawn} == drawn


def test_the_control_is_moved_as_far(model, tokens):
    turn = Turn([43, 110], "clamp", 3.0)
    states = turned_states(model, tokens, AT, turn)
    clean = states[AS_IT_IS].activations[0, AT]
    moved = {name: states[name].activations[0, AT] - clean for name in (TURNED, CONTROL)}
    partners = control_neurons(model, turn.neurons)
    assert torch.allclose(moved[TURNED][[43, 110]], moved[CONTROL][partners], atol=1e-5)
    assert {*moved[CONTROL].nonzero().flatten().tolist()} == {*partners}


def test_predictions_are_those_of_the_network(model, tokens):
    shown = predictions(model, turned_states(model, tokens, AT, Turn([43])))
    chances = bundled("prose")(tokens)[0, AT].softmax(dim=-1)
    best = chances.topk(LIKELIEST)
    assert shown["token"].tolist() == cn.token_labels(model, best.indices)
    assert shown[AS_IT_IS].tolist() == pytest.approx(best.values.tolist(), abs=1e-5)


def test_predictions_are_those_of_what_is_turned(model, tokens):
    states = turned_states(model, tokens, AT, Turn(NINE, "clamp", 3.0))
    shown = predictions(model, states)
    for name in (TURNED, CONTROL):
        confidence = cn.read(model, states[name], "confidence")["confidence"].item()
        assert shown[name].max() == pytest.approx(confidence, abs=1e-5)


def test_a_text_is_read_as_the_library_reads_it(model):
    read = read_text(model, "“Well…” said he")
    assert torch.equal(read, cn.tokens_from_text(model, '"Well..." said he', read.shape[1], 1))
    long = read_text(model, "It was a fine day. " * 100)
    assert torch.equal(long, cn.tokens_from_text(model, "It was a fine day. " * 100, 256, 1))
