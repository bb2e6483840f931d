"""Token by token: which way a neuron pushes, what that adds, and what came next."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons_book.frequency_direction.unigrams import FREQUENT, frequency_classes
from confidence_neurons_book.told import told

TOWARDS, AWAY = "towards frequent", "towards rare"
FREQUENT_NEXT, OTHER_NEXT = "a frequent one comes", "another one comes"


def pushes(
    model: Model,
    state: State,
    effects: pd.DataFrame,
    cosines: Mapping[int, float],
    counts: Int[Tensor, " d_vocab"],
) -> pd.DataFrame:
    """Add to effects of neurons which way each pushes at each token, and what came next.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text.
    effects : pd.DataFrame
        From `neuron_effects` on that state.
    cosines : mapping of neuron to float
        With u.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in a text: they say which are frequent.

    Returns
    -------
    pd.DataFrame
        With `push`, the activation from its mean in standard deviations,
        positive where it favours frequent tokens more than on average; `way`;
        `next class`; `at` and `next`, labels of this token and the next one;
        and `loss_added`, `entropy_added`, clean minus held, in nats.
    """
    activation = effects.groupby("neuron")["activation"]
    deviation = (effects["activation"] - activation.transform("mean")) / activation.transform("std")
    push = deviation * np.sign(effects["neuron"].map(dict(cosines)))
    classes = frequency_classes(counts)
    frequent = [classes[token] == FREQUENT for token in effects["target"]]
    at = state.tokens[effects["sequence"].tolist(), effects["position"].tolist()]
    return effects.assign(
        push=push,
        way=np.where(push > 0, TOWARDS, AWAY),
        frequent=np.array(frequent, dtype=float),
        **{"next class": np.where(frequent, FREQUENT_NEXT, OTHER_NEXT)},
        at=cn.token_labels(model, at.tolist()),
        next=cn.token_labels(model, effects["target"].tolist()),
        loss_added=-effects["loss_total"],
        entropy_added=-effects["entropy_total"],
    )


def when_pushed(story: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """When each group pushes towards frequent tokens: how unsure, and what comes next.

    Parameters
    ----------
    story : pd.DataFrame
        From `pushes`, with `group`.
    levels : pd.DataFrame
        With the clean `entropy` at each position.

    Returns
    -------
    pd.DataFrame
        By group, as text with intervals: the difference in entropy, and in how
        often a frequent token comes next, where a neuron pushes towards
        frequent tokens and where it pushes towards rare ones.
    """
    frame = story.merge(levels[["sequence", "position", "entropy"]])
    towards = (frame["way"] == TOWARDS).astype(float)
    columns = {}
    for name, label in (("entropy", "entropy (nats)"), ("frequent", "share of frequent tokens")):
        parts = {"a": towards * frame[name], "b": (1 - towards) * frame[name], "t": towards}
        found = cn.intervals(
            frame[["sequence", "group"]].assign(**parts),
            "group",
            ["a", "b", "t"],
            statistic=lambda a, b, t: a / t - b / (1 - t),
        )
        columns[label] = dict(zip(found["group"], told(found), strict=True))
    return pd.DataFrame(columns).rename_axis("group")
