"""Who writes into the null space: the share of each layer, head and neuron.

The residual stream is the sum of what its parts have written: the embedding,
each layer's attention and each layer's MLP. A part's share of some component
of the stream, such as its null component, is how far the part reaches in the
direction in which that component points at the token, over the component's
length. The shares of all parts add up to one; a share may be negative.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.light import LightModel
from confidence_neurons.weights.geometry import writes

ATTENTION, MLP, EMBEDDING = "attention", "MLP", "embedding"
MEAN, VARYING, VISIBLE = "null part, mean", "null part, what varies", "visible part, what varies"
OUTPUTS = {  # where a layer's attention and MLP are written to the stream
    "llama": {ATTENTION: "self_attn.o_proj", MLP: "mlp.down_proj"},
    "gpt_neox": {ATTENTION: "attention.dense", MLP: "mlp.dense_4h_to_h"},
}

Stream = Float[Tensor, "token d_model"]


@dataclass(frozen=True)
class Parts:
    """A text's residual stream, at its counted positions, as the sum of its parts.

    Attributes
    ----------
    state : cn.State
        The text, run.
    space : cn.Geometry
        Of the model.
    outputs : mapping of (str, int) to Float[Tensor, "token d_model"]
        Kind of part and layer -> what it has written, centred where the final
        norm centres.
    heads : sequence of Float[Tensor, "token d_model"]
        For each layer what enters its attention's output weights, head beside head.
    output_weights : sequence of Float[Tensor, "d_model inner"]
        Those weights, centred likewise.
    """

    state: cn.State
    space: cn.Geometry
    outputs: Mapping[tuple[str, int], Stream]
    heads: Sequence[Float[Tensor, "token inner"]]
    output_weights: Sequence[Float[Tensor, "d_model inner"]]

    @property
    def stream(self) -> Stream:
        """The centred stream."""
        return self.space.norm.centre(self.state.residual[self.state.counted])

    def toward(self, component: str) -> Stream:
        """The component of the stream, `MEAN`, `VARYING` or `VISIBLE`, at each token."""
        null = self.stream @ self.space.null_space @ self.space.null_space.T
        if component == MEAN:
            return null.mean(dim=0, keepdim=True).expand_as(null)
        part = null if component == VARYING else self.stream - null
        return part - part.mean(dim=0)


def parts_of(model: LightModel, tokens: Int[Tensor, "batch position"], space: cn.Geometry) -> Parts:
    """Run a text and keep what every layer's attention and MLP write."""
    layers = model.end.layers
    places = OUTPUTS[model.network.config.model_type]
    with _kept(layers, places) as (outputs, inputs):
        state = cn.run(model, tokens)
    counted, centre = state.counted, space.norm.centre
    weights = [layer.get_submodule(places[ATTENTION]).weight.float() for layer in layers]
    return Parts(
        state,
        space,
        {part: centre(torch.cat(blocks)[counted]) for part, blocks in outputs.items()},
        [torch.cat(inputs[layer])[counted] for layer in range(len(layers))],
        [centre(matrix.T).T for matrix in weights],
    )


def layer_shares(
    parts: Parts, components: Sequence[str] = (MEAN, VARYING, VISIBLE)
) -> pd.DataFrame:
    """What each layer's attention and MLP have of each component of the stream.

    Returns
    -------
    pd.DataFrame
        One row per component, kind of part ("embedding" is layer -1), layer
        and counted token: `component`, `kind`, `layer`, `sequence`, `written`
        (length along the component), `length` (of the component).
        `intervals(..., statistic=torch.div)` makes shares of them.
    """
    frames = []
    for component in components:
        unit, length = _unit(parts.toward(component))
        for (kind, layer), output in parts.outputs.items():
            along = _along(output, unit, component)
            frame = _tokens(parts, along, length)
            frames.append(frame.assign(component=component, kind=kind, layer=layer))
    return pd.concat(frames, ignore_index=True)


def head_shares(parts: Parts, n_heads: int, component: str = MEAN) -> pd.Series:
    """Each head's share of a component of the stream, the largest first.

    Returns
    -------
    pd.Series
        "layer.head" -> share.
    """
    unit, length = _unit(parts.toward(component))
    found = {}
    for layer, (inner, weights) in enumerate(zip(parts.heads, parts.output_weights, strict=True)):
        if component != MEAN:
            inner = inner - inner.mean(dim=0)
        by_head = (inner * (unit @ weights)).unflatten(1, (n_heads, -1)).sum(dim=2).mean(dim=0)
        for head, value in enumerate(by_head / length.mean()):
            found[f"{layer}.{head}"] = float(value)
    return pd.Series(found).sort_values(ascending=False)


def neuron_shares(
    model: LightModel,
    parts: Parts,
    groups: Mapping[str, Sequence[int]],
    component: str = VARYING,
) -> pd.DataFrame:
    """What groups of the last layer's neurons have of a component of the stream.

    Returns
    -------
    pd.DataFrame
        One row per group and counted token: `group`, `neurons` (how many),
        `sequence`, `written`, `length`, as in `layer_shares`.
    """
    unit, length = _unit(parts.toward(component))
    activations = parts.state.activations[parts.state.counted].float()
    if component != MEAN:
        activations = activations - activations.mean(dim=0)
    along = activations * (unit @ writes(model).T)
    frames = []
    for name, neurons in groups.items():
        frame = _tokens(parts, along[:, list(neurons)].sum(dim=1), length)
        frames.append(frame.assign(group=name, neurons=len(neurons)))
    return pd.concat(frames, ignore_index=True)


def _unit(component: Stream) -> tuple[Stream, Float[Tensor, " token"]]:
    length = component.norm(dim=1)
    return component / length.unsqueeze(1), length


def _along(output: Stream, unit: Stream, component: str) -> Float[Tensor, " token"]:
    moved = output if component == MEAN else output - output.mean(dim=0)
    return (moved * unit).sum(dim=1)


def _tokens(
    parts: Parts, written: Float[Tensor, " token"], length: Float[Tensor, " token"]
) -> pd.DataFrame:
    columns = {"written": written, "length": length}
    numbers = {name: np.asarray(values.cpu()) for name, values in columns.items()}
    return parts.state.places()[["sequence"]].assign(**numbers)


@contextmanager
def _kept(
    layers: torch.nn.ModuleList, places: Mapping[str, str]
) -> Iterator[tuple[dict[tuple[str, int], list[Tensor]], dict[int, list[Tensor]]]]:
    """What the layers write, and what enters the attentions' output weights, while it is open."""
    outputs: dict[tuple[str, int], list[Tensor]] = {}
    inputs: dict[int, list[Tensor]] = {}

    def keep(kind: str, number: int):
        def hook(module: torch.nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
            outputs.setdefault((kind, number), []).append(made.detach())
            if kind == ATTENTION:
                inputs.setdefault(number, []).append(given[0].detach())

        return hook

    def embedded(module: torch.nn.Module, given: tuple[Tensor, ...]) -> None:
        outputs.setdefault((EMBEDDING, -1), []).append(given[0].detach())

    hooks = [layers[0].register_forward_pre_hook(embedded)]
    for number, layer in enumerate(layers):
        for kind, place in places.items():
            hooks.append(layer.get_submodule(place).register_forward_hook(keep(kind, number)))
    try:
        yield outputs, inputs
    finally:
        for each in hooks:
            each.remove()
