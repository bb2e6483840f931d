"""Next-token predictions as tidy frames: one context, a sentence, a sweep, a whole text.

Entropies and losses are in nats. The prediction of the first position (BOS)
and that of the last (no target) are never measured; a context given as text
is the exception: there the prediction at its end is what is asked for.
"""

from collections.abc import Iterable

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.calibration import expected_calibration_error, reliability
from confidence_neurons.measure.outputs import (
    entropy,
    kl_divergence,
    log_probabilities,
    next_token_loss,
)
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.state import logits_from_residual
from confidence_neurons.text.labels import token_labels
from confidence_neurons.text.rows import measured

LABEL_CHARACTERS = 34


@torch.no_grad()
def context_logits(model: TransformerBridge, context: str) -> Float[Tensor, " d_vocab"]:
    """Logits of the token that follows a context; the model sees BOS and the context.

    Raises
    ------
    ValueError
        If the context has no words, ends in white space (which belongs to the
        next token), or is too short or too long for the model.
    """
    if not context.strip() or context != context.rstrip():
        raise ValueError(
            "expected a context that ends in a word or a mark, got "
            f"{context[-20:]!r}: leave out the white space at its end"
        )
    return model(_row(model, context))[0, -1].float()


def top_predictions(
    model: TransformerBridge, contexts: Iterable[str], top: int = 10
) -> pd.DataFrame:
    """The most likely next tokens after each context.

    Returns
    -------
    `top` rows per context: `context` (its end), `rank` from 1, `token`,
    `probability`, and `entropy` of the whole distribution, the same in all
    rows of a context.

    Raises
    ------
    ValueError
        As `context_logits`; also if `top` is below 1 or there is no context.
    """
    frames = []
    for context in contexts:
        frame = temperature_sweep(model, context_logits(model, context), [1.0], top)
        frame.insert(0, "context", _ending(context))
        frames.append(frame.drop(columns="temperature"))
    if not frames:
        raise ValueError("expected at least one context, got none")
    return pd.concat(frames, ignore_index=True)


