"""The story of single neurons: where they fire in a text, and what they add there."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Int, Shaped
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.tokens import token_effects
from confidence_neurons.measure.outputs import entropy, log_probabilities
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.altered import corrupt
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import chosen_neurons, neuron_weights
from confidence_neurons_book.confidence.predictions import token_labels

LINE_CHARACTERS = 42
WITH, WITHOUT, FROZEN = "with the neuron", "without it", "without it, scale frozen"


def neuron_stories(
    model: TransformerBridge,
    texts: Mapping[str, Int[Tensor, "1 position"]],
    neurons: Sequence[int],
    *,
    reference: Int[Tensor, "batch position"],
) -> pd.DataFrame:
    """Token by token, how much neurons fire and how much entropy they add.

    What a neuron adds at a token is the clean value minus the value with the
    neuron held at its mean over `reference`: take a text on which it rests.

    Parameters
    ----------
    texts:
        One row of tokens each, BOS first.

    Returns
    -------
    One row per text, neuron and measured token: `text`, `neuron`,
    `position`, `token` (see `predictions.token_labels`), `line`, `start` and
    `end` (where it stands when the text is set in lines, in characters),
    `activation`, `entropy` (of the prediction made at this token, nats),
    `entropy_added` and `loss_added` (nats; a negative `loss_added` helps).

    Raises
    ------
    ValueError
        If a text is not one row; otherwise as `token_effects`.
    """
    frames = []
    for name, row in texts.items():
        if row.ndim != 2 or len(row) != 1:
            raise ValueError(f"expected one row of tokens as the text {name!r}, got {row.shape}")
        effects = token_effects(model, row, neurons, reference=reference)
        labels = token_labels(model, measured(row)[0].tolist())
        places = lay_out(labels).assign(position=range(1, row.shape[1] - 1))
        frame = effects.drop(columns="token").merge(places, on="position", how="left")
        frames.append(frame.assign(text=name))
    frame = pd.concat(frames, ignore_index=True)
    frame["entropy_added"] = -frame["entropy_total"]
    frame["loss_added"] = -frame["loss_total"]
    columns = ["text", "neuron", "position", "token", "line", "start", "end", "activation"]
    return frame.reindex(columns=[*columns, "entropy", "entropy_added", "loss_added"])


def lay_out(labels: Iterable[str], width: int = LINE_CHARACTERS) -> pd.DataFrame:
    """Set tokens in lines of at most `width` characters, breaking between tokens.

    A token longer than a line gets one of its own. A line break in the text
    counts as a token like any other.

    Returns
    -------
    One row per token: `token`, `line` from 0, `start` and `end` in characters.

    Raises
    ------
    ValueError
        If `width` is below 1.
    """
    if width < 1:
        raise ValueError(f"expected a width of at least 1 character, got {width}")
    rows, line, start = [], 0, 0
    for label in labels:
        if start and start + len(label) > width:
            line, start = line + 1, 0
        rows.append({"token": label, "line": line, "start": start, "end": start + len(label)})
        start += len(label)
    return pd.DataFrame(rows, columns=["token", "line", "start", "end"])


@torch.no_grad()
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
    top:
        How many rows for each neuron.
    before, after:
        How many tokens of context to give.

    Returns
    -------
    `top` rows per neuron, strongest first: `neuron`, `sequence`, `position`,
    `activation`, `context` (text, with the token itself in angle quotes).

    Raises
    ------
    ValueError
        If a neuron is not there or named twice, or `top` is not between 1 and
        the number of rows.
    """
    chosen = chosen_neurons(neurons, len(neuron_weights(model)))
    if not 1 <= top <= len(tokens):
        raise ValueError(f"expected a top from 1 to {len(tokens)}, the number of rows, got {top}")
    peaks, places = measured(run_final(model, tokens).activations)[..., chosen].max(dim=1)
    rows = []
    for column, neuron in enumerate(chosen):
        for sequence in peaks[:, column].argsort(descending=True)[:top].tolist():
            position = int(places[sequence, column]) + 1
            start = max(1, position - before)
            labels = token_labels(model, tokens[sequence, start : position + after + 1].tolist())
            labels[position - start] = f"«{labels[position - start]}»"
            rows.append(
                {
                    "neuron": neuron,
                    "sequence": sequence,
                    "position": position,
                    "activation": float(peaks[sequence, column]),
                    "context": "".join(labels).replace("␣", " ").replace("⏎", " / "),
                }
            )
    return pd.DataFrame(rows)


@torch.no_grad()
def predictions_without(
    model: TransformerBridge,
    tokens: Int[Tensor, "1 position"],
    position: int,
    neuron: int,
    mean: float,
    top: int = 8,
) -> pd.DataFrame:
    """The next-token distribution at one position, with a neuron and without it.

    Parameters
    ----------
    position:
        Where the prediction is made; BOS is 0.
    mean:
        The activation that the neuron is held at.

    Returns
    -------
    `top` rows for each of three states ("with the neuron", "without it",
    "without it, scale frozen"): `state`, `rank` (of the token with the
    neuron), `token`, `probability`, `target` (whether the token comes next),
    and `entropy` of the whole distribution. The tokens are those with the
    highest probability with the neuron; the right one is always among them.

    Raises
    ------
    ValueError
        If the position has no next token, or there is no such neuron.
    """
    if not 0 <= position < tokens.shape[1] - 1:
        raise ValueError(
            f"expected a position from 0 to {tokens.shape[1] - 2}, which has a next token, "
            f"got {position}"
        )
    w_out = neuron_weights(model)
    chosen_neurons([neuron], len(w_out))
    state = run_final(model, tokens)
    residual = state.residual[0, position]
    ablated = residual + (mean - state.activations[0, position, neuron]) * w_out[neuron]
    scale = FinalNorm.from_model(model).scale(residual)
    logits = {
        WITH: logits_from_residual(model, residual),
        WITHOUT: logits_from_residual(model, ablated),
        FROZEN: logits_from_residual(model, ablated, scale),
    }
    order = logits[WITH].argsort(descending=True)
    target = int(tokens[0, position + 1])
    shown = order[:top].tolist()
    if target not in shown:
        shown[-1] = target
    rank = {int(token): place for place, token in enumerate(order.tolist(), start=1)}
    frames = []
    for name, values in logits.items():
        log_p = log_probabilities(values)
        frames.append(
            pd.DataFrame(
                {
                    "state": name,
                    "rank": [rank[token] for token in shown],
                    "token": token_labels(model, shown),
                    "probability": log_p[shown].exp().tolist(),
                    "target": [token == target for token in shown],
                    "entropy": float(entropy(log_p)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@torch.no_grad()
def activations_by_noise(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    unigram: Shaped[Tensor, " d_vocab"],
    neurons: Sequence[int],
    rates: Iterable[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
    seed: int = 0,
) -> pd.DataFrame:
    """Mean activation of last-layer neurons as more and more of a text turns into noise.

    Returns
    -------
    One row per rate and neuron: `rate`, `neuron`, `activation`, the mean over
    the measured positions.

    Raises
    ------
    ValueError
        As `text.corrupt`; also if a neuron is not there or named twice.
    """
    chosen = chosen_neurons(neurons, len(neuron_weights(model)))
    rows = []
    for rate in rates:
        state = run_final(model, corrupt(tokens, rate, unigram, seed))
        means = measured(state.activations)[..., chosen].flatten(0, 1).mean(dim=0)
        for neuron, mean in zip(chosen, means.tolist(), strict=True):
            rows.append({"rate": rate, "neuron": neuron, "activation": mean})
    return pd.DataFrame(rows)
