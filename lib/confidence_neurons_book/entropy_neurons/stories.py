"""The story of single neurons: where they fire in a text, and what they add there."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.model.state import unembed

LINE_CHARACTERS = 42
WITH, WITHOUT, FROZEN = "with the neuron", "without it", "without it, scale frozen"


def neuron_stories(
    model: TransformerBridge,
    texts: Mapping[str, Int[Tensor, "1 position"]],
    neurons: Sequence[int],
    *,
    to: Float[Tensor, " d_mlp"],
) -> pd.DataFrame:
    """Token by token, how much neurons fire and how much entropy they add.

    What a neuron adds at a token is the clean value minus the value with the
    neuron held.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    texts : mapping of name to Int[Tensor, "1 position"]
        One row of tokens each.
    neurons : sequence of int
        Last-layer neurons, each held by itself.
    to : Float[Tensor, "d_mlp"]
        What they are held at: take their means over a text on which they rest.

    Returns
    -------
    pd.DataFrame
        One row per text, neuron and counted token: `text`, `neuron`,
        `position`, `token` (see `token_labels`), `line`, `start` and `end`
        (where it stands when the text is set in lines, in characters),
        `activation`, `entropy` (of the prediction made at this token, nats),
        `entropy_added` and `loss_added` (nats; a negative `loss_added` helps).
    """
    frames = []
    for name, row in texts.items():
        changes = cn.token_effects(model, row, neurons, to=to).drop(columns="token")
        places = lay_out(cn.token_labels(model, row[0, 1:-1].tolist()))
        frame = changes.merge(places.assign(position=places.index + 1), on="position", how="left")
        frames.append(frame.assign(text=name))
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.assign(entropy_added=-frame["entropy_total"], loss_added=-frame["loss_total"])
    columns = ["text", "neuron", "position", "token", "line", "start", "end", "activation"]
    return frame.reindex(columns=[*columns, "entropy", "entropy_added", "loss_added"])


def lay_out(labels: Iterable[str], width: int = LINE_CHARACTERS) -> pd.DataFrame:
    """Set tokens in lines of at most `width` characters, breaking between tokens.

    A token longer than a line gets one of its own. A line break in the text
    counts as a token like any other.

    Returns
    -------
    pd.DataFrame
        One row per token: `token`, `line` from 0, `start` and `end` in
        characters.
    """
    rows, line, start = [], 0, 0
    for label in labels:
        if start and start + len(label) > width:
            line, start = line + 1, 0
        rows.append((label, line, start, start + len(label)))
        start += len(label)
    return pd.DataFrame(rows, columns=["token", "line", "start", "end"])


def strongest_places(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    neurons: Sequence[int],
    *,
    top: int = 2,
    before: int = 10,
    after: int = 4,
) -> pd.DataFrame:
    """Where last-layer neurons fire most: the best place of each of the best rows.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens.
    neurons : sequence of int
        Last-layer neurons.
    top : int
        How many rows for each neuron.
    before, after : int
        How many tokens of context to give.

    Returns
    -------
    pd.DataFrame
        `top` rows per neuron, strongest first: `neuron`, `sequence`,
        `position`, `activation`, `context` (text, with the token itself in
        angle quotes).
    """
    state = cn.run(model, tokens)
    # Rows that begin alike tie, but for rounding: then the first in the text comes first.
    activations = state.activations[state.counted].cpu().numpy().round(4)
    places = state.places()
    frames = []
    for neuron in neurons:
        fired = places.assign(neuron=neuron, activation=activations[:, neuron])
        peaks = fired.loc[fired.groupby("sequence")["activation"].idxmax()]
        frames.append(peaks.nlargest(top, "activation"))
    frame = pd.concat(frames, ignore_index=True)
    frame["context"] = [
        _context(model, tokens[place.sequence], place.position, before, after)
        for place in frame.itertuples()
    ]
    return frame[["neuron", "sequence", "position", "activation", "context"]]


def _context(
    model: TransformerBridge, row: Int[Tensor, " position"], position: int, before: int, after: int
) -> str:
    start = max(1, position - before)
    labels = cn.token_labels(model, row[start : position + after + 1].tolist())
    labels[position - start] = f"«{labels[position - start]}»"
    return "".join(labels).replace("␣", " ").replace("⏎", " / ")


def predictions_without(
    model: TransformerBridge,
    tokens: Int[Tensor, "1 position"],
    position: int,
    neuron: int,
    to: float,
    top: int = 8,
) -> pd.DataFrame:
    """The next-token distribution at one position, with a neuron and without it.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    tokens : Int[Tensor, "1 position"]
        One row.
    position : int
        Where the prediction is made; BOS is 0.
    neuron : int
        A last-layer neuron.
    to : float
        The activation that the neuron is held at.
    top : int
        How many tokens to show.

    Returns
    -------
    pd.DataFrame
        `top` rows for each of three states ("with the neuron", "without it",
        "without it, scale frozen"): `state`, `rank` (of the token with the
        neuron), `token`, `probability`, `target` (whether the token comes
        next), and `entropy` of the whole distribution. The tokens are those
        with the highest probability with the neuron; the right one is always
        among them.
    """
    clean = cn.run(model, tokens)
    held = cn.ablate(model, clean, [neuron], to=to)
    logits = {
        name: unembed(model, state.residual[0, position], state.scale[0, position])
        for name, state in {WITH: clean, WITHOUT: held, FROZEN: held.frozen(clean)}.items()
    }
    order, target = logits[WITH].argsort(descending=True).tolist(), int(tokens[0, position + 1])
    shown = order[:top] if target in order[:top] else [*order[: top - 1], target]
    frames = [
        pd.DataFrame(
            {
                "state": name,
                "rank": [order.index(token) + 1 for token in shown],
                "token": cn.token_labels(model, shown),
                "probability": cn.log_probabilities(values)[shown].exp().tolist(),
                "target": [token == target for token in shown],
                "entropy": float(cn.entropy(values)),
            }
        )
        for name, values in logits.items()
    ]
    return pd.concat(frames, ignore_index=True)


def activations_by_noise(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    unigram: Shaped[Tensor, " d_vocab"],
    neurons: Sequence[int],
    rates: Iterable[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
    seed: int = 0,
) -> pd.DataFrame:
    """Mean activation of last-layer neurons as more and more of a text turns into noise.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    tokens, unigram, seed
        As in `corrupt`.
    neurons : sequence of int
        Last-layer neurons.
    rates : iterable of float
        Shares of the tokens that are replaced.

    Returns
    -------
    pd.DataFrame
        One row per rate and neuron: `rate`, `neuron`, `activation`, the mean
        over the counted positions.
    """
    frames = []
    for rate in rates:
        state = cn.run(model, cn.corrupt(tokens, rate, unigram, seed))
        means = state.mean_activations()[list(neurons)].tolist()
        frames.append(pd.DataFrame({"rate": rate, "neuron": neurons, "activation": means}))
    return pd.concat(frames, ignore_index=True)