def temperature_sweep(
    model: TransformerBridge,
    logits: Float[Tensor, " d_vocab"],
    temperatures: Iterable[float],
    top: int = 10,
) -> pd.DataFrame:
    """One distribution, softmax(logits / T), at several temperatures T.

    Returns
    -------
    `top` rows per temperature: `temperature`, `rank`, `token`, `probability`,
    `entropy` of the whole distribution. The tokens are those of the highest
    logits, whose order no temperature changes.

    Raises
    ------
    ValueError
        If `logits` is not a vector with at least `top` entries, `top` is below
        1, or a temperature is not positive.
    """
    if logits.ndim != 1 or not 1 <= top <= len(logits):
        raise ValueError(
            f"expected logits [d_vocab] of at least top = {top} >= 1 tokens, "
            f"got shape {tuple(logits.shape)}"
        )
    chosen = logits.topk(top).indices
    labels = token_labels(model, chosen.tolist())
    frames = []
    for temperature in _positive(temperatures):
        log_p = log_probabilities(logits / temperature)
        frames.append(
            pd.DataFrame(
                {
                    "temperature": temperature,
                    "rank": range(1, top + 1),
                    "token": labels,
                    "probability": log_p[chosen].exp().cpu().numpy(),
                    "entropy": float(entropy(log_p)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@torch.no_grad()
def along_text(model: TransformerBridge, text: str) -> pd.DataFrame:
    """Entropy before each token of a text, and surprisal once the token is known.

    Returns
    -------
    One row per token but the first: `position` (BOS is 0), `token`, `entropy`
    of the prediction made for it, its `surprisal`, the model's `guess` and the
    guess's `probability`.

    Raises
    ------
    ValueError
        If the text has fewer than two tokens, or more than fit the model.
    """
    tokens = _row(model, text)
    logits = model(tokens).float()
    predictions = measured(logits)[0]
    best = log_probabilities(predictions).max(dim=-1)
    return pd.DataFrame(
        {
            "position": range(2, tokens.shape[1]),
            "token": token_labels(model, tokens[0, 2:].tolist()),
            "entropy": entropy(predictions).cpu().numpy(),
            "surprisal": next_token_loss(logits, tokens)[0, 1:].cpu().numpy(),
            "guess": token_labels(model, best.indices.tolist()),
            "probability": best.values.exp().cpu().numpy(),
        }
    )


@torch.no_grad()
def confidence_frame(
    model: TransformerBridge,
    residual: Float[Tensor, "batch position d_model"],
    tokens: Int[Tensor, "batch position"],
) -> pd.DataFrame:
    """Final scale, entropy and loss at every measured token.

    `residual` is what enters the final norm (see `run_final`). One row per
    token: `scale`, `entropy`, `loss`.
    """
    logits = logits_from_residual(model, residual)
    values = {
        "scale": measured(FinalNorm.from_model(model).scale(residual)),
        "entropy": measured(entropy(logits)),
        "loss": next_token_loss(logits, tokens)[:, 1:],
    }
    return pd.DataFrame({name: value.flatten().cpu().numpy() for name, value in values.items()})


@torch.no_grad()
def scale_against_temperature(
    model: TransformerBridge,
    residual: Float[Tensor, "token d_model"],
    factors: Iterable[float],
) -> pd.DataFrame:
    """Multiply the final scale by f, or divide the logits by f: how alike are the two?

    Scale s times f gives x W_U / (f s) + b_U; temperature f gives
    x W_U / (f s) + b_U / f. Only the bias is treated differently.

    Returns
    -------
    One row per factor: `factor`; `entropy_scale` and `entropy_temperature`,
    means over tokens; `divergence`, the mean of KL(temperature || scale);
    `same_choice`, the share of tokens whose most likely token is the same.
    """
    scale = FinalNorm.from_model(model).scale(residual)
    logits = logits_from_residual(model, residual)
    rows = []
    for factor in _positive(factors):
        tempered = log_probabilities(logits / factor)
        scaled = log_probabilities(logits_from_residual(model, residual, factor * scale))
        same = tempered.argmax(dim=-1) == scaled.argmax(dim=-1)
        rows.append(
            {
                "factor": factor,
                "entropy_scale": float(entropy(scaled).mean()),
                "entropy_temperature": float(entropy(tempered).mean()),
                "divergence": float(kl_divergence(tempered, scaled).mean()),
                "same_choice": float(same.double().mean()),
            }
        )
    return pd.DataFrame(rows)


def calibration_sweep(
    logits: Float[Tensor, "batch position d_vocab"],
    tokens: Int[Tensor, "batch position"],
    temperatures: Iterable[float],
) -> pd.DataFrame:
    """Calibration error at several temperatures: columns `temperature` and `error`."""
    errors = {
        temperature: expected_calibration_error(reliability(logits / temperature, tokens))
        for temperature in _positive(temperatures)
    }
    return pd.DataFrame({"temperature": list(errors), "error": list(errors.values())})


def _positive(values: Iterable[float]) -> list[float]:
    values = [float(value) for value in values]
    if not values or not all(0 < value < float("inf") for value in values):
        raise ValueError(f"expected positive temperatures or factors, got {values}")
    return values


def _row(model: TransformerBridge, text: str) -> Int[Tensor, "1 position"]:
    """BOS and the whole text, as one row."""
    ids = model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    if not 2 <= len(ids) < model.cfg.n_ctx:
        raise ValueError(
            f"expected a text of 2 to {model.cfg.n_ctx - 1} tokens, got {len(ids)}: "
            "give a longer or a shorter one"
        )
    tokens = torch.tensor([[model.tokenizer.bos_token_id, *ids]])
    return tokens.to(model.cfg.device)


def _ending(context: str) -> str:
    """The end of a context, from a word's beginning, short enough for a menu."""
    line = " ".join(context.split())
    if len(line) <= LABEL_CHARACTERS:
        return line
    return "… " + line[-LABEL_CHARACTERS:].partition(" ")[2]
