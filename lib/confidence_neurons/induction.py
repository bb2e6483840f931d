"""Which attention heads do induction: look back to what followed last time."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.text import check_tokens


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
        raise ValueError(
            f"expected BOS and two copies of {period} tokens ({2 * period + 1} positions), "
            f"got {length} positions: make them with repeated_random"
        )
    queries = torch.arange(period + 1, length)
    scores = []
    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    _, cache = model.run_with_cache(
        tokens.to(model.cfg.device), names_filter=lambda name: name in names
    )
    for name in names:
        pattern = cache[name]
        scores.append(pattern[:, :, queries, queries - (period - 1)].mean(dim=(0, 2)))
    return torch.stack(scores).cpu()
