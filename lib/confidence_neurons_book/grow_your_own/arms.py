"""The experiments' arms side by side, over their seeds."""

import pandas as pd

from confidence_neurons_book.grow_your_own import records
from confidence_neurons_book.grow_your_own.records import BREAKS, WEIGHTS, WHERE, WHICH_NOISE
from confidence_neurons_book.grow_your_own.seeds import excess, of_runs, over_seeds, ratio
from confidence_neurons_book.told import spread

COLD, HOT, ALL = "0.4", "2.5", "all"  # texts of the language, as the records call them
PROSE = "prose"
KINDS = ("unigram", "shuffled", "uniform", "random tokens", "hex", "digits", "names")
DOSES = {  # arm -> share of the sequences that have unigram noise
    "prose": 0.0,
    "unigram 0.02": 0.02,
    "unigram 0.05": 0.05,
    "unigram 0.10": 0.1,
    "unigram": 0.25,
    "unigram 0.50": 0.5,
}
PLACES = {  # measure of the experiment `where` -> how it is got
    "dials on hot text": lambda: of_runs(WHERE, "dials", HOT),
    "dials on all text": lambda: of_runs(WHERE, "dials", ALL),
    "entropy neurons on hot text": lambda: of_runs(WHERE, "entropy_neurons", HOT),
    "scale, hot over cold": lambda: ratio(WHERE, "scale", HOT, COLD),
    "share of the length in the null space, hot": lambda: of_runs(WHERE, "null_share", HOT),
    "smallest singular value / median": lambda: of_runs(WHERE, "smallest_over_median", WEIGHTS),
    "highest null-space fraction": lambda: of_runs(WHERE, "highest_rho", HOT),
    "null-space fraction of the strongest neuron, hot": lambda: of_runs(
        WHERE, "strongest_rho", HOT
    ),
    "LN-mediated share of the strongest neuron, hot": lambda: of_runs(
        WHERE, "strongest_mediated", HOT
    ),
    "confidence minus accuracy, hot": lambda: of_runs(WHERE, "overconfidence", HOT),
    "loss above the optimum (%)": lambda: 100 * excess(WHERE, ALL),
}
OWN = {  # arm -> the text that is like what it trained with
    "uniform": "uniform",
    "shuffled": "shuffled",
    "repeats": "random tokens",
    "digits": "digits",
    "hex": "hex",
    "names": "names",
}
COUNTS = {  # measures that are whole numbers
    "dials on hot text",
    "entropy neurons on hot text",
    "closed directions",
    "entropy neurons",
}
CLOSING = {  # what is said of the weights -> its measure in the records
    "smallest / median": "smallest_over_median",
    "without the gain": "smallest_over_median_without_gain",
    "largest coordinate": "axis",
    "gain there / median": "axis_gain",
}


def places() -> pd.DataFrame:
    """Where the null space lives: `arm`, `measure`, and an interval over seeds."""
    found = [over_seeds(get()).assign(measure=name) for name, get in PLACES.items()]
    return pd.concat(found, ignore_index=True)


def wide(found: pd.DataFrame, rows: str) -> pd.DataFrame:
    """A table of texts, a column for each measure; counts have no decimals."""
    parts = found.groupby("measure", sort=False)
    columns = [spread(of, rows, "measure", 0 if name in COUNTS else 2) for name, of in parts]
    return pd.concat(columns, axis=1)


def by_kind(measure: str) -> pd.DataFrame:
    """A measure of the models on prose, by `arm` and `kind` of text measured on, over seeds.

    "scale ratio" is the mean final scale over that on prose; anything else is
    what the records call so.
    """
    found = []
    for kind in KINDS:
        scaled = measure == "scale ratio"
        runs = (
            ratio(WHICH_NOISE, "scale", kind, PROSE)
            if scaled
            else of_runs(WHICH_NOISE, measure, kind)
        )
        found.append(over_seeds(runs).assign(kind=kind))
    return pd.concat(found, ignore_index=True)


def closing(question: str, arms: list[str]) -> pd.DataFrame:
    """The quietest direction of models: `arm`, `measure`, an interval over seeds."""
    found = [
        over_seeds(of_runs(question, measure, WEIGHTS)).assign(measure=name)
        for name, measure in CLOSING.items()
    ]
    frame = pd.concat(found, ignore_index=True)
    return frame[frame["arm"].isin(arms)]


def users(arms: list[str]) -> pd.DataFrame:
    """Who uses it, on prose: `arm`, `measure`, an interval over seeds.

    How many directions are under a third of the median; and, on the text that
    is like what an arm trained with (unigram noise unless `OWN` has another),
    the scale over that on prose, the number of entropy neurons, and
    confidence minus accuracy. And the loss on prose.
    """
    found = []
    for arm in arms:
        kind = OWN.get(arm, "unigram")
        runs = {
            "closed directions": of_runs(WHICH_NOISE, "quiet", WEIGHTS),
            "entropy neurons": of_runs(WHICH_NOISE, "entropy_neurons", kind),
            "scale / on prose": ratio(WHICH_NOISE, "scale", kind, PROSE),
            "confidence minus accuracy": of_runs(WHICH_NOISE, "overconfidence", kind),
            "loss on prose (nats)": of_runs(WHICH_NOISE, "loss", PROSE),
        }
        for measure, values in runs.items():
            of_arm = values.xs(arm, level="arm", drop_level=False)
            found.append(over_seeds(of_arm).assign(measure=measure))
    return pd.concat(found, ignore_index=True)


def doses() -> tuple[pd.DataFrame, pd.DataFrame]:
    """By dose of unigram noise: the spectra of every seed, and the answers by kind of text.

    `dose`, `seed`, `place` (1 is the quietest direction) and `relative`, a
    singular value over the median; and `dose`, `kind`, an interval over seeds
    of the scale ratio.
    """
    values = records.measured(WHICH_NOISE, "singular_value", WEIGHTS)
    values = values[values["arm"].isin(list(DOSES))].assign(dose=values["arm"].map(DOSES))
    by_run = values.groupby(["dose", "seed"])
    spectra = values.assign(
        place=by_run["index"].transform("max") - values["index"] + 1,
        relative=(values["value"] / by_run["value"].transform("median")).round(3),
    )[["dose", "seed", "place", "relative"]]
    answers = by_kind("scale ratio")
    answers = answers[answers["arm"].isin(list(DOSES))]
    answers = answers.assign(dose=answers["arm"].map(DOSES)).drop(columns="arm")
    return spectra, answers.sort_values("dose", kind="stable", ignore_index=True)


def breaks(measures: dict[str, str]) -> pd.DataFrame:
    """Inside copies: `arm`, `measure` (what it is called here), an interval over seeds."""
    found = [
        over_seeds(of_runs(BREAKS, measure, "copy")).assign(measure=name)
        for name, measure in measures.items()
    ]
    return pd.concat(found, ignore_index=True)
