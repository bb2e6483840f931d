"""How neurons respond to a second reading, and what becomes of the output without the response.

A neuron's response is its mean activation on one part of a text less that on
another. Taken back, it is subtracted at every position alike: what the neuron
does within each part stays.

To take it back adds one vector to the residual stream, the same everywhere. So
the logits of all positions move by one vector before they are divided by the
scale, and nothing has to be unembedded again.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.measure.outputs import tokens_at_once
from confidence_neurons.measure.quantities import Prediction
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import row_blocks, unembed

QUANTITIES = ("entropy", "loss")
PATHS = {"total": "total", "direct": "scale frozen"}


def response(task: cn.State, reference: cn.State) -> Float[Tensor, " d_mlp"]:
    """Mean activation of each neuron in one state less that in another."""
    return task.mean_activations() - reference.mean_activations()


@torch.no_grad()
def take_back(
    model: Model,
    task: cn.State,
    of: Float[Tensor, " d_mlp"],
    groups: Mapping[Hashable, Sequence[int]],
    quantities: Sequence[str] = QUANTITIES,
) -> pd.DataFrame:
    """Changes at each position when the neurons of each group lose their response.

    Parameters
    ----------
    task : State
        Where to measure.
    of : Float[Tensor, "d_mlp"]
        From `response`.
    groups : mapping of name to neurons
        One group at a time.
    quantities : sequence of str
        As in `read`, of those that need no counts.

    Returns
    -------
    pd.DataFrame
        As from `compare`, with the paths "total" and "direct".
    """
    weights = output_weights(model)
    written = {name: -of[list(each)] @ weights[list(each)] for name, each in groups.items()}
    parts = [
        pd.DataFrame(columns).assign(group=[name] * len(next(iter(columns.values()))))
        for rows in row_blocks(task.tokens, tokens_at_once(model))
        for name, columns in _changes(model, task.rows(rows), written, quantities)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame = pd.concat([frame[[value == name for value in frame["group"]]] for name in groups])
    places = pd.concat([task.places()] * len(groups), ignore_index=True)
    return pd.concat([places, frame.reset_index(drop=True)], axis=1)


def thinned(state: cn.State, every: int) -> cn.State:
    """The state where only every so many of the counted positions count."""
    place = torch.arange(state.tokens.shape[1], device=state.counted.device)
    return state.at(state.counted & (place % every == 0))


def by_path(
    changes: pd.DataFrame,
    quantities: Sequence[str] = ("entropy",),
    by: str | Sequence[str] = "group",
) -> pd.DataFrame:
    """Mean changes with intervals, a row for each quantity and path.

    Parameters
    ----------
    changes : pd.DataFrame
        From `take_back`, `effects` or `compare`, with the paths "total" and
        "direct".
    quantities : sequence of str
        Which of them.
    by : str or sequence of str
        Columns that name the groups.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, and `path`: "total" or "scale frozen".
    """
    columns = [f"{quantity}_{path}" for quantity in quantities for path in PATHS]
    table = cn.intervals(changes, by, columns)
    parts = table["quantity"].str.rsplit("_", n=1)
    return table.assign(quantity=parts.str[0], path=parts.str[1].map(PATHS))


def _changes(
    model: Model,
    state: cn.State,
    written: Mapping[Hashable, Float[Tensor, " d_model"]],
    quantities: Sequence[str],
) -> Iterator[tuple[Hashable, dict[str, list[float]]]]:
    """For each group every quantity along both paths, and whether the first choice is another."""
    x, s = state.residual[state.counted], state.scale[state.counted]
    one = torch.ones_like(s[:1])
    bias = unembed(model, torch.zeros_like(x[:1]), one)
    logits, target = unembed(model, x, s) - bias, state.targets()
    before = Prediction.of(logits + bias, target)
    clean = before.read(quantities)
    for name, vector in written.items():
        moved = unembed(model, vector[None].to(x), one) - bias
        after = final_norm(model).scale(x + vector.to(x))
        paths = {"total": (logits * s + moved) / after, "direct": logits + moved / s}
        columns = {}
        for path, changed in paths.items():
            now = Prediction.of(changed + bias, target)
            columns |= {
                f"{quantity}_{path}": (value - clean[quantity]).tolist()
                for quantity, value in now.read(quantities).items()
            }
            if path == "total":
                columns["argmax_changed"] = (now.choice != before.choice).float().tolist()
        yield name, columns
