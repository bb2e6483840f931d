"""From the last residual stream to the logits, and what an ablation feeds into it.

Ablating neuron n of the last layer at a token adds delta * w_out to the
residual stream, delta = mean - activation. With x the residual stream and w
the neuron's w_out (both centred for LayerNorm, and times the final gain), s the
final scale, W the unembedding and c the bias of the logits,

    clean logits    l  = x W / s + c,
    ablated logits  l' = (x W + delta q) / s' + c,    q = w W,
    new scale       s'^2 = s^2 + (2 delta x.w + delta^2 |w|^2) / d_model,

the last with x and w before the gain. So an ablation is known from two numbers
per token and neuron, the push delta / s and the ratio s / s', and from one
vector per neuron, its reading q.

Where a norm stands between the MLP and the stream (Gemma 2 and 3, OLMo 2), the
MLP's output u adds g u / s_u to the stream, g being that norm's gain. The
ablated stream is

    x + g w delta / s_u' + g u (1 / s_u' - 1 / s_u):

another push along g w, and a pull along g u, which is one more vector per token.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.checks import finite
from confidence_neurons.model.architecture import need_linear_unembedding
from confidence_neurons.model.ends import Model
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm
from confidence_neurons.model.output_map import output_map

COLUMNS_AT_ONCE = 2048
ROWS_AT_ONCE = 16


@dataclass(frozen=True)
class Readout:
    """The final norm and the unembedding; what is worked out has the precision of the bias.

    Attributes
    ----------
    unembedding:
        The unembedding as it is stored, in any precision.
    gain:
        What the normalised stream is multiplied by.
    bias:
        Bias of the logits, centred over the vocabulary.
    norm:
        Which final norm it is.
    copy:
        The unembedding less its mean over the vocabulary, in the precision
        that is worked in; else that is made of some columns at a time.
    """

    unembedding: Float[Tensor, "d_model d_vocab"]
    gain: Float[Tensor, " d_model"]
    bias: Float[Tensor, " d_vocab"]
    norm: FinalNorm
    copy: Float[Tensor, "d_model d_vocab"] | None = None

    @classmethod
    def from_model(cls, model: Model) -> "Readout":
        """Read it off a model; the unembedding is not copied."""
        need_linear_unembedding(model)
        end = output_map(model)
        finite(end.bias, "bias of the logits")
        readout = cls(end.weights, end.gain, end.bias - end.bias.mean(), end.norm)
        finite(readout.mean, "weights of the unembedding")  # their mean is not, if one is not
        return readout

    @cached_property
    def mean(self) -> Float[Tensor, " d_model"]:
        """The mean column of the unembedding, which moves all logits alike."""
        total = self.gain.new_zeros(len(self.unembedding), dtype=torch.float64)
        for some in self.unembedding.split(COLUMNS_AT_ONCE, dim=1):
            total += some.sum(dim=1, dtype=torch.float64)
        return (total / self.unembedding.shape[1]).to(self.bias)

    def to(self, dtype: torch.dtype) -> "Readout":
        """The same in another precision; the unembedding stays as it is stored."""
        return Readout(self.unembedding, self.gain.to(dtype), self.bias.to(dtype), self.norm)

    def copied(self) -> "Readout":
        """The same with a centred copy of the unembedding, in the precision of the rest."""
        copy = torch.empty_like(self.unembedding, dtype=self.bias.dtype)
        for columns, part in self._centred(copy):
            part.copy_(columns)
        return replace(self, copy=copy)

    def heard(self, vectors: Float[Tensor, "row d_model"]) -> Float[Tensor, "row d_model"]:
        """Vectors of the residual stream as the unembedding meets them, but for the scale."""
        return self.norm.centre(vectors) * self.gain

    def unembed(self, heard: Float[Tensor, "row d_model"]) -> Float[Tensor, "row d_vocab"]:
        """The product of each row with the unembedding, up to a constant.

        Some columns at a time: with few rows, a CPU is faster by a third
        than with the whole vocabulary at once.
        """
        product = heard.new_empty(len(heard), self.unembedding.shape[1])
        for columns, part in zip(
            (self.unembedding if self.copy is None else self.copy).split(COLUMNS_AT_ONCE, dim=1),
            product.split(COLUMNS_AT_ONCE, dim=1),
            strict=True,
        ):
            torch.mm(heard, columns.to(heard), out=part)
        return product

    def readings(self, heard: Float[Tensor, "neuron d_model"]) -> Float[Tensor, "neuron d_vocab"]:
        """What each row adds to the logits before the scale, centred over the vocabulary."""
        product = heard.new_empty(len(heard), self.unembedding.shape[1])
        for columns, part in self._centred(product):
            torch.mm(heard, columns, out=part)
        return product

    def readings_by_entry(
        self, heard: Float[Tensor, "neuron d_model"]
    ) -> Float[Tensor, "neuron d_vocab"]:
        """The same, laid out so that all neurons' readings of one entry lie side by side."""
        product = heard.new_empty(self.unembedding.shape[1], len(heard)).T
        for columns, part in self._centred(product):
            torch.mm(columns.T, heard.T, out=part.T)
        return product

    def pooled(self, weights: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row d_model"]:
        """Weighted sums of the centred columns: a row of it times w is a weighted sum of readings.

        It costs d_model and not d_mlp products per vocabulary entry.
        """
        total = weights.new_zeros(len(weights), len(self.unembedding))
        for columns, some in self._centred(weights):
            total.addmm_(some, columns.T)
        return total

    def _centred(
        self, rows: Float[Tensor, "row d_vocab"]
    ) -> Iterator[tuple[Float[Tensor, "d_model some"], Float[Tensor, "row some"]]]:
        """Columns of the unembedding less their mean, some at a time, beside those of the rows.

        What moves all logits alike is taken off before any product, not after:
        beside it a small effect would be lost in rounding.
        """
        whole = self.unembedding if self.copy is None else self.copy
        for columns, some in zip(
            whole.split(COLUMNS_AT_ONCE, dim=1), rows.split(COLUMNS_AT_ONCE, dim=1), strict=True
        ):
            centred = self.copy is not None
            yield columns if centred else columns.to(self.bias) - self.mean.unsqueeze(-1), some


class MlpOutput(NamedTuple):
    """What enters the norm between the last MLP and the residual stream, and that norm."""

    out: Float[Tensor, "token d_model"]
    norm: MlpNorm


class Pull(NamedTuple):
    """What an ablation changes along each token's own vector, where a norm follows the MLP.

    Attributes
    ----------
    size:
        1 / s_u' - 1 / s_u, over the final scale.
    along:
        g u, as the unembedding meets it.
    """

    size: Float[Tensor, "token neuron"]
    along: Float[Tensor, "token d_model"]


@dataclass(frozen=True)
class Ablations:
    """What mean-ablating some neurons does at some tokens, before the logits.

    Attributes
    ----------
    residual:
        Residual stream before the final norm, as the unembedding meets it.
    target:
        The token that comes next.
    w_out:
        Output weights of the neurons, likewise.
    push:
        delta / s, the change of the neuron's activation over the clean scale.
    stretch:
        s / s' - 1: by which share the ablation alone stretches the logits.
    pull:
        Only where a norm follows the MLP.
    """

    residual: Float[Tensor, "token d_model"]
    scale: Float[Tensor, "token 1"]
    target: Int[Tensor, " token"]
    w_out: Float[Tensor, "neuron d_model"]
    push: Float[Tensor, "token neuron"]
    stretch: Float[Tensor, "token neuron"]
    pull: Pull | None = None

    @classmethod
    def build(
        cls,
        readout: Readout,
        residual: Float[Tensor, "token d_model"],
        target: Int[Tensor, " token"],
        w_out: Float[Tensor, "neuron d_model"],
        delta: Float[Tensor, "token neuron"],
        mlp: MlpOutput | None = None,
    ) -> "Ablations":
        """Work out scale, push, stretch and pull.

        With r = s'^2 / s^2 - 1, the stretch is (1 + r)^(-1/2) - 1, computed so
        that small changes keep their digits.
        """
        norm, width, gain = readout.norm, residual.shape[-1], readout.gain
        x, w, scale, pull = norm.centre(residual), w_out, norm.scale(residual), None
        change = torch.zeros_like(delta)
        if mlp is not None:
            u, scale_u = mlp.out, FinalNorm(centres=False, eps=mlp.norm.eps).scale(mlp.out)
            relative = _moved(u, w, delta) / (width * scale_u.pow(2))
            size = _root_less_one(relative) / scale_u
            delta = delta * (size + 1 / scale_u)
            u, w = norm.centre(u * mlp.norm.gain), w * mlp.norm.gain
            along = 2 * row_dot(x, u) + size * u.pow(2).sum(dim=-1, keepdim=True)
            change = size * (along + 2 * delta * (u @ norm.centre(w).T))
            pull = Pull(size / scale, u * gain)
        w = norm.centre(w)
        stretch = _root_less_one((change + _moved(x, w, delta)) / (width * scale.pow(2)))
        return cls(x * gain, scale, target, w * gain, delta / scale, stretch, pull)

    def tokens(self, rows: slice | Tensor) -> "Ablations":
        """The same for some of the tokens."""
        return Ablations(
            self.residual[rows],
            self.scale[rows],
            self.target[rows],
            self.w_out,
            self.push[rows],
            self.stretch[rows],
            None if self.pull is None else Pull(self.pull.size[rows], self.pull.along[rows]),
        )

    def neurons(self, columns: slice | list[int] | Tensor) -> "Ablations":
        """The same for some of the neurons."""
        pull = self.pull
        return replace(
            self,
            w_out=self.w_out[columns],
            push=self.push[:, columns],
            stretch=self.stretch[:, columns],
            pull=None if pull is None else pull._replace(size=pull.size[:, columns]),
        )


@dataclass(frozen=True)
class Sources:
    """What ablations are worked out from, for all tokens and neurons of a scan.

    Attributes
    ----------
    residual, target, w_out, delta, mlp:
        As `Ablations.build` takes them, in any precision.
    """

    residual: Float[Tensor, "token d_model"]
    target: Int[Tensor, " token"]
    w_out: Float[Tensor, "neuron d_model"]
    delta: Float[Tensor, "token neuron"]
    mlp: MlpOutput | None = None

    def ablations(
        self, readout: Readout, tokens: slice | Tensor, neurons: slice | list[int]
    ) -> Ablations:
        """Those of some tokens and neurons, in the precision of the readout."""
        dtype, mlp = readout.bias.dtype, self.mlp
        return Ablations.build(
            readout,
            self.residual[tokens].to(dtype),
            self.target[tokens],
            self.w_out[neurons].to(dtype),
            self.delta[tokens][:, neurons].to(dtype),
            None if mlp is None else mlp._replace(out=mlp.out[tokens].to(dtype)),
        )

    def heard(self, readout: Readout, neurons: slice) -> Float[Tensor, "neuron d_model"]:
        """The output weights of some neurons as the unembedding meets them."""
        w = self.w_out[neurons].to(readout.bias)
        return readout.heard(w if self.mlp is None else w * self.mlp.norm.gain)

    def neurons(self, columns: list[int]) -> "Sources":
        """The same for some of the neurons."""
        return replace(self, w_out=self.w_out[columns], delta=self.delta[:, columns])


def _moved(
    stream: Float[Tensor, "token d_model"],
    w: Float[Tensor, "neuron d_model"],
    delta: Float[Tensor, "token neuron"],
) -> Float[Tensor, "token neuron"]:
    """|x + delta w|^2 - |x|^2."""
    return delta * (2 * (stream @ w.T) + delta * w.pow(2).sum(dim=-1))


def _root_less_one(relative: Float[Tensor, "token neuron"]) -> Float[Tensor, "token neuron"]:
    """(1 + r)^(-1/2) - 1, with all digits where r is small."""
    return torch.expm1(-0.5 * torch.log1p(relative))


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
    largest:
        The size of the largest logit of each token, which says how it is rounded.
    """

    centred: Float[Tensor, "token d_vocab"]
    probability: Float[Tensor, "token d_vocab"]
    entropy: Float[Tensor, "token 1"]
    largest: Float[Tensor, " token"]

    @classmethod
    def build(cls, readout: Readout, ablations: Ablations) -> "Clean":
        """Unembed the clean residual stream."""
        logits = readout.unembed(ablations.residual).div_(ablations.scale).add_(readout.bias)
        centred = logits.log_softmax(dim=-1)
        probability = centred.exp()
        entropy = -row_dot(probability, centred)
        largest = torch.maximum(-logits.amin(dim=-1), logits.amax(dim=-1))
        return cls(centred.add_(entropy), probability, entropy, largest)

    @property
    def rounding(self) -> Float[Tensor, " token"]:
        """How finely sums of the logits of each token are known, in nats."""
        return 2 * torch.finfo(self.largest.dtype).eps * (1 + self.largest)

    def scaled(self, readout: Readout) -> Float[Tensor, "token d_vocab"]:
        """The part of the logits that the scale divides, with mean zero under p."""
        if not readout.bias.any():
            return self.centred
        scaled = self.centred - readout.bias
        return scaled.sub_(row_dot(self.probability, scaled))

    def tokens(self, rows: slice | Tensor) -> "Clean":
        """The same for some of the tokens."""
        return Clean(
            self.centred[rows], self.probability[rows], self.entropy[rows], self.largest[rows]
        )


def row_dot(
    left: Float[Tensor, "token d_vocab"], right: Float[Tensor, "token d_vocab"]
) -> Float[Tensor, "token 1"]:
    """Scalar product of each row with its partner; no more than a few products are held."""
    sums = left.new_empty(len(left), 1)
    products = torch.empty_like(left[:ROWS_AT_ONCE])
    for some, one, other in zip(
        sums.split(ROWS_AT_ONCE), left.split(ROWS_AT_ONCE), right.split(ROWS_AT_ONCE), strict=True
    ):
        torch.sum(torch.mul(one, other, out=products[: len(one)]), dim=1, keepdim=True, out=some)
    return sums
