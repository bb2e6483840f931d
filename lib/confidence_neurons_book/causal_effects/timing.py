"""Is the dial turned where it should be? The model as it is, beside two that lack its timing.

In the first of these what turns the dial rests; in the second it rests and one
temperature stands in its place, which gives the same mean entropy. From the
first to the second the loss says what a dial that stands still is worth, from
the second to the model as it is what it is worth to turn it at some tokens
more than at others.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.state import State
from confidence_neurons_book.causal_effects.dial import Dial
from confidence_neurons_book.causal_effects.hands import turns
from confidence_neurons_book.causal_effects.subjects import Subject

CELL = ["model", "text", "group"]
SIGNALS = ("need", "entropy")
PARTS = {"standing": ("rest_loss", "one_loss"), "timing": ("one_loss", "loss")}
KEPT = ["entropy", "loss", "confidence", "right"]


def measured(subject: Subject, ablated: Collection[str] = ()) -> pd.DataFrame:
    """Read every text as it is, with each turn of the dial at rest, and with one temperature.

    Parameters
    ----------
    subject
        The model and what is measured on it.
    ablated
        Groups of neurons that also rest along all paths, not by the dial alone.

    Returns
    -------
    As `read_turns`, one text after the other.
    """
    frames = []
    for kind, tokens in subject.texts.items():
        state = cn.run(subject.model, tokens)
        without = {group: _ablated_loss(subject, state, group) for group in ablated}
        frames.append(read_turns(subject, kind, state, turns(subject, state), without))
    return pd.concat(frames, ignore_index=True)


def read_turns(
    subject: Subject,
    kind: str,
    state: State,
    turned: Mapping[str, Float[Tensor, " token"]],
    ablated_losses: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """The same for one text and given turns.

    Returns
    -------
    One row per group and counted token: `model`, `text`, `group`, `sequence`,
    `position`, `turn`, `need` (surprisal minus entropy where the group rests,
    in nats); `entropy`, `loss`, `confidence`, `right` of the model as it is,
    and the same with `rest_` and `one_` before them; `ablated_loss`, NaN for
    the groups that are not ablated.
    """
    dial, known = Dial.of(subject.model, state), ablated_losses or {}
    as_is = dial.read(torch.zeros(()))
    goal = float(as_is["entropy"].mean())
    frames = []
    for group, turn in turned.items():
        told = {"": as_is, "rest_": dial.read(-turn), "one_": dial.matched(-turn, goal)}
        columns = {
            f"{prefix}{name}": values[name].numpy()
            for prefix, values in told.items()
            for name in KEPT
        }
        named = {"model": subject.name, "text": kind, "group": group}
        frames.append(state.places().assign(**named, turn=turn.numpy(), **columns))
    frame = pd.concat(frames, ignore_index=True)
    losses = [known.get(group, np.full(len(turn), np.nan)) for group, turn in turned.items()]
    frame["ablated_loss"] = np.concatenate(losses)
    return frame.assign(need=frame["rest_loss"] - frame["rest_entropy"])


def _ablated_loss(subject: Subject, state: State, group: str) -> np.ndarray:
    level = subject.reference.mean_activations()
    rested = cn.ablate(subject.model, state, subject.groups[group], to=level)
    return cn.read(subject.model, rested, "loss")["loss"].to_numpy()


def by_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean turn and mean need of each cell, with their bounds: `turn`, `turn_low`, ..."""
    found = cn.intervals(frame, CELL, ["turn", "need"])
    parts = [
        found[found["quantity"] == name]
        .set_index(CELL)[["estimate", "low", "high"]]
        .set_axis([name, f"{name}_low", f"{name}_high"], axis=1)
        for name in ("turn", "need")
    ]
    return pd.concat(parts, axis=1).reset_index()


def rank_correlations(frame: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation of the turn with need and entropy at rest, with intervals.

    Ranks are given once, over all tokens of a cell; then rows of text are
    drawn again.

    Returns
    -------
    `model`, `text`, `group`, `signal` ("need" or "entropy"), `estimate`,
    `low`, `high`, `tokens`.
    """
    signals = frame.assign(entropy=frame["rest_entropy"])
    ranks = signals.groupby(CELL, sort=False)[["turn", *SIGNALS]].rank(pct=True) - 0.5
    frames = []
    for signal in SIGNALS:
        x, y = ranks["turn"], ranks[signal]
        products = frame[[*CELL, "sequence"]].assign(x=x, y=y, xy=x * y, xx=x * x, yy=y * y)
        found = cn.intervals(products, CELL, ["x", "y", "xy", "xx", "yy"], statistic=_correlation)
        frames.append(found.assign(signal=signal))
    return pd.concat(frames, ignore_index=True)


def saved(frame: pd.DataFrame) -> pd.DataFrame:
    """What is saved of the loss by a dial that stands still, and by its timing, with intervals.

    Returns
    -------
    `model`, `text`, `group`, `part` ("standing" or "timing"), `estimate`,
    `low`, `high` in nats a token, `tokens`. Below 0 it costs.
    """
    parts = [
        cn.intervals(frame, CELL, list(columns), statistic=torch.sub).assign(part=part)
        for part, columns in PARTS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _correlation(x: Tensor, y: Tensor, xy: Tensor, xx: Tensor, yy: Tensor) -> Tensor:
    return (xy - x * y) / ((xx - x * x) * (yy - y * y)).sqrt()
