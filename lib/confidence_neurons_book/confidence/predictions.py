"""Next-token predictions as tidy frames: one context, a sentence, temperatures.

Entropies and surprisals are in nats.
"""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.measure.outputs import predict

LABEL_CHARACTERS = 34


@torch.no_grad()
def context_logits(model: TransformerBridge, context: str) -> Float[Tensor, " d_vocab"]:
    """Logits of the token that follows BOS and a context.

    The context ends in a word or a mark: white space at its end belongs to
    the next token.
    """
    return model(model.to_tokens(context, prepend_bos=True))[0, -1].float()


def top_predictions(
    model: TransformerBridge, contexts: Iterable[str], top: int = 10
) -> pd.DataFrame:
    """The most likely next tokens after each context.

    Returns
    -------
    pd.DataFrame
        `top` rows per context: `context` (its end), `rank` from 1, `token`,
        `probability`, and `entropy` of the whole distribution.
    """
    return pd.concat(
        [
            temperature_sweep(model, context_logits(model, context), [1.0], top)
            .drop(columns="temperature")
            .assign(context=_ending(context))
            for context in contexts
        ],
        ignore_index=True,
    )


def temperature_sweep(
    model: TransformerBridge,
    logits: Float[Tensor, " d_vocab"],
    temperatures: Iterable[float],
    top: int = 10,
) -> pd.DataFrame:
    """One distribution, softmax(logits / T), at several temperatures T.

    Returns
    -------
    pd.DataFrame
        `top` rows per temperature: `temperature`, `rank`, `token`,
        `probability`, `entropy` of the whole distribution. The tokens are
        those of the highest logits, whose order no temperature changes.
    """
    chosen = logits.topk(top).indices
    labels = cn.token_labels(model, chosen.tolist())
    frames = []
    for temperature in temperatures:
        log_p = cn.log_probabilities(logits / temperature)
        columns = {
            "temperature": float(temperature),
            "rank": range(1, top + 1),
            "token": labels,
            "probability": log_p[chosen].exp().tolist(),
            "entropy": float(cn.entropy(log_p)),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


@torch.no_grad()
def along_text(model: TransformerBridge, text: str) -> pd.DataFrame:
    """Entropy before each token of a text, and surprisal once the token is known.

    Returns
    -------
    pd.DataFrame
        One row per token but the first: `position` (BOS is 0), `token`,
        `entropy` of the prediction made for it, its `surprisal`, the model's
        `guess` and the guess's `probability`.
    """
    state = cn.run(model, model.to_tokens(text, prepend_bos=True))
    prediction = predict(model, state)
    values = prediction.read(("entropy", "loss", "confidence"))
    entropy, surprisal, probability = (column.tolist() for column in values.values())
    return pd.DataFrame(
        {
            "position": state.places()["position"] + 1,
            "token": cn.token_labels(model, state.targets().tolist()),
            "entropy": entropy,
            "surprisal": surprisal,
            "guess": cn.token_labels(model, prediction.choice.tolist()),
            "probability": probability,
        }
    )


@torch.no_grad()
def scale_against_temperature(
    model: TransformerBridge, state: cn.State, factors: Iterable[float]
) -> pd.DataFrame:
    """How alike it is to multiply the final scale by f, and to divide the logits by f.

    Scale s times f gives x W_U / (f s) + b_U; temperature f gives
    x W_U / (f s) + b_U / f. Only the bias is treated differently.

    Returns
    -------
    pd.DataFrame
        One row per factor: `factor`; `entropy_scale` and
        `entropy_temperature`, means over tokens; `divergence`, the mean of
        KL(temperature || scale); `same_choice`, the share of tokens whose most
        likely token is the same.
    """
    log_p = predict(model, state).log_p
    rows = []
    for factor in factors:
        tempered = cn.log_probabilities(log_p / factor)
        scaled = predict(model, replace(state, scale=factor * state.scale)).log_p
        same = tempered.argmax(dim=-1) == scaled.argmax(dim=-1)
        rows.append(
            {
                "factor": float(factor),
                "entropy_scale": float(cn.entropy(scaled).mean()),
                "entropy_temperature": float(cn.entropy(tempered).mean()),
                "divergence": float(cn.kl_divergence(tempered, scaled).mean()),
                "same_choice": float(same.double().mean()),
            }
        )
    return pd.DataFrame(rows)


@torch.no_grad()
def calibration_sweep(
    model: TransformerBridge, state: cn.State, temperatures: Iterable[float]
) -> pd.DataFrame:
    """Calibration error at several temperatures.

    Returns
    -------
    pd.DataFrame
        One row per `temperature`: `error`, the expected calibration error.
    """
    prediction = predict(model, state)
    rows = []
    for temperature in temperatures:
        tempered = prediction.log_p / temperature
        said = cn.read_logits(tempered, prediction.target, ("confidence", "right"))
        frame = pd.DataFrame({name: values.cpu().numpy() for name, values in said.items()})
        error = cn.expected_calibration_error(cn.reliability(frame))
        rows.append({"temperature": float(temperature), "error": error})
    return pd.DataFrame(rows)


def _ending(context: str) -> str:
    """The end of a context, from a word's beginning, short enough for a menu."""
    line = " ".join(context.split())
    if len(line) <= LABEL_CHARACTERS:
        return line
    return "… " + line[-LABEL_CHARACTERS:].partition(" ")[2]
