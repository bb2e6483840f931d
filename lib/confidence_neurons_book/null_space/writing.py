"""Write along a direction of the residual stream and read what the output does.

The total effect lets the final norm compute its scale from what was written
to (`cn.write`); the direct effect keeps the clean scale. Their difference went
through the scale (Stolfo et al. 2024, arXiv 2406.16254, section 3).
"""

import math
from collections.abc import Iterable, Mapping

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons.measure.outputs import predict
from confidence_neurons.measure.quantities import Prediction

OTHERS = "(all others)"


def sample(state: cn.State, every: int) -> cn.State:
    """The same state, where only one in `every` of its counted positions counts."""
    chosen = torch.zeros_like(state.counted)
    chosen[tuple(state.counted.nonzero()[::every].T)] = True
    return state.at(chosen)


@torch.no_grad()
def writing_effects(
    model: TransformerBridge,
    state: cn.State,
    directions: Float[Tensor, "direction d_model"],
    strength: float = 0.5,
) -> pd.DataFrame:
    """Effect on the output of writing along each direction in turn, total and direct.

    Each direction is written with both signs (a singular vector has no sign
    of its own); all values are means over tokens and signs.

    Returns
    -------
    pd.DataFrame
        Two rows per direction, `effect` being "total" (scale recomputed) or
        "direct" (scale frozen). `direction`: row number in `directions`;
        `logit_change`: length of the direct change of the logits, centred over
        the vocabulary; `scale_ratio`: new over clean scale, 1 where frozen;
        `entropy_change`: absolute change, nats; `kl`: KL(clean || written),
        nats; `argmax_changed`: share of tokens whose most probable next token
        changed.
    """
    space = cn.geometry(model)
    length = (space.norm.centre(state.residual).norm(dim=-1, keepdim=True) / state.scale).double()
    per_unit = strength * float(length[state.counted].mean())
    parts = []
    for number, direction in enumerate(directions):
        logit_change = per_unit * float((direction / direction.norm() @ space.unembedding).norm())
        changed = {}
        for signed in (strength, -strength):
            written = cn.write(model, state, direction, signed)
            changed |= {("total", signed): written, ("direct", signed): written.frozen(state)}
        ratio = {name: _scale_ratio(each, state) for name, each in changed.items()}
        found = cn.compare(model, state, changed, paths="total", quantities="entropy")
        found = found.assign(
            direction=number,
            effect=found["group"].str[0],
            logit_change=logit_change,
            scale_ratio=found["group"].map(ratio),
            entropy_change=found["entropy_total"].abs(),
        )
        parts.append(found.rename(columns={"kl_from_clean": "kl"}))
    columns = ["logit_change", "scale_ratio", "entropy_change", "kl", "argmax_changed"]
    groups = pd.concat(parts).groupby(["direction", "effect"], sort=False)
    return groups[columns].mean().reset_index()


@torch.no_grad()
def writing_sweep(
    model: TransformerBridge,
    state: cn.State,
    directions: Mapping[str, Float[Tensor, " d_model"]],
    strengths: Iterable[float],
    count: int = 10,
) -> pd.DataFrame:
    """The next-token distribution at the one position that counts, for many strengths of writing.

    Each direction is turned so that a positive strength adds to what the
    residual stream already has along it. The scale is recomputed (total
    effect).

    Returns
    -------
    pd.DataFrame
        `count + 1` rows per direction and strength: the `count` tokens that
        are most probable in the clean distribution, in its order, and "(all
        others)". Columns `direction`, `strength`, `entropy` (nats),
        `scale_ratio` (new over clean scale), `kl` (KL(clean || written),
        nats), `token` and `probability`.
    """
    clean = predict(model, state, target=False)
    top = clean.log_p[0].topk(count).indices
    labels = [*cn.token_labels(model, top.tolist()), OTHERS]
    frames = []
    for name, direction in directions.items():
        along = float(state.residual[state.counted][0] @ direction)
        for strength in strengths:
            written = cn.write(model, state, direction, math.copysign(1, along) * strength)
            prediction = predict(model, written, target=False)
            columns = {
                "direction": name,
                "strength": strength,
                "entropy": float(prediction.entropy),
                "scale_ratio": _scale_ratio(written, state),
                "kl": float(cn.kl_divergence(clean.log_p, prediction.log_p)),
                "token": labels,
                "probability": _shown(prediction, top),
            }
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def safe_first_choice(
    margin: Float[Tensor, " token"],
    singular_value: float | Float[Tensor, ""],
    strength: float,
    d_model: int,
) -> Bool[Tensor, " token"]:
    """Tokens whose first choice no direct effect of this write can change.

    The logits move by a vector of length strength * sqrt(d_model) *
    singular_value (epsilon neglected), so the difference of two logits moves
    by at most sqrt(2) times as much. A guarantee, hence cautious.

    Parameters
    ----------
    margin : Float[Tensor, "token"]
        Largest minus second largest logit.
    singular_value : float or Float[Tensor, ""]
        Of the direction that is written along.
    strength : float
        In lengths of the centred residual stream.
    d_model : int
        Width of the residual stream.
    """
    length = abs(strength) * math.sqrt(d_model) * singular_value
    return margin > math.sqrt(2) * length


def _scale_ratio(changed: cn.State, clean: cn.State) -> float:
    return float((changed.scale / clean.scale)[clean.counted].mean())


def _shown(prediction: Prediction, top: Tensor) -> list[float]:
    """Probabilities of the tokens on top, and of all others together."""
    shown = prediction.p[0, top]
    return [*shown.tolist(), max(0.0, 1 - float(shown.sum()))]
