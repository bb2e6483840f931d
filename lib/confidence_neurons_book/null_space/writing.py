"""Write along a direction of the residual stream and read what the output does.

The total effect lets the final norm compute its scale from what was written
to; the direct effect keeps the clean scale (frozen). Logits are linear in the
stream once the scale is known: what is written moves them along one vector, so
that many lengths cost little more than one.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.output_map import output_map

TOTAL, DIRECT = "total", "scale frozen"
OTHERS = "(all others)"


def sample(state: cn.State, every: int) -> cn.State:
    """The same state, where only one in `every` of its counted positions counts."""
    chosen = torch.zeros_like(state.counted)
    chosen[tuple(state.counted.nonzero()[::every].T)] = True
    return state.at(chosen)


def at_the_end(model: Model, text: str) -> cn.State:
    """A text, read once, of which the last position counts alone."""
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    row = torch.tensor([[model.tokenizer.bos_token_id, *ids]])
    return cn.run(model, row, at=torch.arange(row.shape[1])[None] == row.shape[1] - 1)


class Written:
    """The counted positions of a state, and what is written to them along one direction.

    The direction is turned at each token so that a positive strength adds to
    what the stream already has along it. A strength of 1 writes as much as the
    stream, centred where the norm centres, is long.
    """

    def __init__(self, model: Model, state: cn.State, direction: Float[Tensor, " d_model"]) -> None:
        """Take what does not depend on the strength."""
        self._map = output_map(model)
        self._stream = self._map.norm.centre(state.residual[state.counted])
        self._scale = state.scale[state.counted]
        unit = self._map.norm.centre(direction)
        self._unit = unit / unit.norm()
        self._length = self._stream.norm(dim=-1, keepdim=True)
        self._turned = (self._stream @ self._unit).sign().unsqueeze(-1)
        bias = self._map.bias
        self._clean = (self._map.logits(self._stream, self._scale) - bias) * self._scale
        one = torch.ones_like(self._scale[:1])
        self._push = self._map.logits(self._unit[None], one) - bias

    def scale(self, strength: float) -> Float[Tensor, "token 1"]:
        """The final scale that the norm computes from what was written to."""
        added = strength * self._length * self._turned * self._unit
        return self._map.norm.scale(self._stream + added)

    def logits(self, strength: float, effect: str = TOTAL) -> Float[Tensor, "token d_vocab"]:
        """Logits after writing; a direct effect keeps the clean scale."""
        scale = self._scale if effect == DIRECT else self.scale(strength)
        moved = self._clean + strength * self._length * self._turned * self._push
        return moved / scale + self._map.bias

    def ratio(self, strength: float) -> Float[Tensor, "token 1"]:
        """New scale over clean scale: the temperature, where the direction is exactly null."""
        return self.scale(strength) / self._scale


@torch.no_grad()
def written_entropy(
    model: Model,
    state: cn.State,
    directions: Mapping[str, Float[Tensor, "some d_model"]],
    strengths: Iterable[float],
    every: int = 1,
) -> pd.DataFrame:
    """Entropy after writing along directions, by how much is written.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : cn.State
        Where to write.
    directions : mapping of str to Float[Tensor, "some d_model"]
        Name -> one direction or several, whose entropies are averaged.
    strengths : iterable of float
        In lengths of the stream.
    every : int
        Write to one in so many of the counted positions.

    Returns
    -------
    pd.DataFrame
        One row per direction, strength, effect and counted token: `written`
        (the direction, and "scale frozen" where it was), `strength`,
        `sequence`, `entropy` and the size of its `change` (nats), `ratio` (new scale
        over clean scale).
    """
    some = sample(state, every)
    steps, sequence = list(strengths), some.places()["sequence"]
    parts = []
    for name, several in directions.items():
        written = [Written(model, some, one) for one in several]
        clean = cn.entropy(written[0].logits(0.0))
        for strength in steps:
            ratios = torch.stack([each.ratio(strength) for each in written]).mean(dim=0)
            for effect in (TOTAL, DIRECT):
                logits = (each.logits(strength, effect) for each in written)
                entropies = torch.stack([cn.entropy(each) for each in logits])
                numbers = {
                    "entropy": entropies.mean(dim=0),
                    "change": (entropies - clean).abs().mean(dim=0),
                    "ratio": ratios.squeeze(-1),
                }
                frame = pd.DataFrame({key: np.asarray(each.cpu()) for key, each in numbers.items()})
                said = name if effect == TOTAL else f"{name}, {effect}"
                parts.append(frame.assign(written=said, strength=strength, sequence=sequence))
    return pd.concat(parts, ignore_index=True)


@torch.no_grad()
def written_bars(
    model: Model,
    state: cn.State,
    directions: Mapping[str, tuple[Float[Tensor, " d_model"], str]],
    strengths: Iterable[float],
    count: int = 10,
) -> pd.DataFrame:
    """The next-token distribution at the one position that counts, for many strengths.

    Parameters
    ----------
    model, state, strengths
        As in `written_entropy`.
    directions : mapping of str to (Float[Tensor, "d_model"], str)
        Name -> a direction, and the effect that is shown.
    count : int
        How many tokens are told apart: those that are likeliest before
        anything is written.

    Returns
    -------
    pd.DataFrame
        `count + 1` rows per direction and strength: `direction`, `strength`,
        `token`, `probability`, `said` (entropy and scale in words).
    """
    rows = []
    for name, (direction, effect) in directions.items():
        written = Written(model, state, direction)
        top = written.logits(0.0)[0].topk(count).indices
        labels = [*cn.token_labels(model, top.tolist()), OTHERS]
        for strength in strengths:
            logits = written.logits(strength, effect)[0]
            shown = logits.softmax(dim=-1)[top]
            ratio = 1.0 if effect == DIRECT else float(written.ratio(strength))
            said = f"entropy {float(cn.entropy(logits)):.2f} nats, scale x {ratio:.2f}"
            values = [*shown.tolist(), max(0.0, 1 - float(shown.sum()))]
            frame = pd.DataFrame({"token": labels, "probability": values})
            rows.append(frame.assign(direction=name, strength=strength, said=said))
    return pd.concat(rows, ignore_index=True)
