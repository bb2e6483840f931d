"""What a model itself holds frequent: its mean prediction over many contexts."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, run, unembed
from confidence_neurons.weights.unigram import Unigram

LOGITS_AT_ONCE = 2**22


@checked
@torch.no_grad()
def mean_prediction(
    model: Model,
    tokens: Int[Tensor, "batch position"],
    *,
    at: Bool[Tensor, "batch position"] | None = None,
) -> Unigram:
    """The mean of a model's predictions over many contexts, as token frequencies.

    A second opinion on what is frequent: counts say how often tokens stand in
    a text that somebody chose, this says how often the model expects them. It
    needs no counts, and nothing is smoothed; but it belongs to the texts that
    the predictions were made in.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens; a few thousand.
    at : Bool[Tensor, "batch position"], optional
        Which positions count; by default all but the first and the last.

    Returns
    -------
    Unigram
        For the argument `counts` of other functions.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> own = cn.mean_prediction(model, cn.prose_tokens(model, count=4))
    >>> own.source
    'mean prediction of prose in 1,016 contexts'
    """
    state = run(model, tokens, at=at)
    mean = summed(model, state) / int(state.counted.sum())
    contexts = f"{int(state.counted.sum()):,} contexts"
    return Unigram.from_probability(
        mean / mean.sum(), f"mean prediction of {model.cfg.model_name} in {contexts}"
    )


def summed(model: Model, state: State) -> Float[Tensor, " d_vocab"]:
    """The predictions at all counted positions, added up a few at a time."""
    total = torch.zeros(model.cfg.d_vocab, dtype=torch.float64, device=model.cfg.device)
    at_once = max(1, LOGITS_AT_ONCE // model.cfg.d_vocab)
    parts = zip(
        state.residual[state.counted].split(at_once),
        state.scale[state.counted].split(at_once),
        strict=True,
    )
    for residual, scale in parts:
        total += unembed(model, residual, scale).double().softmax(dim=-1).sum(dim=0)
    return total
