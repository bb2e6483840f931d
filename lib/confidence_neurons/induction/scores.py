"""Which attention heads do induction, and which ones lead up to it or rest.

All scores are shares of one head's attention, averaged over sequences and over
the queries of the second copy in BOS + `period` tokens + the same again.
"""

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.induction.copies import check_copies

ROWS_AT_ONCE = 16


def induction_scores(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], period: int
) -> Float[Tensor, "layer head"]:
    """Mean attention from each token of the second copy to what followed it in the first.

    `tokens` are BOS, `period` tokens, and the same again (`repeated_random`).
    At position t of the second copy the token of position t - period is the
    same one, and position t - (period - 1) holds what followed it: the score
    averages the attention on that diagonal. 1 is perfect induction (Olsson et
    al. 2022, arXiv 2209.11895).

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies of `period` tokens.
    """
    check_copies(tokens, period, model.cfg.d_vocab)
    queries = torch.arange(period + 1, tokens.shape[1])
    return _mean_attention(model, tokens, queries, [queries - (period - 1)])[0]


def head_scores(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], period: int
) -> pd.DataFrame:
    """Induction, previous-token and BOS score of every head, from the second copy's queries.

    Returns
    -------
    One row per head: `layer`, `head`; `induction`, attention to what followed
    the same token in the first copy (see `induction_scores`);
    `previous_token`, attention to the token just before, which an induction
    head of a later layer needs (Olsson et al. 2022, arXiv 2209.11895); `bos`,
    attention to position 0, where heads with nothing to do rest. The scores
    are shares of the same attention: for periods above 2 their sum is at
    most 1.

    Raises
    ------
    ValueError
        If the sequences are not BOS and two copies of `period` tokens.
    """
    check_copies(tokens, period, model.cfg.d_vocab)
    queries = torch.arange(period + 1, tokens.shape[1])
    keys = [queries - (period - 1), queries - 1, torch.zeros_like(queries)]
    induction, previous_token, bos = _mean_attention(model, tokens, queries, keys)
    layers, heads = induction.shape
    return pd.DataFrame(
        {
            "layer": torch.arange(layers).repeat_interleave(heads).numpy(),
            "head": torch.arange(heads).repeat(layers).numpy(),
            "induction": induction.flatten().numpy(),
            "previous_token": previous_token.flatten().numpy(),
            "bos": bos.flatten().numpy(),
        }
    )


@torch.no_grad()
def _mean_attention(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    queries: Int[Tensor, " query"],
    keys: list[Int[Tensor, " query"]],
) -> Float[Tensor, "score layer head"]:
    """Attention from each query to its key, one score for each list of keys."""
    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    total = torch.zeros(())
    for rows in tokens.split(ROWS_AT_ONCE):
        _, cache = model.run_with_cache(
            rows.to(model.cfg.device), names_filter=lambda name: name in names
        )
        patterns = torch.stack([cache[name].float().cpu() for name in names])
        read = torch.stack([patterns[:, :, :, queries, chosen] for chosen in keys])
        total = total + read.mean(dim=-1).sum(dim=2)
    return total / len(tokens)
