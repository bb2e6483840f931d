"""Who writes into the null space, layer by layer, and who reads there."""

from collections.abc import Mapping

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.charts import Axis, bands
from confidence_neurons.charts.layers import Drawn
from confidence_neurons_book.null_space.readers import Reading, layer_frame

ATTENTION, SHARE = "attention to the first token", "share of the stream in the eleven"
ELEVEN = slice(0, -1)  # of the null directions: all but the quietest


def writers_chart(shares: pd.DataFrame) -> Drawn:
    """Share of each layer's attention and MLP; intervals of `writers.layer_shares`."""
    return bands(
        shares[["kind", "component", "layer", "estimate", "low", "high"]],
        x=Axis("layer", "layer"),
        y=Axis("estimate", "share of it", domain=(-0.05, 0.9)),
        group="kind",
        panel="component",
        title="What varies in smollm2's null space is written by the last MLP",
        description=(
            "Three panels of lines over the layers, one line for attention and one for MLPs. Up: "
            "the share that each layer has of the mean of the null part of the stream, of what "
            "varies in it from token to token, and of what varies in the visible part. The mean is "
            "shared by attention in layer 24 and the last MLP; what varies comes from the last MLP "
            "almost alone; the visible part has more writers."
        ),
    )


def readers_chart(readings: Mapping[str, Reading]) -> Drawn:
    """By layer: where the stream is quiet, and attention to the first token without directions.

    `readings` are texts as attention reads them, the first one with nothing missing.
    """
    clean, frames = layer_frame(next(iter(readings.values())), ELEVEN), {}
    for name in ("first token", "later tokens"):
        values = clean[["layer", "sequence"]].assign(value=clean[name.split()[0]])
        frames[SHARE, name] = values
    for name, each in readings.items():
        frames[ATTENTION, name] = layer_frame(each).rename(columns={"attention": "value"})
    frame = pd.concat(frames, names=["panel", "line"]).reset_index(level=[0, 1])
    lines = cn.intervals(frame, by=["panel", "line", "layer"], values="value")
    return bands(
        lines[["panel", "line", "layer", "estimate", "low", "high"]],
        x=Axis("layer", "layer"),
        y=Axis("estimate", "share", domain=(0, 1)),
        group="line",
        panel="panel",
        title="Where the first token is marked by quiet directions, attention goes to it",
        description=(
            "Two panels of lines over the layers of smollm2. First: the share of the stream's "
            "length in the eleven null directions before the quietest one, at the first token and "
            "at later ones. Second: mean attention to the first token, as it is, and where "
            "attention misses the eleven, twelve loud visible directions, or twelve random ones. "
            "The first token's share falls where layers 10 and 11 begin, and so does attention to "
            "it; without the eleven or the loud ones less goes there, without random ones as much."
        ),
    )
