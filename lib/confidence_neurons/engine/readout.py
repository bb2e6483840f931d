"""From the last residual stream to the logits, and what an ablation feeds into it.

Ablating neuron n of the last layer at a token adds delta * w_out to the
residual stream, delta = mean - activation. With x the residual stream and w
the neuron's w_out (both centred for LayerNorm), s the final scale, W the
effective unembedding and c the bias of the logits,

    clean logits    l  = x W / s + c,
    ablated logits  l' = (x W + delta q) / s' + c,    q = w W,
    new scale       s'^2 = s^2 + (2 delta x.w + delta^2 |w|^2) / d_model.

So an ablation is known from two numbers per token and neuron, delta / s and
the ratio s / s', and from one vector per neuron, its reading q.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.checks import finite
from confidence_neurons.model.architecture import final_norm, need_linear_unembedding
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.weights.unembedding import effective_unembedding

COLUMNS_AT_ONCE = 2048


@dataclass(frozen=True)
class Readout:
    """The final norm and the unembedding, in single or double precision.

    Attributes
    ----------
    unembedding:
        The effective unembedding.
    bias:
        Bias of the logits, centred over the vocabulary.
    norm:
        Which final norm it is.
    """

    unembedding: Float[Tensor, "d_model d_vocab"]
    bias: Float[Tensor, " d_vocab"]
    norm: FinalNorm

    @classmethod
    def from_model(cls, model: TransformerBridge) -> "Readout":
        """Read it off a model loaded by `load_model`."""
        need_linear_unembedding(model)
        bias = model.b_U.detach().float()
        finite(bias, "bias of the logits")
        return cls(effective_unembedding(model), bias - bias.mean(), final_norm(model))

    @cached_property
    def longest(self) -> Float[Tensor, ""]:
        """Norm of the longest column of the unembedding."""
        return self.unembedding.norm(dim=0).max()

    def to(self, dtype: torch.dtype) -> "Readout":
        """The same in another precision."""
        return Readout(self.unembedding.to(dtype), self.bias.to(dtype), self.norm)

    def unembed(self, vectors: Float[Tensor, "row d_model"]) -> Float[Tensor, "row d_vocab"]:
        """The product x W of each row with the unembedding.

        Some columns at a time: with few rows, a CPU is faster by a third
        than with the whole vocabulary at once.
        """
        product = vectors.new_empty(len(vectors), self.unembedding.shape[1])
        for columns, part in zip(
            self.unembedding.split(COLUMNS_AT_ONCE, dim=1),
            product.split(COLUMNS_AT_ONCE, dim=1),
            strict=True,
        ):
            torch.mm(vectors, columns, out=part)
        return product


@dataclass(frozen=True)
class Ablations:
    """What mean-ablating some neurons does at some tokens, before the logits.

    Attributes
    ----------
    residual:
        Residual stream before the final norm, centred where the norm centres.
    target:
        The token that comes next.
    w_out:
        Output weights of the neurons, centred likewise.
    push:
        delta / s, the change of the neuron's activation over the clean scale.
    stretch:
        s / s' - 1: by which share the ablation alone stretches the logits.
    """

    residual: Float[Tensor, "token d_model"]
    scale: Float[Tensor, "token 1"]
    target: Int[Tensor, " token"]
    w_out: Float[Tensor, "neuron d_model"]
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]

    @classmethod
    def build(
        cls,
        readout: Readout,
        residual: Float[Tensor, "token d_model"],
        target: Int[Tensor, " token"],
        w_out: Float[Tensor, "neuron d_model"],
        delta: Float[Tensor, "token neuron"],
    ) -> "Ablations":
        """Work out scale, push and stretch.

        With r = (2 delta x.w + delta^2 |w|^2) / (d_model s^2), the stretch is
        (1 + r)^(-1/2) - 1, computed so that small changes keep their digits.
        """
        x, w = readout.norm.centre(residual), readout.norm.centre(w_out)
        scale = readout.norm.scale(residual)
        change = delta * (2 * (x @ w.T) + delta * w.pow(2).sum(dim=-1))
        relative = change / (x.shape[-1] * scale.pow(2))
        stretch = torch.expm1(-0.5 * torch.log1p(relative))
        return cls(x, scale, target, w, delta / scale, stretch)

    def tokens(self, rows: slice | Tensor) -> "Ablations":
        """The same for some of the tokens."""
        return Ablations(
            self.residual[rows],
            self.scale[rows],
            self.target[rows],
            self.w_out,
            self.push[rows],
            self.stretch[rows],
        )

    def neurons(self, columns: slice | list[int]) -> "Ablations":
        """The same for some of the neurons."""
        return Ablations(
            self.residual,
            self.scale,
            self.target,
            self.w_out[columns],
            self.push[:, columns],
            self.stretch[:, columns],
        )


@dataclass(frozen=True)
class Clean:
    """The clean output distribution at some tokens.

    Attributes
    ----------
    centred:
        log p + H, in nats: log-probabilities with mean zero under p.
    probability:
        p.
    entropy:
        H, in nats.
    """

    centred: Float[Tensor, "token d_vocab"]
    probability: Float[Tensor, "token d_vocab"]
    entropy: Float[Tensor, "token 1"]

    @classmethod
    def build(cls, readout: Readout, ablations: Ablations) -> "Clean":
        """Unembed the clean residual stream."""
        logits = readout.unembed(ablations.residual)
        centred = logits.div_(ablations.scale).add_(readout.bias).log_softmax(dim=-1)
        probability = centred.exp()
        entropy = -row_dot(probability, centred)
        return cls(centred.add_(entropy), probability, entropy)

    def tokens(self, rows: slice | Tensor) -> "Clean":
        """The same for some of the tokens."""
        return Clean(self.centred[rows], self.probability[rows], self.entropy[rows])


def row_dot(
    left: Float[Tensor, "token d_vocab"], right: Float[Tensor, "token d_vocab"]
) -> Float[Tensor, "token 1"]:
    """Scalar product of each row with its partner, without a product of their size in memory."""
    return torch.bmm(left[:, None], right[:, :, None])[:, 0]
