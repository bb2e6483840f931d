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
from confidence_neurons.growing.measures import Row, null_share
from confidence_neurons.measure.interventions import ablate
from confidence_neurons.measure.outputs import read
from confidence_neurons.model.light import LightModel
from confidence_neurons.model.state import State, run, unembed
from confidence_neurons.weights.geometry import Geometry, geometry

COPY, SPOKEN = "copy", "spoken"
ROWS = 96
SEED = 11
INSIDE = 4  # tokens of the copy that have been seen
FIRST = 3  # neurons that are looked at
COLUMNS = {
    "rise": "rise",
    "rho": "null_fraction",
    "mediated": "entropy_ln_mediated",
    "entropy_shift": "entropy_shift",
}
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


def measure_copying(model: LightModel, language: Language, k: int | None = None) -> list[Row]:
    """What a model does well inside copies, and what its neurons do there.

    Means by kind, `copy` and `spoken`, beside the optimum's under the language
    that it was grown on; then what neurons do, see `response_rows`.

    Parameters
    ----------
    model : LightModel
        Grown.
    language : Language
        What it was grown on.
    k : int, optional
        Dimension of the null space; by default by the spectrum's gap.

    Returns
    -------
    list[Row]
        Of the kinds `copy` and `spoken`.
    """
    copies, space = Copies.of(model, language), geometry(model, k=k)
    rows = []
    for kind, mask in ((COPY, copies.copy), (SPOKEN, copies.spoken)):
        state = copies.state.at(mask)
        means = read(model, state, READINGS)[list(READINGS)].mean()
        rows += [Row(name, kind, 0, float(value)) for name, value in means.items()]
        rows.append(Row("overconfidence", kind, 0, float(means["confidence"] - means["right"])))
        rows.append(Row("null_share", kind, 0, null_share(state, space)))
    best = optimum(language, copies.state.tokens.numpy())
    inside = copies.copy.numpy()
    surest = best.probabilities[inside].max(axis=-1)
    rows.append(Row("optimal_confidence", COPY, 0, float(surest.mean())))
    rows.append(Row("optimal_entropy", COPY, 0, float(best.entropy[inside].mean())))
    return rows + list(response_rows(model, copies, space))


def response_rows(model: LightModel, copies: Copies, space: Geometry) -> Iterator[Row]:
    """What neurons' responses to copying do: each is held at its mean outside of copies.

    `hedger_...`: of the neurons without whose response the model would be
    surest, the strongest first by `index`; `riser_...`: of those that fire
    most inside copies beyond their mean outside, in standard deviations
    (`rise`). Of each: null-space fraction (`rho`), mediated share, change of the
    entropy (`entropy_shift`), and what `changes` gives. `entropy_neurons`: how
    many there are in the whole text; `entropy_neurons_...`: of all together.
    """
    tokens, k = copies.state.tokens, space.k
    level = copies.state.at(copies.spoken).mean_activations()
    spread = copies.state.activations[copies.spoken].std(dim=0)
    rise = (copies.state.at(copies.copy).mean_activations() - level) / spread
    inside = scan(model, tokens, at=copies.copy, to=level, k=k).assign(rise=rise.numpy())
    chosen = {
        "hedger": inside.nsmallest(FIRST, "entropy_shift"),
        "riser": inside.nlargest(FIRST, "rise"),
    }
    for name, neurons in chosen.items():
        for place, (_, line) in enumerate(neurons.iterrows()):
            values = {said: line[column] for said, column in COLUMNS.items()}
            values |= changes(model, copies, [int(line["neuron"])], level)
            yield from (Row(f"{name}_{n}", COPY, place, float(v)) for n, v in values.items())
    everywhere = scan(model, tokens, k=k)
    entropy = everywhere.loc[group_criteria(everywhere)[ENTROPY], "neuron"].tolist()
    yield Row("entropy_neurons", COPY, 0, float(len(entropy)))
    if entropy:
        yield Row("entropy_neurons_rise", COPY, 0, float(rise[entropy].mean()))
        values = changes(model, copies, entropy, level)
        yield from (Row(f"entropy_neurons_{n}", COPY, 0, value) for n, value in values.items())


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
