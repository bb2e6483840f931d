"""Chosen neurons beside their controls: held together, and one by one, always with intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.command.choosing import CANDIDATES, Choice
from confidence_neurons.command.settings import Settings
from confidence_neurons.engine.closed_form import Held
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.tokens import token_effects_of
from confidence_neurons.groups.names import FREQUENCY
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons.weights.unigram import Counts

LOGITS = 25_000_000  # about as many at the positions that groups are measured at
FEWEST_POSITIONS = 256
BLOCKS = 8  # of rows, where only `scan` can measure
TOGETHER, ONE_BY_ONE = "together", "one by one"
SHARE = {  # quantity and path -> what the mediated share is called
    ("entropy", "direct"): "entropy_ln_mediated",
    ("loss", "direct"): "loss_ln_mediated",
    ("kl", "frequency"): "frequency_mediated",
    ("entropy", "frequency"): "entropy_frequency_mediated",
}


def measure_choices(
    model: Model,
    state: State,
    choices: Sequence[Choice],
    counts: Counts | None,
    settings: Settings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Groups, and single neurons of them, with intervals over sequences.

    Where an ablation is not an update of the last residual stream (in other
    layers, behind a norm), the neurons are only measured one by one, by `scan`
    of a few blocks of rows.
    """
    at = thinned(state.counted, model.cfg.d_vocab)
    last = state.layer == model.cfg.n_layers - 1
    every = one_by_one(model, state, at, choices, settings, last=last)
    groups, members = [], []
    for choice in choices:
        alone = _members_of(every, choice)
        members.append(_named(_summarised(alone, ["group", "neuron"]), choice))
        groups.append(_named(_summarised(alone, ["group"]), choice).assign(held=ONE_BY_ONE))
        if not last:
            continue
        try:
            whole = together(model, state, at, choice, counts)
        except NotImplementedError:
            continue
        single = whole["group"].map(lambda name: isinstance(name, int))
        groups.append(_named(_summarised(whole[~single], ["group"]), choice).assign(held=TOGETHER))
        if single.any():
            found = _summarised(whole[single].rename(columns={"group": "neuron"}), ["neuron"])
            along = found[found["quantity"].str.contains("frequency|kl_total")]
            members.append(_named(along.assign(group=choice.name), choice))
    return _tidy(groups, choices), _tidy(members, choices)


def thinned(
    counted: Bool[Tensor, "batch position"], d_vocab: int
) -> Bool[Tensor, "batch position"]:
    """Of the counted positions so many, evenly spread, that measuring groups stays affordable."""
    wanted = max(FEWEST_POSITIONS, LOGITS // d_vocab)
    step = -(-int(counted.sum()) // wanted)
    order = counted.flatten().cumsum(dim=0).view_as(counted) - 1
    return counted & (order % step == 0)


def together(
    model: Model,
    state: State,
    at: Bool[Tensor, "batch position"],
    choice: Choice,
    counts: Counts | None,
) -> pd.DataFrame:
    """Changes at each token with all neurons of a group held at their means.

    Of token frequency neurons the first are measured by themselves too: the
    groups that are called by their numbers.
    """
    frequency = choice.kind == FREQUENCY
    single = {neuron: [neuron] for neuron in choice.neurons[:CANDIDATES]} if frequency else {}
    return cn.effects(
        model,
        state.at(at),
        {**choice.groups, **single},
        to=state.mean_activations(),
        paths=("total", "frequency") if frequency else ("total", "direct"),
        quantities=("entropy", "loss", "kl") if frequency else ("entropy", "loss"),
        counts=counts,
    )


def one_by_one(
    model: Model,
    state: State,
    at: Bool[Tensor, "batch position"],
    choices: Sequence[Choice],
    settings: Settings,
    *,
    last: bool,
) -> pd.DataFrame:
    """Changes at each token with single neurons held, the strongest of each group."""
    members = sorted({n for choice in choices for some in choice.first().values() for n in some})
    if not members:
        return pd.DataFrame()
    budget = settings.memory_budget or DEFAULT_BUDGET
    if last:
        to_hold = Held.of(state, members, None, None)
        try:
            return token_effects_of(model, state.at(at), to_hold, budget)
        except NotImplementedError:
            pass
    return by_blocks(model, state, members, settings)


def _members_of(frame: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """The rows of a choice's neurons, with their groups."""
    group = {neuron: name for name, some in choice.first().items() for neuron in some}
    return frame[frame["neuron"].isin(list(group))].assign(group=frame["neuron"].map(group))


def by_blocks(model: Model, state: State, members: list[int], settings: Settings) -> pd.DataFrame:
    """Mean sizes of effects in a few blocks of rows, each as often as the block has tokens."""
    frames = []
    for block, rows in enumerate(np.array_split(range(len(state.tokens)), BLOCKS)):
        if not len(rows):
            continue
        tokens = state.tokens[rows.tolist()]
        frame = cn.scan(
            model,
            tokens,
            neurons=members,
            to=state.mean_activations(),
            layer=settings.layer,
            seed=settings.seed,
        )
        counted = int(state.counted[rows.tolist()].sum())
        frames.append(frame.loc[frame.index.repeat(counted)].assign(sequence=block))
    return pd.concat(frames, ignore_index=True)


def _summarised(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean sizes of the changes, and mediated shares, with intervals."""
    paths = ("_total", "_direct", "_frequency")
    sizes = [name for name in frame if name.endswith(paths) and name != "kl_from_clean"]
    sizes += ["kl_from_clean", "argmax_changed"]
    found = [cn.intervals(frame, by, sizes, size=True)]
    for (quantity, path), name in SHARE.items():
        values = [f"{quantity}_{path}", f"{quantity}_total"]
        if set(values) <= set(frame):
            share = cn.intervals(frame, by, values, size=True, statistic=cn.mediated_share)
            found.append(share.assign(quantity=name))
    if "entropy_total" in frame:
        shift = cn.intervals(frame, by, ["entropy_total"])
        found.append(shift.assign(quantity="entropy_shift"))
    return pd.concat(found, ignore_index=True)


def _named(frame: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    return frame.assign(of=choice.kind)


def _tidy(frames: Sequence[pd.DataFrame], choices: Sequence[Choice]) -> pd.DataFrame:
    """One frame, its groups with their neurons, columns in their order."""
    if not frames:
        return pd.DataFrame(columns=[name for name in COLUMNS if name != "neuron"])
    frame = pd.concat(frames, ignore_index=True)
    chosen = {choice.kind: choice for choice in choices}
    keys = list(zip(frame["of"], frame["group"], strict=True))
    frame["chosen_by"] = [_chosen_by(chosen[of], group) for of, group in keys]
    if "neuron" not in frame:
        frame["neurons"] = [" ".join(map(str, chosen[of].groups[group])) for of, group in keys]
    return frame[[name for name in COLUMNS if name in frame]]


def _chosen_by(choice: Choice, group: str) -> str:
    if group != choice.name:
        return "control"
    return "criteria" if choice.met else "nearest to the criteria"


COLUMNS = (
    "of",
    "group",
    "chosen_by",
    "held",
    "neuron",
    "neurons",
    "quantity",
    "estimate",
    "low",
    "high",
    "tokens",
)
