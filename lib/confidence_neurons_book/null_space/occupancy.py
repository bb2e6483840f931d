"""How much of the residual stream lies in the null space."""

from collections.abc import Iterable

import pandas as pd
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn


def stream_occupancy(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    counts: Int[Tensor, " d_vocab"],
    space: cn.Geometry,
    rates: Iterable[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
) -> pd.DataFrame:
    """The final residual stream as more and more of the text is replaced by noise.

    Returns
    -------
    pd.DataFrame
        One row per rate, means over the counted positions: `rate`;
        `null_fraction`, the share of the centred stream's norm inside the null
        space (a ratio of norms); `scale`, of the final norm; `scale_ratio`,
        the scale over that of the first rate; `entropy`, nats.
    """
    parts = []
    for rate in rates:
        state = cn.run(model, cn.corrupt(tokens, rate, counts))
        stream = space.norm.centre(state.residual[state.counted])
        inside = cn.null_fraction(stream, space.null_space)
        read = cn.read(model, state, ("scale", "entropy"))
        parts.append(read.assign(rate=rate, null_fraction=inside.cpu().numpy()))
    columns = ["null_fraction", "scale", "entropy"]
    frame = pd.concat(parts).groupby("rate", sort=False)[columns].mean().reset_index()
    return frame.assign(scale_ratio=frame["scale"] / frame["scale"].iloc[0])
