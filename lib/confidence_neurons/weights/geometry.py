"""What can be said of a model from its weights alone: of its unembedding, and of its neurons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.model.architecture import final_norm, mlp_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.weights.neurons import (
    cosine_covariance,
    logit_cosine,
    logit_var_of,
    null_fraction,
)
from confidence_neurons.weights.spectrum import Spectrum, choose_null_dimension, spectrum_of
from confidence_neurons.weights.unembedding import EffectiveUnembedding, gram
from confidence_neurons.weights.unigram import Counts, Unigram, counts_of


@dataclass(frozen=True)
class Geometry:
    """The end of a network as a map: what it hears, what it does not, where frequency lies.

    Attributes
    ----------
    effective : Float[Tensor, "d_model d_vocab"] or EffectiveUnembedding
        The effective unembedding W: the final gain folded in, centred over the
        vocabulary and, in LayerNorm models, over d_model. A model's is not
        copied: its columns are made as they are needed.
    spectrum : Spectrum
        Its singular values and directions.
    k : int
        Dimension of the null space.
    unigram : Unigram, optional
        The unigram distribution and its direction u, where counts are known.
    norm : FinalNorm
        The final norm.
    """

    effective: Float[Tensor, "d_model d_vocab"] | EffectiveUnembedding
    spectrum: Spectrum
    k: int
    unigram: Unigram | None
    norm: FinalNorm

    @cached_property
    def unembedding(self) -> Float[Tensor, "d_model d_vocab"]:
        """The effective unembedding as a matrix, in single precision."""
        effective = self.effective
        return effective if isinstance(effective, Tensor) else effective.matrix()

    @property
    def null_space(self) -> Float[Tensor, "d_model k"]:
        """The k directions that move the logits least, as columns."""
        return self.spectrum.null_space(self.k)


@checked
@torch.no_grad()
def geometry(
    model: Model,
    *,
    k: int | None = None,
    counts: Counts | None = None,
) -> Geometry:
    """Effective unembedding, spectrum, null space and frequency direction of a model.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    k : int, optional
        Dimension of the null space; by default below the largest relative gap
        in the smallest quarter of the singular values.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        Token counts; by default those that ship with a bundled model.

    Returns
    -------
    Geometry
        What the weights of the model's end say.

    Raises
    ------
    ValueError
        If the spectrum has no gap to choose k by, or a weight is not finite.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> space = cn.geometry(cn.load_model("prose"))
    >>> space.unembedding.shape, space.k
    (torch.Size([128, 2048]), 3)
    """
    unembedding = EffectiveUnembedding.of(model)
    decomposition = spectrum_of(gram(unembedding))
    known = counts_of(model) if counts is None else counts
    return Geometry(
        unembedding,
        decomposition,
        choose_null_dimension(decomposition.values) if k is None else k,
        None if known is None else Unigram.of(model, known),
        final_norm(model),
    )


@checked
@torch.no_grad()
def neuron_weights(
    model: Model,
    *,
    neurons: Sequence[int] | None = None,
    layer: int | None = None,
    k: int | None = None,
    counts: Counts | None = None,
) -> pd.DataFrame:
    """What can be said of neurons from their output weights.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    neurons : sequence of int, optional
        Which neurons, in that order; by default all of the layer.
    layer : int, optional
        By default the last.
    k, counts
        As in `geometry`.

    Returns
    -------
    pd.DataFrame
        One row per neuron: `neuron`, `weight_norm`, `logit_var` (`logit_var`),
        `null_fraction` (`null_fraction`), `frequency_cosine` (cosine, among
        the logits, of the direct effect with the frequency direction; NaN
        without counts).

    Raises
    ------
    ValueError
        As `geometry`.
    NotImplementedError
        If the layer has no MLP with one matrix of output weights.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.neuron_weights(cn.load_model("prose"), neurons=[0, 1]).columns.tolist()
    ['neuron', 'weight_norm', 'logit_var', 'null_fraction', 'frequency_cosine']
    """
    w_out = writes(model, layer)
    chosen = range(len(w_out)) if neurons is None else neurons
    return weight_table(w_out[list(chosen)], geometry(model, k=k, counts=counts), chosen)


def writes(model: Model, layer: int | None = None) -> Float[Tensor, "d_mlp d_model"]:
    """What a layer's neurons write to the residual stream for each unit of their activation.

    Their output weights; where a norm follows the MLP, times its gain, and up
    to its scale, which is another at each token.
    """
    norm, w_out = mlp_norm(model, layer), output_weights(model, layer)
    return w_out if norm is None else w_out * norm.gain


def weight_table(
    w_out: Float[Tensor, "neuron d_model"], space: Geometry, neurons: Sequence[int]
) -> pd.DataFrame:
    """The table of `neuron_weights`, for given output weights."""
    unembedding, cosine = space.effective, torch.full((len(w_out),), torch.nan)
    if space.unigram is not None:
        cosine = logit_cosine(w_out, unembedding, space.unigram.direction)
    columns = {
        "weight_norm": w_out.norm(dim=-1),
        "logit_var": logit_var_of(w_out, cosine_covariance(unembedding)),
        "null_fraction": null_fraction(w_out, space.null_space),
        "frequency_cosine": cosine,
    }
    frame = pd.DataFrame({"neuron": list(neurons)})
    return frame.assign(**{name: values.cpu().numpy() for name, values in columns.items()})
