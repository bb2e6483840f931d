"""Mean-ablate every neuron of a layer: one row of effects for each."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from confidence_neurons.checks import CHECKS, checked, one_of
from confidence_neurons.engine.assumptions import closed_form_holds
from confidence_neurons.engine.closed_form import Held, precision, prepare
from confidence_neurons.engine.effects import exact_effects, second_order_effects
from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.engine.rerun import (
    need_full_precision,
    rerun_effects,
    tokens_within,
    widened,
)
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, run
from confidence_neurons.weights.geometry import Geometry, geometry, weight_table, writes
from confidence_neurons.weights.unigram import Counts, Unigram

EXACT, SECOND_ORDER, FASTEST = "exact", "second-order", "fastest"
CHECKS["method"] = one_of("method", (EXACT, SECOND_ORDER))


@checked
@torch.no_grad()
def scan(
    model: Model,
    tokens: Int[Tensor, "batch position"],
    *,
    neurons: Sequence[int] | None = None,
    to: float | Float[Tensor, " d_mlp"] | None = None,
    clip: Bool[Tensor, " d_mlp"] | None = None,
    at: Bool[Tensor, "batch position"] | None = None,
    method: str = EXACT,
    frequency: bool = False,
    counts: Counts | None = None,
    layer: int | None = None,
    k: int | None = None,
    memory_budget: float = DEFAULT_BUDGET,
    seed: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """What holding each neuron by itself does to entropy, loss and prediction.

    By default each is held at its mean (mean ablation). The total effect lets
    the final norm compute its scale from the ablated residual stream; the
    direct effect keeps the clean scale; the indirect effect changes the scale
    alone.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    tokens : Int[Tensor, "batch position"]
        The text to measure on: rows of BOS and consecutive tokens.
    neurons : sequence of int, optional
        Any subset in any order; by default all.
    to, clip
        As in `ablate`: what to hold the neurons at, and whether to clip only.
        By default at their mean over the counted positions of `tokens`.
    at : Bool[Tensor, "batch position"], optional
        Which positions count; by default all but the first and the last.
    method : str
        "exact", or "second-order": for each prediction the likeliest tokens
        exactly and the rest by moments, some five times faster on the bundled
        models and fifteen on real ones. Where that might be off by more than
        0.03 nats, one neuron at one token, it is measured exactly all the same,
        and so are neurons whose estimate is thought to be off by more than 5 %.
    frequency : bool
        Also measure the distance to the unigram distribution and what the
        frequency direction mediates; exact method only.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        Token counts; by default those that ship with the library.
    layer : int, optional
        By default the last. In other layers the network runs again for each
        neuron, and where logits are soft-capped they are unembedded again: that
        is slow, and needs a model in float32 or float64; there a neuron is held
        at every position.
    k : int, optional
        Dimension of the null space, for the null-space fraction; by default by
        the spectrum's gap.
    memory_budget : float
        In bytes: what the scan may hold beside the model and the tokens'
        activations.
    seed : int
        Decides which second-order estimates are checked.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pd.DataFrame
        One row per neuron. `neuron`; `weight_norm`, `logit_var`,
        `null_fraction`, `frequency_cosine` (NaN without counts),
        `mean_activation` (what it was held at); `entropy_total`,
        `entropy_direct`, `entropy_indirect` and the same for `loss`: means
        over tokens of absolute changes, in nats; `entropy_ln_mediated`,
        `loss_ln_mediated`: 1 - direct / total, NaN where total is 0;
        `entropy_shift`, `loss_shift`: signed means of the total change;
        `kl_from_clean`: mean KL(clean || ablated); `argmax_changed`: share of
        tokens with another most probable token; `method`; and
        `error_estimate`: what the relative error of `entropy_total` seldom
        exceeds (0 where exact).

        With `frequency`: `kl_total` and `kl_reverse_total`, mean absolute
        changes of KL(P_freq || P_model) and of KL(P_model || P_freq);
        `kl_shift`, the signed mean of the former; `entropy_frequency`,
        `loss_frequency`, `kl_frequency` and `kl_reverse_frequency`, the same
        after the clean logits' projection on the frequency direction has been
        put back; `frequency_mediated`, `kl_reverse_frequency_mediated`,
        `entropy_frequency_mediated` and `loss_frequency_mediated`:
        1 - frequency / total, the first for KL(P_freq || P_model).

    Raises
    ------
    ValueError
        If the budget is too small, counts are missing, or second order or
        half precision is asked for where it cannot be had.
    NotImplementedError
        If the MLP, the final norm or the logits of the model are not of the
        kind that this library knows.

    Notes
    -----
    Definitions: Stolfo et al. 2024 (arXiv 2406.16254), sections 3 to 5. How it
    is computed: the modules of `confidence_neurons.engine`.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> tokens = cn.prose_tokens(model, count=1)
    >>> neurons = cn.scan(model, tokens, neurons=range(8), method="second-order")
    >>> len(neurons), bool((neurons["entropy_total"] >= 0).all())
    (8, True)
    """
    state = run(model, tokens, layer=layer, at=at)
    return scan_state(
        model,
        state,
        geometry(model, k=k, counts=counts),
        Held.of(state, neurons, to, clip),
        method=method,
        unigram=Unigram.of(model, counts) if frequency else None,
        memory_budget=memory_budget,
        seed=seed,
        progress=progress,
    )


@torch.no_grad()
def scan_state(
    model: Model,
    state: State,
    space: Geometry,
    to_hold: Held,
    *,
    method: str = EXACT,
    unigram: Unigram | None = None,
    memory_budget: float = DEFAULT_BUDGET,
    seed: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """What `scan` does, for a text that has been run and a geometry that is known.

    With `unigram` the frequency columns are measured too. Beside the methods of
    `scan` there is `FASTEST`: second order wherever it can be had.
    """
    by_residual = closed_form_holds(model, state.tokens, state.layer)
    covered = by_residual and unigram is None and state.mlp_out is None
    if method == FASTEST:
        method = SECOND_ORDER if covered else EXACT
    if method == SECOND_ORDER and not covered:
        raise ValueError(
            "second order covers neither the frequency columns, nor models with a norm after the "
            "MLP, nor ablations that need the network to run again (layers before the last, "
            "soft-capped logits): use method='exact'"
        )
    weights = weight_table(writes(model, state.layer)[to_hold.neurons], space, to_hold.neurons)
    if by_residual:
        readout, sources, plan = prepare(model, state, to_hold, memory_budget)
        if method == EXACT:
            unigram = None if unigram is None else unigram.to(readout.bias)
            effects = exact_effects(readout, sources, plan, unigram, progress=progress)
        else:
            effects = second_order_effects(readout, sources, plan, seed, progress=progress)
    else:
        need_full_precision(model)
        state = widened(model, state, precision(model, state, len(to_hold.neurons)))
        at_once = tokens_within(memory_budget, model, state)
        effects = rerun_effects(model, state, to_hold, at_once, unigram, progress=progress)
    levels = to_hold.level.cpu().numpy()
    return _with_shares(pd.concat([weights, effects.assign(mean_activation=levels)], axis=1))


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the mediated shares, and put the columns in their order."""
    frame = frame.copy()
    for quantity in ("entropy", "loss"):
        frame[f"{quantity}_ln_mediated"] = _mediated(frame, quantity, "direct")
    if "kl_total" in frame:
        frame["frequency_mediated"] = _mediated(frame, "kl", "frequency")
        for quantity in ("kl_reverse", "entropy", "loss"):
            share = _mediated(frame, quantity, "frequency")
            frame[f"{quantity}_frequency_mediated"] = share
    first = [name for name in FIRST_COLUMNS if name in frame]
    return frame.reindex(columns=[*first, *(name for name in frame if name not in first)])


def _mediated(frame: pd.DataFrame, quantity: str, kept: str) -> pd.Series:
    """1 - kept / total, NaN where the total is 0."""
    total = frame[f"{quantity}_total"]
    kept_share = frame[f"{quantity}_{kept}"] / total.where(total > 0)
    return pd.Series(1 - kept_share)


FIRST_COLUMNS = (
    "neuron",
    "weight_norm",
    "logit_var",
    "null_fraction",
    "frequency_cosine",
    "mean_activation",
    "entropy_total",
    "entropy_direct",
    "entropy_indirect",
    "entropy_ln_mediated",
    "entropy_shift",
    "loss_total",
    "loss_direct",
    "loss_indirect",
    "loss_ln_mediated",
    "loss_shift",
    "kl_from_clean",
    "argmax_changed",
    "kl_total",
    "kl_frequency",
    "frequency_mediated",
    "kl_shift",
)
