"""A temperature that changes the entropy as much as an ablation does: the control for its effects.

Whatever lowers the mean entropy lowers the loss where the model is right, and
raises it where the model is wrong. The question is what neurons do beyond that.
"""

from math import exp

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons import State
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import unembed

MATCHED = "matched temperature"
FIRST = 0.05  # of log T
CLOSE = 1e-4  # nats
STEPS = 8
READ = ("entropy", "loss")
AT_ONCE = 128  # tokens


@torch.no_grad()
def matched_temperature(model: Model, state: State, change: float) -> pd.DataFrame:
    """What one temperature does at each token, if it changes the mean entropy by so much.

    Parameters
    ----------
    model : Model
        From `load_light` or `load_model`.
    state : State
        From `run`.
    change : float
        Of the mean entropy over the counted positions, in nats.

    Returns
    -------
    pd.DataFrame
        One row per counted position, as `effects` gives them: `group` ("matched
        temperature"), `sequence`, `position`, `entropy_total`, `loss_total`
        (nats) and `temperature`, the same at every token.

    Notes
    -----
    The temperature is found by the secant method in log T.
    """
    logits = unembed(model, state.residual[state.counted], state.scale[state.counted])
    targets = state.targets()
    clean = _read(logits, targets, 0.0)
    place, missing, heated = 0.0, -change, clean
    following = FIRST if change > 0 else -FIRST
    for _ in range(STEPS):
        heated = _read(logits, targets, following)
        still = float((heated["entropy"] - clean["entropy"]).mean()) - change
        if abs(still) < CLOSE:
            break
        step = still * (following - place) / (still - missing)
        place, missing, following = following, still, following - step
    changes = {f"{name}_total": (heated[name] - clean[name]).cpu().numpy() for name in READ}
    return state.places().assign(group=MATCHED, **changes, temperature=exp(following))


def _read(
    logits: Float[Tensor, "token d_vocab"], targets: Int[Tensor, " token"], log_temperature: float
) -> dict[str, Float[Tensor, " token"]]:
    """Entropy and loss at a temperature, some tokens at a time to save memory."""
    parts = [
        cn.read_logits(some / exp(log_temperature), target, READ)
        for some, target in zip(logits.split(AT_ONCE), targets.split(AT_ONCE), strict=True)
    ]
    return {name: torch.cat([part[name] for part in parts]) for name in READ}
