"""The effective unembedding: what the final norm's output is turned into logits by.

Definitions follow Stolfo et al. 2024 (arXiv 2406.16254), section 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.checks import finite
from confidence_neurons.model.architecture import final_norm

COLUMNS_AT_ONCE = 8192


def effective_unembedding(model: TransformerBridge) -> Float[Tensor, "d_model d_vocab"]:
    """The map from the normalised residual stream to what matters of the logits.

    The final norm's gain is folded in. For LayerNorm models each column is
    centred over d_model, because LayerNorm subtracts the mean; this makes
    the all-ones direction an exact null direction. Each row is centred over
    the vocabulary, because softmax ignores a constant added to all logits.

    Raises
    ------
    ValueError
        If a weight is NaN or infinite.
    """
    weights = model.W_U.detach().float()
    finite(weights, "weights of the unembedding")
    if final_norm(model).centres:
        weights = weights - weights.mean(dim=0, keepdim=True)
    return weights - weights.mean(dim=1, keepdim=True)


def gram(matrix: Float[Tensor, "d_model d_vocab"]) -> Float[Tensor, "d_model d_model"]:
    """Matrix times its transpose, in double precision; bounded memory."""
    total = torch.zeros(len(matrix), len(matrix), dtype=torch.float64, device=matrix.device)
    for columns in matrix.split(COLUMNS_AT_ONCE, dim=1):
        wide = columns.double()
        total += wide @ wide.T
    return total
