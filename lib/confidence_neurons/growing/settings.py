"""The settings of the experiments: every run of every question, by name.

They stand in `experiments.toml`. A question has a recipe that its arms share,
a language unless it is about prose, and arms, each of which changes some knobs
of either.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from confidence_neurons.growing.language import Language
from confidence_neurons.growing.recipe import Recipe

FILE = Path(__file__).parent / "experiments.toml"


@dataclass(frozen=True)
class Run:
    """One model to grow and to measure.

    Attributes
    ----------
    question, arm : str
        What it is part of.
    recipe : Recipe
        With the seed of the run.
    language : Language, optional
        What it is grown on; without one, prose.
    """

    question: str
    arm: str
    recipe: Recipe
    language: Language | None = None

    @property
    def name(self) -> str:
        """Question, arm and seed."""
        return f"{self.question}/{self.arm}-{self.recipe.seed}"


@dataclass(frozen=True)
class Question:
    """All runs that answer one question, arm after arm."""

    name: str
    about: str
    runs: tuple[Run, ...]

    @property
    def arms(self) -> list[str]:
        """Names of the arms, in the order of the settings."""
        return list(dict.fromkeys(run.arm for run in self.runs))


def read_settings(path: Path = FILE) -> dict[str, Question]:
    """The questions of a settings file.

    Raises
    ------
    ValueError
        If the file cannot be read, an arm sets a knob that does not exist, or
        sets one to what cannot be.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: expected TOML, got {error}") from None
    return {name: _question(name, entry) for name, entry in settings.items()}


def chosen_runs(questions: Mapping[str, Question], wanted: Iterable[str] = ()) -> Iterator[Run]:
    """The runs of some questions or arms (`question`, or `question/arm`), or of all.

    Seed after seed, and question after question within a seed: whatever has
    been run when time is up can be compared.

    Raises
    ------
    ValueError
        If there is no such question or arm.
    """
    names = {*questions, *(f"{q.name}/{arm}" for q in questions.values() for arm in q.arms)}
    unknown = sorted(set(wanted) - names)
    if unknown:
        raise ValueError(
            f"expected questions or arms of the settings, got {', '.join(unknown)}: "
            f"there are {', '.join(sorted(names))}"
        )
    asked = set(wanted) or names
    every = [run for question in questions.values() for run in question.runs]
    runs = [run for run in every if {run.question, f"{run.question}/{run.arm}"} & asked]
    yield from sorted(runs, key=lambda run: run.recipe.seed)


def _question(name: str, entry: dict[str, Any]) -> Question:
    base = Recipe(name=name, **_known(Recipe, entry["recipe"], name))
    language = None
    if "language" in entry:
        language = Language(**_known(Language, entry["language"], name))
    runs = []
    for arm, given in entry["arms"].items():
        place, knobs = f"{name}/{arm}", dict(given)
        seeds, said = knobs.pop("seeds", entry["seeds"]), knobs.pop("language", {})
        recipe = replace(base, name=place, **_known(Recipe, knobs, place))
        spoken = language
        if spoken is not None:
            spoken = replace(spoken, **_known(Language, said, place))
            recipe = replace(recipe, vocab_size=spoken.d_vocab)
        runs += [Run(name, arm, replace(recipe, seed=seed), spoken) for seed in range(seeds)]
    return Question(name, entry["about"], tuple(runs))


def _known(kind: type, knobs: dict[str, Any], place: str) -> dict[str, Any]:
    """Knobs of a recipe or language, lists as tuples."""
    names = {field.name for field in fields(kind)}
    unknown = sorted(set(knobs) - names)
    if unknown:
        raise ValueError(
            f"{place}: expected knobs of a {kind.__name__} ({', '.join(sorted(names))}), "
            f"got {', '.join(unknown)}"
        )
    return {key: tuple(v) if isinstance(v, list) else v for key, v in knobs.items()}
