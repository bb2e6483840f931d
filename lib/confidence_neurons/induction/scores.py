"""Which attention heads do induction, and which ones lead up to it or rest."""

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.model.architecture import need_bridge
from confidence_neurons.model.bridge import pattern_hook
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import row_blocks
from confidence_neurons.text.altered import need_copies


@checked
def head_scores(model: Model, tokens: Int[Tensor, "batch position"], period: int) -> pd.DataFrame:
    """Induction, previous-token and BOS score of every head, from the second copy's queries.

    At position t of the second copy the token of position t - period is the
    same one, and position t - (period - 1) holds what followed it: the
    induction score averages the attention on that diagonal. 1 is perfect
    induction (Olsson et al. 2022, arXiv 2209.11895).

    Parameters
    ----------
    model : Model
        From `load_model`.
    tokens : Int[Tensor, "batch position"]
        BOS and two copies of `period` tokens (`repeated_random`).
    period : int
        Length of a copy.

    Returns
    -------
    pd.DataFrame
        One row per head: `layer`, `head`; `induction`, attention to what
        followed the same token in the first copy; `previous_token`, attention
        to the token just before, which an induction head of a later layer
        needs; `bos`, attention to position 0, where heads with nothing to do
        rest. Shares of one attention, averaged over sequences and queries: for
        periods above 2 their sum is at most 1.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies of `period` tokens.
    TypeError
        If the model is from `load_light`.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> tokens = cn.repeated_random(model.cfg.d_vocab, period=20, count=4)
    >>> heads = cn.induction.head_scores(model, tokens, period=20)
    >>> bool(heads["induction"].max() > 0.5)
    True
    """
    need_copies(tokens, period)
    queries = torch.arange(period + 1, tokens.shape[1])
    keys = {
        "induction": queries - (period - 1),
        "previous_token": queries - 1,
        "bos": torch.zeros_like(queries),
    }
    scores = _mean_attention(model, tokens, queries, list(keys.values()))
    layers, heads = scores.shape[1:]
    return pd.DataFrame(
        {
            "layer": torch.arange(layers).repeat_interleave(heads).numpy(),
            "head": torch.arange(heads).repeat(layers).numpy(),
            **{name: score.flatten().numpy() for name, score in zip(keys, scores, strict=True)},
        }
    )


@torch.no_grad()
def _mean_attention(
    model: Model,
    tokens: Int[Tensor, "batch position"],
    queries: Int[Tensor, " query"],
    keys: list[Int[Tensor, " query"]],
) -> Float[Tensor, "score layer head"]:
    """Attention from each query to its key, one score for each list of keys."""
    bridge = need_bridge(model, "an attention pattern")
    names = [pattern_hook(layer) for layer in range(model.cfg.n_layers)]
    total = torch.zeros(len(keys), model.cfg.n_layers, model.cfg.n_heads)
    for rows in row_blocks(tokens):
        _, cache = bridge.run_with_cache(
            tokens[rows].to(model.cfg.device), names_filter=lambda name: name in names
        )
        patterns = torch.stack([cache[name].float().cpu() for name in names])
        read = torch.stack([patterns[:, :, :, queries, chosen] for chosen in keys])
        total += read.mean(dim=-1).sum(dim=2)
    return total / len(tokens)
