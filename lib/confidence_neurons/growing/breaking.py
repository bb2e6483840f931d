"""Copies that break: which neurons hedge while a model copies, and at what price.

The text is a language's whole copies. At a position well inside a copy the
next token is the copied one, unless the copy breaks; then it is what the source
would have said. So the loss at any rate of breaks b is

    (1 - b) * loss of the copied token + b * expected loss of a spoken one

and what an ablation does to either gives the rate from which on the response
that it takes away pays: the break-even.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import group_criteria
from confidence_neurons.groups.names import ENTROPY
from confidence_neurons.growing.language import SPEAKS, Language
from confidence_neurons.growing.language_optimum import optimum
from confidence_neurons.growing.measures import Row
from confidence_neurons.measure.interventions import ablate
from confidence_neurons.measure.outputs import read
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.state import State, run, unembed

COPY, SPOKEN = "copy", "spoken"
ROWS = 96
SEED = 11
INSIDE = 4  # tokens of the copy that have been seen
HEDGERS = 3
READINGS = ("loss", "entropy", "confidence", "right", "scale")


@dataclass(frozen=True)
class Copies:
    """A text of whole copies, and where the model is well inside of one.

    Attributes
    ----------
    state : State
        Of the text.
    copy, spoken : Bool[Tensor, "row position"]
        Where the next token is copied, `INSIDE` tokens or more into a copy;
        and where it and the ones before are not copied.
    ahead : Float[Tensor, "token d_vocab"]
        What the source would say next at each position of `copy`.
    """

    state: State
    copy: Bool[Tensor, "row position"]
    spoken: Bool[Tensor, "row position"]
    ahead: Float[Tensor, "token d_vocab"]

    @classmethod
    def of(cls, model: LightModel, language: Language) -> "Copies":
        """For a model that was grown on a language."""
        whole = replace(language, broken=0.0)
        drawn = whole.draw(ROWS, model.cfg.n_ctx, SEED)
        copied = drawn.source != SPEAKS
        run_length = np.zeros(copied.shape, dtype=int)
        for place in range(1, copied.shape[1]):
            goes_on = copied[:, place] & (drawn.source[:, place] == drawn.source[:, place - 1] + 1)
            run_length[:, place] = np.where(goes_on, run_length[:, place - 1] + 1, copied[:, place])
        inside, outside = np.zeros_like(copied), np.zeros_like(copied)
        inside[:, :-1] = run_length[:, 1:] > INSIDE
        outside[:, 1:-1] = ~copied[:, 2:] & ~copied[:, 1:-1]
        temperature, previous = whole.context(drawn.tokens)
        ahead = whole.spoken[temperature[inside], previous[inside]]
        state = run(model, torch.from_numpy(drawn.tokens))
        copy, spoken = (torch.from_numpy(mask) for mask in (inside, outside))
        return cls(state, copy, spoken, torch.from_numpy(ahead).float())

    def losses(self, model: LightModel, state: State) -> tuple[float, float]:
        """Inside copies: mean loss of the copied token, and of one that is spoken instead."""
        here = state.at(self.copy)
        log_p = unembed(model, here.residual[self.copy], here.scale[self.copy]).log_softmax(dim=-1)
        copied = log_p.gather(-1, here.targets().unsqueeze(-1))
        return float(-copied.mean()), float(-(self.ahead * log_p).sum(dim=-1).mean())


def measure_copying(model: LightModel, language: Language) -> list[Row]:
    """What a model does well inside copies, and what its neurons do there.

    Means by kind, `copy` and `spoken`, beside the optimum's under the language
    that it was grown on. The neurons that hedge most: each is held at its mean
    outside copies, and the entropy inside falls; `hedger_...` of the strongest,
    counted by `index`; `hedgers_...` of those together that are entropy
    neurons of the whole text (NaN where none is).

    Returns
    -------
    list[Row]
        See `hedger_rows` and `break_even`.
    """
    copies = Copies.of(model, language)
    rows = []
    for kind, mask in ((COPY, copies.copy), (SPOKEN, copies.spoken)):
        means = read(model, copies.state.at(mask), READINGS)[list(READINGS)].mean()
        rows += [Row(name, kind, 0, float(value)) for name, value in means.items()]
        rows.append(Row("overconfidence", kind, 0, float(means["confidence"] - means["right"])))
    best = optimum(language, copies.state.tokens.numpy())
    inside = copies.copy.numpy()
    rows.append(
        Row("optimal_confidence", COPY, 0, float(best.probabilities[inside].max(-1).mean()))
    )
    rows.append(Row("optimal_entropy", COPY, 0, float(best.entropy[inside].mean())))
    return rows + list(hedger_rows(model, copies))


def hedger_rows(model: LightModel, copies: Copies) -> Iterator[Row]:
    """The neurons whose response to copying makes the model less sure, and at what price."""
    tokens = copies.state.tokens
    everywhere = scan(model, tokens)
    level = copies.state.at(copies.spoken).mean_activations()
    inside = scan(model, tokens, at=copies.copy, to=level)
    spread = copies.state.activations[copies.spoken].std(dim=0)
    rise = (copies.state.at(copies.copy).mean_activations() - level) / spread
    for place, neuron in enumerate(inside.nsmallest(HEDGERS, "entropy_shift")["neuron"]):
        line = inside.set_index("neuron").loc[neuron]
        values = {
            "rise": float(rise[neuron]),
            "rho": line["null_fraction"],
            "mediated": line["entropy_ln_mediated"],
            "entropy_shift": line["entropy_shift"],
        } | changes(model, copies, [int(neuron)], level)
        yield from (Row(f"hedger_{n}", COPY, place, float(v)) for n, v in values.items())
    entropy = group_criteria(everywhere)[ENTROPY]
    neurons = everywhere.loc[entropy, "neuron"].tolist()
    yield Row("entropy_neurons", COPY, 0, float(len(neurons)))
    if neurons:
        values = changes(model, copies, neurons, level)
        yield from (Row(f"hedgers_{n}", COPY, 0, value) for n, value in values.items())


def changes(
    model: LightModel, copies: Copies, neurons: list[int], level: Float[Tensor, " d_mlp"]
) -> dict[str, float]:
    """What holding neurons at their level outside copies does inside; in nats.

    `copied` and `spoken`: change of the loss of the copied token and of a
    spoken one; `confidence`: change of the confidence; `break_even`.
    """
    held = ablate(model, copies.state, neurons, to=level)
    before, after = copies.losses(model, copies.state), copies.losses(model, held)
    copied, spoken = (float(b - a) for a, b in zip(before, after, strict=True))
    sure = [
        read(model, state.at(copies.copy), ("confidence",))["confidence"].mean()
        for state in (copies.state, held)
    ]
    return {
        "copied": copied,
        "spoken": spoken,
        "confidence": float(sure[1] - sure[0]),
        "break_even": break_even(copied, spoken),
    }


def break_even(copied: float, spoken: float) -> float:
    """The rate of breaks from which on what was taken away pays; NaN where there is none.

    Parameters
    ----------
    copied, spoken : float
        What taking it away adds to the loss of the copied token (a hedge: less
        than 0), and of a spoken one (a hedge: more than 0), in nats.
    """
    hedges = copied < 0 < spoken
    return -copied / (spoken - copied) if hedges else float("nan")
