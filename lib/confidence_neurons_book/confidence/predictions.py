"""Next-token predictions as tidy frames: one distribution at several temperatures, a sentence.

Entropies and surprisals are in nats.
"""

from collections.abc import Iterable

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.measure.outputs import predict
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import unembed
from confidence_neurons.text.beginning import encode


def as_row(model: Model, text: str) -> Int[Tensor, "1 position"]:
    """BOS and a text, as one row of tokens."""
    ids = [model.tokenizer.bos_token_id, *encode(model.tokenizer, text)]
    return torch.tensor([ids], device=model.cfg.device)


def next_logits(model: Model, context: str) -> Float[Tensor, " d_vocab"]:
    """Logits of the token that follows a context.

    The context ends in a word or a mark: white space at its end belongs to
    the next token.
    """
    return unembed(model, cn.run(model, as_row(model, context)).residual[0, -1])


def temperature_sweep(
    model: Model,
    logits: Float[Tensor, " d_vocab"],
    temperatures: Iterable[float],
    top: int = 10,
) -> pd.DataFrame:
    """One distribution, softmax(logits / T), at several temperatures T.

    Returns
    -------
    pd.DataFrame
        `top` rows per temperature: `temperature`, `rank`, `token`,
        `probability`; of the whole distribution `entropy`, and `held`, the
        probability that the shown tokens have together. The tokens are those
        of the highest logits, whose order no temperature changes.
    """
    chosen = logits.topk(top).indices
    labels = cn.token_labels(model, chosen.tolist())
    frames = []
    for temperature in temperatures:
        log_p = cn.log_probabilities(logits / temperature)
        shown = log_p[chosen].exp()
        columns = {
            "temperature": float(temperature),
            "rank": range(1, top + 1),
            "token": labels,
            "probability": shown.tolist(),
            "entropy": float(cn.entropy(log_p)),
            "held": float(shown.sum()),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def along_text(model: Model, text: str) -> pd.DataFrame:
    """Entropy before each token of a text, and surprisal once the token is known.

    Returns
    -------
    pd.DataFrame
        One row per token but the first: `position` (BOS is 0), `token`,
        `entropy` of the prediction made for it, its `surprisal`, the model's
        `guess`, the guess's `probability`, and whether it `came`.
    """
    state = cn.run(model, as_row(model, text))
    prediction = predict(model, state)
    values = prediction.read(("entropy", "loss", "confidence", "right"))
    entropy, surprisal, probability, right = (column.tolist() for column in values.values())
    return pd.DataFrame(
        {
            "position": state.places()["position"] + 1,
            "token": cn.token_labels(model, state.targets().tolist()),
            "entropy": entropy,
            "surprisal": surprisal,
            "guess": cn.token_labels(model, prediction.choice.tolist()),
            "probability": probability,
            "came": [bool(each) for each in right],
        }
    )
