"""The effective unembedding: what the final norm's output is turned into logits by.

Definitions follow Stolfo et al. 2024 (arXiv 2406.16254), section 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import finite
from confidence_neurons.model.ends import Model
from confidence_neurons.model.output_map import OutputMap, output_map

NUMBERS_AT_ONCE = 2**20

Columns = Iterator[Float[Tensor, "d_model some"]]


@dataclass(frozen=True)
class EffectiveUnembedding:
    """The map from the normalised residual stream to what matters of the logits.

    The final norm's gain is folded in. For LayerNorm models each column is
    centred over d_model, because LayerNorm subtracts the mean; this makes
    the all-ones direction an exact null direction. Each row is centred over
    the vocabulary, because softmax ignores a constant added to all logits.

    Columns are made as they are needed, so that the weights of a model are
    not copied.
    """

    end: OutputMap

    @classmethod
    def of(cls, model: Model) -> "EffectiveUnembedding":
        """Of a model.

        Raises
        ------
        ValueError
            If a weight is NaN or infinite.
        """
        unembedding = cls(output_map(model))
        finite(unembedding.mean, "weights of the unembedding")  # it is not, if one of them is not
        return unembedding

    @cached_property
    def mean(self) -> Float[Tensor, " d_model"]:
        """The mean of the columns before they are centred over the vocabulary."""
        total = torch.zeros((), dtype=torch.float64)
        for columns in self._uncentred():
            total = columns.double().sum(dim=1) + total
        return (total / self.end.weights.shape[1]).float()

    @cached_property
    def product(self) -> Float[Tensor, "d_model d_model"]:
        """W W^T, in double precision: worked out once, for the spectrum and for every table."""
        return _product(self.columns())

    def columns(self) -> Columns:
        """All columns in their order, some at a time."""
        for columns in self._uncentred():
            yield columns.sub_(self.mean.unsqueeze(-1))

    def matrix(self) -> Float[Tensor, "d_model d_vocab"]:
        """All columns at once: a copy in single precision."""
        return torch.cat(list(self.columns()), dim=1)

    def _uncentred(self) -> Columns:
        centres, gain = self.end.norm.centres, self.end.gain.unsqueeze(-1)
        for stored in _some_columns(self.end.weights):
            columns = stored.float() * gain
            yield columns.sub_(columns.mean(dim=0)) if centres else columns


def effective_unembedding(model: Model) -> Float[Tensor, "d_model d_vocab"]:
    """The whole effective unembedding of a model, a copy in single precision."""
    return EffectiveUnembedding.of(model).matrix()


def columns_of(matrix: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding) -> Columns:
    """The columns of either, in their order, some at a time."""
    return _some_columns(matrix) if isinstance(matrix, Tensor) else matrix.columns()


def gram(
    matrix: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding,
) -> Float[Tensor, "d_model d_model"]:
    """Matrix times its transpose, in double precision; bounded memory."""
    return _product(_some_columns(matrix)) if isinstance(matrix, Tensor) else matrix.product


def _product(columns: Columns) -> Float[Tensor, "d_model d_model"]:
    total = torch.zeros((), dtype=torch.float64)
    for some in columns:
        wide = some.double()
        total = wide @ wide.T + total
    return total


def _some_columns(matrix: Float[Tensor, "d_model d_vocab"]) -> Columns:
    yield from matrix.split(max(1, NUMBERS_AT_ONCE // len(matrix)), dim=1)
