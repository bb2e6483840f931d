"""Which attention heads do induction: look back to what followed last time."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.text import check_tokens

ROWS_AT_ONCE = 16


@torch.no_grad()
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
    check_tokens(tokens, model.cfg.d_vocab)
    length = tokens.shape[1]
    first, second = tokens[:, 1 : period + 1], tokens[:, period + 1 :]
    if length != 2 * period + 1 or not torch.equal(first, second):
        got = f"{length} positions" if length != 2 * period + 1 else "copies that differ"
        raise ValueError(
            f"expected BOS and two copies of {period} tokens ({2 * period + 1} positions), "
            f"got {got}: make them with repeated_random"
        )
    queries = torch.arange(period + 1, length)
    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    total = torch.zeros(())
    for rows in tokens.split(ROWS_AT_ONCE):
        _, cache = model.run_with_cache(
            rows.to(model.cfg.device), names_filter=lambda name: name in names
        )
        patterns = torch.stack([cache[name].cpu() for name in names])
        diagonal = patterns[:, :, :, queries, queries - (period - 1)]
        total = total + diagonal.mean(dim=-1).sum(dim=1)
    return total / len(tokens)
