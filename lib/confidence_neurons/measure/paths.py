"""The paths along which a change reaches the output.

With Y(x, s) a quantity of the output where x is the residual stream and s the
scale that the final norm divides it by; clean or changed (marked '):

    total      Y(x', s') - Y(x, s)
    direct     Y(x', s)  - Y(x, s)     the scale is frozen
    indirect   Y(x, s')  - Y(x, s)     the scale alone changes
    frequency  as total, with the clean logits' projection on the frequency
               direction u put back

(Pearl 2001, *Direct and Indirect Effects*; Vig et al. 2020, arXiv 2004.12265;
Stolfo et al. 2024, arXiv 2406.16254, sections 3 and 5).
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from confidence_neurons.measure.distributions import kl_of
from confidence_neurons.measure.outputs import SCALE
from confidence_neurons.measure.quantities import Prediction
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, unembed

PATHS = ("total", "direct", "indirect", "frequency")


def changes_along(
    model: Model,
    clean: State,
    changed: State,
    before: Prediction,
    levels: Mapping[str, Float[Tensor, " token"]],
    paths: Sequence[str],
    quantities: Sequence[str],
) -> dict[str, Float[Tensor, " token"]]:
    """Every quantity along every path at the counted positions, changed minus clean."""
    x, s = clean.residual[clean.counted], clean.scale[clean.counted]
    x_new, s_new = changed.residual[clean.counted], changed.scale[clean.counted]
    reached = {"direct": (x_new, s), "indirect": (x, s_new)}
    total = _predict(model, x_new, s_new, before)
    found: dict[str, Tensor] = {}
    for path in paths:
        if path == "total":
            after = total
        elif path == "frequency":
            after = put_back(before, total)
        else:
            after = _predict(model, *reached[path], before)
        found |= {
            f"{name}_{path}": value - levels[name] for name, value in after.read(levels).items()
        }
        if SCALE in quantities:
            moved = torch.zeros_like(s) if path == "direct" else s_new - s
            found[f"{SCALE}_{path}"] = moved.squeeze(-1)
    found["kl_from_clean"] = kl_of(before.log_p, total.log_p)
    found["argmax_changed"] = (total.choice != before.choice).float()
    return found


def _predict(
    model: Model,
    residual: Float[Tensor, "token d_model"],
    scale: Float[Tensor, "token 1"],
    like: Prediction,
) -> Prediction:
    logits = unembed(model, residual, scale)
    return Prediction.of(logits, like.target, like.unigram)


def put_back(clean: Prediction, changed: Prediction) -> Prediction:
    """The changed prediction, with the clean logits' projection on a direction put back."""
    assert clean.unigram is not None
    direction = clean.unigram.restored
    lost = (clean.log_p - changed.log_p) @ direction - (
        (clean.log_p - changed.log_p).mean(dim=-1) * direction.sum()
    )
    logits = changed.log_p + torch.outer(lost, direction)
    return Prediction.of(logits, clean.target, clean.unigram)
