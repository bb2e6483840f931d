"""Pull neurons to either side of their mean and see what the entropy does."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.architecture import final_norm, output_weights
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State
from confidence_neurons_book.causal_effects.subjects import Subject

FREE, FROZEN = "scale follows", "scale frozen"


def pulls(
    subject: Subject,
    tokens: Int[Tensor, "batch position"],
    groups: Sequence[str],
    strengths: Sequence[float],
) -> pd.DataFrame:
    """Mean change of entropy when each group is held off its mean, with the scale and without.

    Each neuron is held at its mean over the subject's reference plus a number
    of its standard deviations, to the side that lengthens the stream there.

    Returns
    -------
    One row per group, strength and way: `group`, `pull`, `scale` ("scale
    follows" or "scale frozen"), `estimate`, `low`, `high` in nats, `tokens`,
    `model`.
    """
    model, reference = subject.model, subject.reference
    state = cn.run(model, tokens)
    level, step = reference.mean_activations(), outward(model, reference)
    held = {
        (name, pull): cn.ablate(model, state, subject.groups[name], to=level + pull * step)
        for pull in strengths
        for name in groups
    }
    frame = cn.compare(model, state, held, paths=("total", "direct"), quantities="entropy")
    named = frame.assign(pull=[pull for _, pull in frame["group"]], model=subject.name)
    named["group"] = [name for name, _ in frame["group"]]
    columns = {"entropy_total": FREE, "entropy_direct": FROZEN}
    found = cn.intervals(named, ["model", "group", "pull"], list(columns))
    return found.replace({"quantity": columns}).rename(columns={"quantity": "scale"})


def outward(model: Model, reference: State) -> Float[Tensor, " d_mlp"]:
    """A standard deviation of each neuron, to the side that lengthens the stream on average."""
    stream = final_norm(model).centre(reference.residual[reference.counted])
    longer = (stream @ output_weights(model).T.to(stream)).mean(dim=0)
    spread = reference.activations[reference.counted].float().std(dim=0)
    return spread * torch.sign(longer)
