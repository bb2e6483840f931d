"""Compare a model left alone with an ablated one, at the positions of a task."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import check_mask
from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.model.state import FinalState
from confidence_neurons_book.induction.readings import read_output

IF_WRONG = ("confidence if wrong", None)
Measured = dict[tuple[str, int | None], Float[Tensor, " place"]]


def check_task(task: Bool[Tensor, "batch position"], tokens: Int[Tensor, "batch position"]) -> None:
    """Refuse a mask that does not choose positions with a target, of these tokens.

    Raises
    ------
    ValueError
        If the mask has another shape or type, chooses nothing, or chooses a
        last position.
    """
    check_mask(task, tokens.shape)
    if task[:, -1].any():
        raise ValueError(
            "expected a task without the last position of a row, which has no target: "
            "set task[:, -1] = False"
        )


def measure_task(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    state: FinalState,
    task: Bool[Tensor, "batch position"],
    neurons: Sequence[int] = (),
) -> Measured:
    """Each quantity at each place of the task, places in the order of rows and positions.

    Returns
    -------
    (quantity, None) -> values, for "entropy" and "loss" in nats, "scale" of
    the final norm, "confidence" (probability of the first choice) and "wrong"
    (1 where the first choice is not the target); ("activation", neuron) ->
    values, for each of the `neurons` of the last layer.

    Raises
    ------
    ValueError
        If the mask does not fit (`check_task`).
    NotImplementedError
        If the model soft-caps its logits.
    """
    check_task(task, tokens)
    targets = tokens.roll(-1, dims=1)[task.to(tokens.device)]
    places = task.to(state.residual.device)
    read = read_output(model, state.residual[places], targets)
    activations = state.activations[places]
    return {
        ("entropy", None): read.entropy,
        ("loss", None): read.loss,
        ("scale", None): read.scale,
        ("confidence", None): read.confidence,
        ("wrong", None): read.wrong.float(),
        **{("activation", neuron): activations[:, neuron] for neuron in neurons},
    }


def compare(
    clean: Measured,
    ablated: Measured,
    task: Bool[Tensor, "batch position"],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean of each quantity before and after, and the change with its 95 % interval.

    One quantity is added: "confidence if wrong", the confidence at the places
    where the first choice of the model left alone is wrong.

    Returns
    -------
    One row per quantity: `quantity`; `neuron`, whose activation it is, missing
    for other quantities; `clean` and `ablated`, means over the
    places; `change`, their difference, with `low` and `high`, bootstrapped
    over sequences; `places`, how many. NaN where there are none.

    Raises
    ------
    ValueError
        If there are fewer than 2 sequences.
    """
    wrong = clean["wrong", None]
    weights = {key: torch.ones_like(wrong) for key in clean} | {IF_WRONG: wrong}
    before, after = (
        torch.stack([*measured.values(), measured["confidence", None]], dim=1)
        for measured in (clean, ablated)
    )
    weight = torch.stack(list(weights.values()), dim=1)
    sequence = task.nonzero()[:, 0].to(weight.device)
    counts, clean_sums, ablated_sums = (
        torch.zeros(
            len(task), values.shape[1], dtype=torch.float64, device=values.device
        ).index_add(0, sequence, values.double())
        for values in (weight, weight * before, weight * after)
    )
    change = bootstrap_interval(ablated_sums - clean_sums, counts, statistic=torch.div, seed=seed)
    places = counts.sum(dim=0)
    return pd.DataFrame(
        {
            "quantity": [quantity for quantity, _ in weights],
            "neuron": pd.array([neuron for _, neuron in weights], dtype="Int64"),
            "clean": (clean_sums.sum(dim=0) / places).tolist(),
            "ablated": (ablated_sums.sum(dim=0) / places).tolist(),
            "change": change.estimate.tolist(),
            "low": change.low.tolist(),
            "high": change.high.tolist(),
            "places": places.long().tolist(),
        }
    )
