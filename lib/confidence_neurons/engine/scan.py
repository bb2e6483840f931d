"""Mean-ablate every neuron of a layer: one row of effects for each."""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.arguments import check_budget, check_null_dimension, check_seed
from confidence_neurons.engine.assumptions import check_logits
from confidence_neurons.engine.effects import Sums, exact_effects, second_order_effects
from confidence_neurons.engine.memory import DEFAULT_BUDGET, Plan
from confidence_neurons.engine.request import Request
from confidence_neurons.engine.rerun import check_precision, rerun_pieces, rows_within
from confidence_neurons.weights.properties import neuron_properties

METHODS = ("exact", "second-order")


@torch.no_grad()
def scan(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    *,
    neurons: Sequence[int] | None = None,
    reference: Int[Tensor, "batch position"] | None = None,
    method: str = "exact",
    frequency: bool = False,
    counts: Int[Tensor, " d_vocab"] | None = None,
    layer: int | None = None,
    null_dimension: int | None = None,
    memory_budget: float = DEFAULT_BUDGET,
    seed: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """What mean-ablating each neuron does to entropy, loss and prediction.

    Ablating a neuron replaces its activation by its mean. Measured positions
    are all but the first (BOS) and the last (no target) of each sequence; the
    mean activation is taken over those same positions of `tokens`, or of
    `reference` where one is given. The total effect lets the final norm
    compute its scale from the ablated residual stream; the direct effect
    keeps the clean scale; the indirect effect changes the scale alone
    (Stolfo et al. 2024, arXiv 2406.16254, section 3).

    Parameters
    ----------
    neurons:
        Any subset in any order; by default all.
    method:
        "exact", or "second-order": estimates from moments (see
        `second_order`), some five times faster on the bundled models and
        fifteen on the shape of GPT-2 Small. Ablations that change the logits
        strongly are measured exactly all the same, and so are neurons whose
        estimate is thought to be off by more than 5 %.
    frequency:
        Also measure the distance to the unigram distribution and what the
        frequency direction mediates; exact method only.
    counts:
        Token counts; by default those that ship with a bundled model.
    layer:
        By default the last. In other layers, and in models that normalise or
        scale the MLP's output or soft-cap their logits, the rest of the
        network runs again for each neuron, which is slow and needs a model in
        float32 or float64; there a neuron is held at its mean at every
        position.
    null_dimension:
        k of the null-space fraction; by default by the spectrum's gap.
    memory_budget:
        In bytes: what the scan may hold beside the model, its unembedding
        and the tokens' activations.
    seed:
        Decides the sample of tokens that second-order estimates are checked on.
    progress:
        Show a progress bar.

    Returns
    -------
    One row per neuron. `neuron`; `weight_norm`, `logit_var`, `null_fraction`,
    `frequency_cosine` (NaN without counts), `mean_activation`;
    `entropy_total`, `entropy_direct`, `entropy_indirect` and the same for
    `loss`: means over tokens of absolute changes, in nats;
    `entropy_ln_mediated`, `loss_ln_mediated`: 1 - direct / total, NaN where
    total is 0; `entropy_shift`, `loss_shift`: signed means of the total
    change; `kl_from_clean`: mean KL(clean || ablated); `argmax_changed`:
    share of tokens with another most probable token; `method`; and
    `error_estimate`: relative error of `entropy_total` (0 where exact).

    With `frequency`: `kl_total` and `kl_reverse_total`, mean absolute changes
    of KL(P_freq || P_model) and of KL(P_model || P_freq); `kl_shift`, the
    signed mean of the former; `entropy_`, `loss_`, `kl_` and
    `kl_reverse_direct_frequency`, the same after the clean logits' projection
    on the frequency direction has been restored; `frequency_mediated`,
    `kl_reverse_frequency_mediated`, `entropy_frequency_mediated` and
    `loss_frequency_mediated`: 1 - direct_frequency / total, the first for
    KL(P_freq || P_model).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this form, weights are NaN, the budget is too
        small, second order is asked for where it cannot be had, or half
        precision where it is not enough.
    NotImplementedError
        If the MLP, the final norm or the logits of the model are not of the
        kind that this library knows.
    """
    check_budget(memory_budget)
    seed = check_seed(seed)
    request = Request.check(
        model,
        tokens,
        neurons=neurons,
        reference=reference,
        layer=layer,
        counts=counts,
        frequency=frequency,
    )
    check_null_dimension(null_dimension, model.cfg.d_model)
    if method not in METHODS:
        raise ValueError(f"expected a method among {', '.join(METHODS)}, got {method!r}")
    plan = request.plan(memory_budget)
    if method == "second-order" and (frequency or not request.is_residual_update):
        raise ValueError(
            "second order covers neither the frequency columns nor ablations that need the "
            "network to run again (other layers, normalised or scaled MLP outputs, soft-capped "
            "logits): use method='exact'"
        )
    if not request.is_residual_update:
        check_precision(model)
        check_logits(model, tokens)
    properties = neuron_properties(
        model, request.counts, neurons=request.neurons, layer=request.layer, k=null_dimension
    )
    if request.is_residual_update:
        effects = _effects(request, method, plan, seed, progress)
    else:
        rows_at_once = rows_within(memory_budget, model, tokens.shape[1])
        effects = _rerun(request, rows_at_once, progress)
    return _with_shares(pd.concat([properties, effects], axis=1))


def _effects(request: Request, method: str, plan: Plan, seed: int, progress: bool) -> pd.DataFrame:
    readout, ablations, means = request.ablations()
    if method == "exact":
        unigram = None if request.unigram is None else request.unigram.to(request.dtype)
        frame = exact_effects(readout, ablations, plan, unigram, progress=progress)
    else:
        frame = second_order_effects(readout, ablations, plan, seed, progress=progress)
    return frame.assign(mean_activation=means.cpu().numpy())


def _rerun(request: Request, rows_at_once: int, progress: bool) -> pd.DataFrame:
    source = request.tokens if request.reference is None else request.reference
    means = request.activations(source).mean(dim=0, dtype=torch.float64).tolist()
    sums = Sums(len(means))
    held = dict(zip(request.neurons, means, strict=True))
    for _, neuron, changes in rerun_pieces(
        request.model,
        request.tokens,
        request.layer,
        held,
        request.unigram,
        rows_at_once=rows_at_once,
        progress=progress,
    ):
        column = request.neurons.index(neuron)
        sums.add(slice(column, column + 1), changes)
    count = request.tokens.shape[0] * (request.tokens.shape[1] - 2)
    return sums.means(count).assign(method="exact", error_estimate=0.0, mean_activation=means)


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the mediated shares, and put the columns in their order."""
    frame = frame.copy()
    for quantity in ("entropy", "loss"):
        frame[f"{quantity}_ln_mediated"] = _mediated(frame, quantity, "direct")
    if "kl_total" in frame:
        frame["frequency_mediated"] = _mediated(frame, "kl", "direct_frequency")
        for quantity in ("kl_reverse", "entropy", "loss"):
            share = _mediated(frame, quantity, "direct_frequency")
            frame[f"{quantity}_frequency_mediated"] = share
    first = [name for name in COLUMNS if name in frame]
    return frame.reindex(columns=[*first, *(name for name in frame if name not in first)])


def _mediated(frame: pd.DataFrame, quantity: str, kept: str) -> pd.Series:
    """1 - kept / total, NaN where the total is 0."""
    total = frame[f"{quantity}_total"]
    kept_share = frame[f"{quantity}_{kept}"] / total.where(total > 0)
    return pd.Series(1 - kept_share)


COLUMNS: Iterable[str] = (
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
    "kl_direct_frequency",
    "frequency_mediated",
    "kl_shift",
)
