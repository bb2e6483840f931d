"""Turn neurons at one token as the playground does, measured by the library.

Beside the neurons that are turned stands a control: for each a neuron whose
output weights are as long, moved by the same amount of activation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, unembed
from confidence_neurons.text.beginning import first_ids
from confidence_neurons.text.plain import as_trained

MEAN, CLAMP, BOOST = "mean", "clamp", "boost"
AS_IT_IS, TURNED, CONTROL = "as it is", "turned", "control"
NEAREST = 10  # in weight norm, of which one is a neuron's control
FIRST_DRAW = 0  # the page draws others on request
BITS = 2**32 - 1
LIKELIEST = 8  # tokens of a prediction that are shown


@dataclass(frozen=True)
class Turn:
    """Neurons of the last layer, and what they are set to.

    Attributes
    ----------
    neurons
        Each once.
    how
        "mean": held at their means over the bundled passages; "clamp": held
        at `value`; "boost": multiplied by it.
    value
        Of no meaning for "mean".
    """

    neurons: Sequence[int]
    how: str = MEAN
    value: float = 0.0


def read_text(model: Model, text: str) -> Int[Tensor, "1 position"]:
    """BOS and the tokens of a text, as many as the model can read at once."""
    room = model.cfg.n_ctx - 1
    ids = first_ids(model.tokenizer, as_trained(model, [text]), room)[:room]
    return torch.tensor([[model.tokenizer.bos_token_id, *ids]], device=model.cfg.device)


def turned_states(
    model: Model, tokens: Int[Tensor, "1 position"], at: int, turn: Turn
) -> dict[str, State]:
    """The state as it is, with the neurons turned and with their control moved; `at` counts."""
    here = torch.zeros_like(tokens, dtype=torch.bool)
    here[0, at] = True
    state = cn.run(model, tokens, at=here)
    fired, neurons = state.activations[0, at].double(), list(turn.neurons)
    moved = _level(model, fired, turn)[neurons] - fired[neurons]
    states = {AS_IT_IS: state}
    for name, members in {TURNED: neurons, CONTROL: control_neurons(model, neurons)}.items():
        level = fired.index_add(0, torch.tensor(members, device=fired.device), moved)
        states[name] = cn.ablate(model, state, members, to=level)
    return states


def _level(model: Model, fired: Float[Tensor, " d_mlp"], turn: Turn) -> Float[Tensor, " d_mlp"]:
    if turn.how == MEAN:
        return cn.run(model, cn.prose_tokens(model)).mean_activations().to(fired)
    return torch.full_like(fired, turn.value) if turn.how == CLAMP else fired * turn.value


def control_neurons(model: Model, neurons: Sequence[int]) -> list[int]:
    """For each neuron another of nearly the same weight norm, of no recorded group."""
    groups = cn.recorded_groups(str(model.cfg.model_name))
    norms = cn.neuron_weights(model)["weight_norm"].tolist()
    taken, controls = {*neurons, *(n for group in groups.values() for n in group)}, []
    for neuron in neurons:
        free = sorted(
            (n for n in range(len(norms)) if n not in taken),
            key=lambda n: (abs(norms[n] - norms[neuron]), n),
        )
        controls.append(free[int(NEAREST * random_share(neuron, FIRST_DRAW))])
        taken.add(controls[-1])
    return controls


def random_share(*seeds: int) -> float:
    """A number from 0 to 1, the first one that the page draws with these seeds (mulberry32)."""
    state = 0
    for seed in seeds:
        state = ((state ^ seed) * 0x9E3779B1 + 0x85EBCA6B) & BITS
    state = (state + 0x6D2B79F5) & BITS
    mixed = (state ^ (state >> 15)) * (1 | state) & BITS
    added = (mixed ^ (mixed >> 7)) * (61 | mixed)
    mixed = ((mixed + added) ^ mixed) & BITS
    return (mixed ^ (mixed >> 14)) / 2**32


def predictions(model: Model, states: dict[str, State]) -> pd.DataFrame:
    """Probabilities of the likeliest next tokens: `token`, and a column for each state."""
    logits = {
        name: unembed(model, state.residual[state.counted], state.scale[state.counted])[0]
        for name, state in states.items()
    }
    p = {name: cn.log_probabilities(each.double()).exp() for name, each in logits.items()}
    top = p[AS_IT_IS].topk(LIKELIEST).indices.tolist()
    chances = {name: each[top].tolist() for name, each in p.items()}
    return pd.DataFrame({"token": cn.token_labels(model, top), **chances})


def changes(model: Model, states: dict[str, State]) -> pd.DataFrame:
    """Entropy (nats) and final scale before and after, for what is turned and for its control."""
    changed = {name: state for name, state in states.items() if name != AS_IT_IS}
    read = {
        name: cn.read(model, state, ("entropy", "scale")).iloc[0] for name, state in states.items()
    }
    found = cn.compare(
        model, states[AS_IT_IS], changed, paths=("total", "direct"), quantities="entropy"
    ).set_index("group")
    total, direct = found["entropy_total"], found["entropy_direct"]
    before = read[AS_IT_IS]
    columns = {
        name: {
            "before": before["entropy"],
            "after": read[name]["entropy"],
            "change": total[name],
            "through the scale": total[name] - direct[name],
            "directly": direct[name],
            "final scale before": before["scale"],
            "final scale after": read[name]["scale"],
        }
        for name in changed
    }
    return pd.DataFrame(columns).rename_axis("entropy (nats)")
