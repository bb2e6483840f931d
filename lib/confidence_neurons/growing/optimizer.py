"""The optimiser: AdamW over the network's own coordinates, or over rotated ones.

Adam divides each coordinate of a step by its own second moment. That makes the
coordinates of the residual stream special: a step along one of them is another
one than a step between two. In a rotated basis the same is done to Q x in the
place of x, where Q is a random orthogonal matrix of the residual stream. Every
parameter that reads from the stream or writes to it is turned before the step,
its gradient too, and turned back after it; the moments stay in the rotated
basis. Weight decay and the length of a gradient are the same in both.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from confidence_neurons.growing.recipe import Recipe

# Which dimension of a parameter is the residual stream's, by the end of its name.
STREAM = {
    "embed_in.weight": 1,
    "lm_head.weight": 1,
    "query_key_value.weight": 1,
    "attention.dense.weight": 0,
    "attention.dense.bias": 0,
    "dense_h_to_4h.weight": 1,
    "dense_4h_to_h.weight": 0,
    "dense_4h_to_h.bias": 0,
    "norm.weight": 0,
    "norm.bias": 0,
}


def build_optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); weight decay on matrices only."""
    learned = [p for p in network.parameters() if p.requires_grad]
    matrices = [p for p in learned if p.ndim >= 2]
    vectors = [p for p in learned if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        fused=True,
    )
    if recipe.rotated:
        turned = stream_dimensions(network)
        rotation = random_rotation(recipe.d_model, recipe.seed)
        optimizer.register_step_pre_hook(lambda *_: turn(turned, rotation))
        optimizer.register_step_post_hook(lambda *_: turn(turned, rotation.T))
    return optimizer


def random_rotation(d_model: int, seed: int) -> Float[Tensor, "d_model d_model"]:
    """An orthogonal matrix, drawn uniformly."""
    generator = torch.Generator().manual_seed(seed)
    square = torch.randn(d_model, d_model, generator=generator, dtype=torch.float64)
    orthogonal, triangular = torch.linalg.qr(square)
    return (orthogonal * triangular.diagonal().sign()).float()


def stream_dimensions(network: nn.Module) -> dict[nn.Parameter, int]:
    """Each learned parameter that reads from the residual stream or writes to it, and its side."""
    return {
        parameter: side
        for name, parameter in network.named_parameters()
        for end, side in STREAM.items()
        if parameter.requires_grad and name.endswith(end)
    }


@torch.no_grad()
def turn(parameters: dict[nn.Parameter, int], rotation: Float[Tensor, "d_model d_model"]) -> None:
    """Rotate the stream's side of parameters and of their gradients, in place."""
    for parameter, side in parameters.items():
        for tensor in (parameter, parameter.grad):
            if tensor is not None:
                turned = tensor @ rotation.T if side == tensor.ndim - 1 else rotation @ tensor
                tensor.copy_(turned)
