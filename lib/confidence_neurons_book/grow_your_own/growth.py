"""Watch a model grow: what the chapter's figures need of it, step by step."""

from dataclasses import dataclass, field, replace

import pandas as pd
import torch

import confidence_neurons as cn
from confidence_neurons.growing.holding import grow
from confidence_neurons.growing.language_batches import LanguageBatches
from confidence_neurons.growing.measures import is_dial, null_share
from confidence_neurons.growing.settings import Run, read_settings
from confidence_neurons.model.light import LightModel
from confidence_neurons.weights.spectrum import exact_null_directions
from confidence_neurons_book.grow_your_own.known import COLD, HOT, TEMPERATURES, KnownText

K = 8  # the quietest quarter of the 32 directions: the language's spectra end without a gap
STEPS = (0, 20, 50, 100, 200, 300, 500, 800, 1100, 1500)
CHOOSING_ROWS, CHOOSING_SEED = 128, 7
TOLD_ROWS, TOLD_SEED = 256, 8
FOLLOWS, FROZEN = "follows", "frozen"


def live_run() -> Run:
    """The settings of the model that the chapter grows: arm `live` of the question `where`."""
    return next(run for run in read_settings()["where"].runs if run.arm == "live")


@dataclass
class Growth:
    """A model that grows, and what is seen of it.

    Attributes
    ----------
    run : Run
        Its settings; a reader may change them.
    choosing, text : KnownText
        Rows on which neurons are chosen, and other rows on which is told what
        they do.
    course : list[pd.DataFrame]
        A frame for each step that was watched, see `seen`.
    neurons : list[pd.DataFrame]
        Of the same steps, on hot text: `step`, `neuron`, `rho`, `logit_var`
        over the median, `mediated`, `effect` (nats), `dial`.
    everywhere : list[int]
        How many dials there were at the same steps over all text.
    """

    run: Run
    choosing: KnownText
    text: KnownText
    course: list[pd.DataFrame] = field(default_factory=list)
    neurons: list[pd.DataFrame] = field(default_factory=list)
    everywhere: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run) -> "Growth":
        """Before the first step."""
        length, language = run.recipe.sequence_length, run.language
        if language is None:
            raise ValueError(f"expected a run on the language, got {run.name}, which is on prose")
        drawn = ((CHOOSING_ROWS, CHOOSING_SEED), (TOLD_ROWS, TOLD_SEED))
        choosing, text = (KnownText.of(language, rows, length, seed) for rows, seed in drawn)
        return cls(run, choosing, text)

    def grow(self) -> LightModel:
        """Train it, half a minute on one core, and watch."""
        language = self.text.language
        batches = LanguageBatches(self.run.recipe, language)
        return grow(self.run.recipe, batches, language.tokenizer(), watch=self.watch, at=STEPS)

    def watch(self, step: int, model: LightModel) -> None:
        """Keep what is seen of the model at a step."""
        self.course.append(self.seen(model).assign(step=step))
        self.neurons.append(self.scanned(model, HOT).assign(step=step))
        self.everywhere.append(int(self.scanned(model)["dial"].sum()))

    def seen(self, model: LightModel) -> pd.DataFrame:
        """By temperature: `measure` and its `estimate`, with an interval over rows.

        `kl` to the optimum (nats), `scale`, `share` of the stream's length in
        the null space, and of the weights (without interval) `quietest`: the
        smallest singular value over the median.
        """
        read = self.text.read(model)
        found = cn.intervals(read, "temperature", ["kl", "scale"])
        found = found.rename(columns={"quantity": "measure"}).drop(columns="tokens")
        space = cn.geometry(model, k=K)
        shares = [
            null_share(cn.run(model, self.text.tokens, at=self.text.where(each)), space)
            for each in TEMPERATURES
        ]
        values = space.spectrum.values
        values = values[: len(values) - exact_null_directions(values)]
        rows = pd.DataFrame({"temperature": TEMPERATURES, "measure": "share", "estimate": shares})
        quiet = float(values[-1] / values.median())
        weights = pd.DataFrame(
            {"temperature": ["weights"], "measure": ["quietest"], "estimate": [quiet]}
        )
        return pd.concat([found, rows, weights], ignore_index=True)

    def scanned(self, model: LightModel, temperature: str | None = None) -> pd.DataFrame:
        """All neurons on the choosing rows, on all text or at a temperature."""
        found = cn.scan(model, self.choosing.tokens, at=self.choosing.where(temperature), k=K)
        return pd.DataFrame(
            {
                "neuron": found["neuron"],
                "rho": found["null_fraction"],
                "logit_var": found["logit_var"] / found["logit_var"].median(),
                "mediated": found["entropy_ln_mediated"],
                "effect": found["entropy_total"],
                "dial": is_dial(found),
            }
        )

    def dials(self) -> list[int]:
        """The dials among the neurons of the last step watched, the strongest first."""
        last = self.neurons[-1]
        return last[last["dial"]].sort_values("effect", ascending=False)["neuron"].tolist()

    def excess(self) -> float:
        """Expected loss beyond the optimum's at the last step watched, as a share of it."""
        seen = self.course[-1]
        counts = [int(self.text.where(each).sum()) for each in TEMPERATURES]
        kl = seen[seen["measure"] == "kl"].set_index("temperature")["estimate"]
        mean = sum(float(kl[t]) * n for t, n in zip(TEMPERATURES, counts, strict=True))
        return mean / sum(counts) / float(self.text.optimal(self.text.best.entropy).mean())

    def held(self, model: LightModel, groups: dict[str, list[int]]) -> pd.DataFrame:
        """Overconfidence by temperature, with groups of neurons held as they are on cold text.

        A row for each of `held` ("nothing" among them), `scale` (follows, or
        is frozen at what it was) and `temperature`, with intervals over rows.
        """
        state = cn.run(model, self.text.tokens, at=self.text.where())
        cold = self.resting(model, COLD)
        found = [self._overconfidence(model, state, "nothing")]
        for name, neurons in groups.items():
            changed = cn.ablate(model, state, neurons, to=cold)
            found.append(self._overconfidence(model, changed, name))
            frozen = replace(changed, scale=state.scale)
            found.append(self._overconfidence(model, frozen, name, FROZEN))
        return pd.concat([*found, found[0].assign(scale=FROZEN)], ignore_index=True)

    def _overconfidence(
        self, model: LightModel, state: cn.State, held: str, scale: str = FOLLOWS
    ) -> pd.DataFrame:
        read = self.text.read(model, state)
        found = cn.intervals(read, "temperature", "overconfidence").drop(columns="quantity")
        order = {name: number for number, name in enumerate(TEMPERATURES)}
        found = found.sort_values("temperature", key=lambda names: names.map(order))
        return found.assign(held=held, scale=scale)

    def resting(self, model: LightModel, temperature: str) -> torch.Tensor:
        """Mean activation of every neuron at a temperature, on the choosing rows."""
        at = self.choosing.where(temperature)
        return cn.run(model, self.choosing.tokens, at=at).mean_activations()
