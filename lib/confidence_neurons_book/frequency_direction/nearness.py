"""How near predictions are to the unigram distribution, and how near heat alone would bring them.

A flat prediction is nearer to any broad distribution than a peaked one. So
each text stands beside a control: predictions that the model was sure of,
divided by one temperature until their mean entropy is that of the text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.measure.quantities import Prediction
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, unembed
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction.putting_back import thinned

AS_IT_IS, HEATED = "as the model predicts", "sure predictions, heated"
AT_ONCE = 128
HIGHEST, STEPS = 16.0, 14


def shuffled_rows(
    tokens: Int[Tensor, "batch position"], seed: int = 0
) -> Int[Tensor, "batch position"]:
    """Each row with its tokens in a random order, BOS still first."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(tokens[:, 1:].shape, generator=generator).argsort(dim=1)
    return torch.cat([tokens[:, :1], tokens[:, 1:].gather(1, order)], dim=1)


@torch.no_grad()
def distances(
    model: Model,
    state: State,
    unigrams: Mapping[str, Unigram],
    divided_by: float = 1.0,
) -> pd.DataFrame:
    """Entropy, and KL(P_freq || P_model) for several unigram distributions, token by token.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text.
    unigrams : mapping of name to Unigram
        The distributions P_freq.
    divided_by : float
        The temperature.

    Returns
    -------
    pd.DataFrame
        `sequence`, `position`, `entropy`, and a column for each name, in nats.
    """
    parts: list[dict[str, Tensor]] = []
    for logits in _logits(model, state):
        said = Prediction.of(logits / divided_by)
        kls = {
            name: replace(said, unigram=unigram).read(["kl"])["kl"]
            for name, unigram in unigrams.items()
        }
        parts.append({"entropy": said.entropy, **kls})
    columns = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
    return state.places().assign(**columns)


def correlations(levels: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The correlation of entropy with each of some distances, with its interval.

    Parameters
    ----------
    levels : pd.DataFrame
        From `distances`.
    names : sequence of str
        The distances.

    Returns
    -------
    pd.DataFrame
        As from `intervals`, with `unigram`.
    """
    x, frames = levels["entropy"], []
    for name in names:
        y = levels[name]
        moments = {"x": x, "y": y, "xy": x * y, "xx": x * x, "yy": y * y}
        frames.append(levels[["sequence", "position"]].assign(unigram=name, **moments))
    columns = ["x", "y", "xy", "xx", "yy"]
    return cn.intervals(pd.concat(frames), "unigram", columns, statistic=_correlation)


def _correlation(x: Tensor, y: Tensor, xy: Tensor, xx: Tensor, yy: Tensor) -> Tensor:
    """From means of two quantities, of their product and of their squares."""
    return (xy - x * y) / ((xx - x * x) * (yy - y * y)).sqrt()


def texts_to_compare(
    model: Model, state: State, counts: Int[Tensor, " d_vocab"], every: int
) -> tuple[dict[str, State], State]:
    """What the model is least sure of in a text, the text shuffled, noise; and what it is sure of.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        Of the text.
    counts : Int[Tensor, "d_vocab"]
        The noise is drawn by them.
    every : int
        Every so many-th position counts.

    Returns
    -------
    texts : dict of str to State
        The three texts to compare.
    sure : State
        The text, where the surest third of the positions counts.
    """
    few, tokens = thinned(state, every), state.tokens[::2]
    sure, unsure = thirds(few, cn.read(model, few, "entropy"))
    nonsense = {
        "passages, shuffled": shuffled_rows(tokens),
        "noise": cn.corrupt(tokens, 1.0, counts),
    }
    others = {name: thinned(cn.run(model, rows), every) for name, rows in nonsense.items()}
    return {"passages, least sure third": unsure, **others}, sure


def thirds(state: State, levels: pd.DataFrame) -> tuple[State, State]:
    """The same text, where the surest third of the positions counts, and the least sure third."""
    rank = torch.tensor(levels["entropy"].rank(pct=True).to_numpy())
    states = []
    for chosen in (rank <= 1 / 3, rank > 2 / 3):
        mask = state.counted.clone()
        mask[state.counted] = chosen
        states.append(state.at(mask))
    return states[0], states[1]


@torch.no_grad()
def temperature(
    logits: Float[Tensor, "token d_vocab"], entropy: float, steps: int = STEPS
) -> float:
    """The temperature at which the predictions have this mean entropy, by bisection."""
    low, high = 1 / HIGHEST, HIGHEST
    for _ in range(steps):
        middle = (low * high) ** 0.5
        reached = float(cn.entropy(logits / middle).mean())
        low, high = (middle, high) if reached < entropy else (low, middle)
    return (low * high) ** 0.5


def beside_heat(
    model: Model, texts: Mapping[str, State], sure: State, unigrams: Mapping[str, Unigram]
) -> pd.DataFrame:
    """Mean distances on each text, and of sure predictions that are heated to its entropy.

    Returns
    -------
    pd.DataFrame
        As from `intervals`: `text`, `predictions` ("as the model predicts" or
        "sure predictions, heated"), `quantity` ("entropy" or a name in
        `unigrams`), `estimate`, `low`, `high`, `tokens`.
    """
    frames, surest = [], torch.cat(_logits(model, sure))
    for name, state in texts.items():
        found = distances(model, state, unigrams)
        needed = temperature(surest, float(found["entropy"].mean()))
        heated = distances(model, sure, unigrams, needed)
        frames += [
            found.assign(text=name, predictions=AS_IT_IS),
            heated.assign(text=name, predictions=HEATED),
        ]
    return cn.intervals(pd.concat(frames), ["text", "predictions"], ["entropy", *unigrams])


def _logits(model: Model, state: State) -> list[Float[Tensor, "token d_vocab"]]:
    residual, scale = state.residual[state.counted], state.scale[state.counted]
    parts = zip(residual.split(AT_ONCE), scale.split(AT_ONCE), strict=True)
    return [unembed(model, *part) for part in parts]
