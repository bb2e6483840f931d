"""Repeats in running text, each with the place where the same words stood first."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons_book.induction.activations import activation_change
from confidence_neurons_book.induction.responses import by_path, response, take_back
from confidence_neurons_book.told import told

FARTHEST = 10  # tokens between a repeat and the place beside it


def repeats_and_firsts(tokens: Int[Tensor, "batch position"], span: int = 2) -> pd.DataFrame:
    """Places whose last tokens stood before in their row, and where they stood first.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens.
    span : int
        Length of a repeat, in tokens.

    Returns
    -------
    pd.DataFrame
        One row per repeat: `row`; `position` of the repeat and `first`, that
        of the same tokens before; `copied`, whether the same token follows
        both; `beside` and `beside_first`, a pair of places as far apart, near
        the two, where nothing repeats. Repeats without such a pair are left
        out.
    """
    found = cn.induction.natural_repeats(tokens, span=span)
    found = found.assign(first=found["source"] - 1)
    repeating = set(zip(found["row"], found["position"], strict=True))
    last = tokens.shape[1] - 2
    steps = [
        next(
            (
                step
                for step in nearest_first()
                if one.first + step >= span
                and one.position + step <= last
                and (one.row, one.first + step) not in repeating
                and (one.row, one.position + step) not in repeating
            ),
            None,
        )
        for one in found.itertuples()
    ]
    kept = found.assign(step=steps).dropna(subset="step").astype({"step": int})
    kept = kept.assign(
        beside=kept["position"] + kept["step"], beside_first=kept["first"] + kept["step"]
    )
    columns = ["row", "position", "first", "copied", "beside", "beside_first"]
    return kept[columns].reset_index(drop=True)


def nearest_first() -> Iterator[int]:
    """2, -2, 3, -3 and so on: the next token is too close."""
    for size in range(2, FARTHEST + 1):
        yield size
        yield -size


def at_places(state: cn.State, repeats: pd.DataFrame, place: str) -> cn.State:
    """The state where a column of `repeats_and_firsts` says, each place counted once."""
    rows, positions = repeats["row"].tolist(), repeats[place].tolist()
    return state.at(cn.induction.position_mask(state.tokens, rows, positions))


def running_text(
    model: Model,
    state: cn.State,
    asked: Mapping[str, tuple[pd.DataFrame, str, str]],
    neurons: Sequence[int],
) -> pd.DataFrame:
    """The response of a neuron at chosen places, and the entropy without it.

    Parameters
    ----------
    state : State
        Of running text.
    asked : mapping of str to tuple
        Name -> some rows of `repeats_and_firsts`, the column of the later
        place, and that of the earlier one.
    neurons : sequence of int
        Taken back together; the first one's response is shown.

    Returns
    -------
    pd.DataFrame
        A row per name: how many places; entropy at the earlier and the later
        place; the response, and the total change of entropy without it, with
        their intervals, as text.
    """
    rows = {}
    for name, (repeats, later, earlier) in asked.items():
        task, reference = (at_places(state, repeats, place) for place in (later, earlier))
        means = [cn.read(model, at, "entropy")["entropy"].mean() for at in (reference, task)]
        changed = activation_change(task, reference).set_index("neuron").loc[[neurons[0]]]
        taken = take_back(model, task, response(task, reference), {"neurons": neurons})
        total = by_path(taken).query("path == 'total'")
        rows[name] = {
            "places": len(repeats),
            "entropy": "{:.2f} to {:.2f}".format(*means),
            "response": told(changed, 1)[0],
            "change of entropy": told(total, 3)[0],
        }
    return pd.DataFrame(rows).T.rename_axis("the repeat")
