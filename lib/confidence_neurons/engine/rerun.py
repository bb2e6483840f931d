"""Changes by working out the whole output again, once for each neuron and effect.

Slow, and right for every architecture and layer: for layers before the last,
where the network runs again, and for soft-capped logits, which are no linear
function of the last residual stream.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm import tqdm

from confidence_neurons.engine.closed_form import Held
from confidence_neurons.engine.effects import Sums
from confidence_neurons.engine.exact import Changes
from confidence_neurons.measure.distributions import kl_of
from confidence_neurons.measure.interventions import ablate, held
from confidence_neurons.measure.paths import put_back
from confidence_neurons.measure.quantities import Prediction
from confidence_neurons.model.architecture import final_norm
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, run_network, unembed
from confidence_neurons.weights.unigram import Unigram

MOST_ROWS = 16  # with more, it is not faster
TENSORS_PER_TOKEN = 16  # of size d_vocab; some 13 are held at once


@torch.no_grad()
def rerun_effects(
    model: Model,
    state: State,
    to_hold: Held,
    tokens_at_once: int,
    unigram: Unigram | None = None,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """Hold each neuron at all positions of the text, and measure the counted ones.

    Parameters
    ----------
    state:
        Its precision is that of all that follows the network's own run.
    tokens_at_once:
        The logits of how many tokens to hold at once.

    Returns
    -------
    As `engine.effects.exact_effects`.
    """
    sums = Sums(len(to_hold.neurons))
    unigram = None if unigram is None else unigram.to(state.residual)
    rows_at_once = max(1, min(MOST_ROWS, tokens_at_once // state.tokens.shape[1]))
    rows_left = range(0, len(state.tokens), rows_at_once)
    bar = tqdm(
        total=len(rows_left) * len(to_hold.neurons), desc="running again", disable=not progress
    )
    for first in rows_left:
        clean = state.rows(slice(first, first + rows_at_once))
        parts = [clean.at(some) for some in _some_places(clean.counted, tokens_at_once)]
        before = _logits(model, clean) if len(parts) == 1 else None
        for column, neuron in enumerate(to_hold.neurons):
            clip = None if to_hold.clip is None else to_hold.clip[column]
            changed = _held(model, clean, neuron, to_hold.level[column], clip)
            for part in parts:
                start = _logits(model, part) if before is None else before
                changes = _changes(model, part, start, changed.at(part.counted), unigram)
                sums.add(slice(column, column + 1), changes)
            bar.update()
    bar.close()
    return sums.means(int(state.counted.sum())).assign(method="exact", error_estimate=0.0)


def tokens_within(memory_budget: float, model: Model, state: State) -> int:
    """The logits of how many tokens to hold at once within a budget in bytes; at least one."""
    token = TENSORS_PER_TOKEN * state.residual.itemsize * model.cfg.d_vocab
    return max(1, int(memory_budget // token))


def widened(model: Model, state: State, dtype: torch.dtype) -> State:
    """The state in such a precision, or in its own where that is better."""
    residual = state.residual.to(torch.promote_types(dtype, state.residual.dtype))
    return replace(
        state,
        residual=residual,
        activations=state.activations.to(residual),
        scale=final_norm(model).scale(residual),
        mlp_out=None if state.mlp_out is None else state.mlp_out.to(residual),
    )


def need_full_precision(model: Model) -> None:
    """Refuse half precision: a small effect drowns in the rounding of two runs.

    Raises
    ------
    ValueError
        If the model is not in float32 or float64.
    """
    if model.cfg.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            "expected a model in float32 or float64, since here the network has to run again for "
            f"each neuron, got {model.cfg.dtype}: load it with dtype=torch.float32"
        )


def _held(
    model: Model,
    clean: State,
    neuron: int,
    level: Float[Tensor, ""],
    clip: Bool[Tensor, ""] | None,
) -> State:
    """The state with a neuron held at every position; before the last layer by running again."""
    if clean.layer == model.cfg.n_layers - 1:
        width = clean.activations.shape[-1]
        to, rises = level.expand(width), None if clip is None else clip.expand(width)
        return ablate(model, clean, [neuron], to=to, clip=rises)

    def hold(activations: Float[Tensor, "batch position d_mlp"]) -> Tensor:
        changed = activations.clone()
        changed[..., neuron] = held(activations[..., neuron], level.to(activations), clip)
        return changed

    changed = run_network(model, clean.tokens, clean.layer, clean.counted, hold)
    return widened(model, changed, clean.residual.dtype)


def _some_places(
    counted: Bool[Tensor, "batch position"], tokens_at_once: int
) -> list[Bool[Tensor, "batch position"]]:
    """The counted positions, so many at a time."""
    masks = []
    for places in counted.nonzero().split(tokens_at_once):
        masks.append(torch.zeros_like(counted))
        masks[-1][tuple(places.T)] = True
    return masks


def _changes(
    model: Model,
    clean: State,
    before: Float[Tensor, "token d_vocab"],
    changed: State,
    unigram: Unigram | None,
) -> Changes:
    logits = {
        "total": _logits(model, changed),
        "direct": _logits(model, changed.frozen(clean)),
        "indirect": _logits(model, clean.frozen(changed)),
    }
    return changes_of_logits(before, logits, clean, unigram)


def _logits(model: Model, state: State) -> Float[Tensor, "token d_vocab"]:
    return unembed(model, state.residual[state.counted], state.scale[state.counted])


def changes_of_logits(
    clean: Float[Tensor, "token d_vocab"],
    ablated: Mapping[str, Float[Tensor, "token d_vocab"]],
    state: State,
    unigram: Unigram | None,
) -> Changes:
    """All changes at the counted positions; `ablated` has "total", "direct" and "indirect"."""
    target = state.targets()

    def predict(logits: Float[Tensor, "token d_vocab"]) -> Prediction:
        return Prediction.of(logits, target, unigram)

    before = predict(clean)
    after = {path: predict(logits) for path, logits in ablated.items()}
    distances = {"total", "frequency"} if unigram is not None else set()
    if unigram is not None:
        after["frequency"] = put_back(before, after["total"])
    changes = {}
    for path, prediction in after.items():
        names = ("entropy", "loss", *(("kl", "kl_reverse") if path in distances else ()))
        levels = before.read(names)
        for name, value in prediction.read(names).items():
            changes[f"{name}_{path}"] = value - levels[name]
    total = after["total"]
    changes["kl_from_clean"] = kl_of(before.log_p, total.log_p)
    changes["argmax_changed"] = (total.choice != before.choice).float()
    return {name: values.unsqueeze(-1) for name, values in changes.items()}
