"""Run the experiments: grow what is missing, measure it, write one table a question."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple
from pathlib import Path

import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from confidence_neurons.files import sha256, whole_files
from confidence_neurons.growing.breaking import measure_copying
from confidence_neurons.growing.files import damaged, write_table
from confidence_neurons.growing.holding import grow
from confidence_neurons.growing.language import Language
from confidence_neurons.growing.language_batches import LanguageBatches
from confidence_neurons.growing.measures import WEIGHTS, Row, measure_model
from confidence_neurons.growing.preparation import prepare_text
from confidence_neurons.growing.probes import language_probes, prose_probes
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.settings import Question, Run, chosen_runs, read_settings
from confidence_neurons.growing.training import Source
from confidence_neurons.model.light import LightModel

COLUMNS = ["arm", "seed", "measure", "kind", "index", "value"]
SECONDS = "seconds"
QUIETEST = 4  # a language's null space is the quietest quarter: its spectra end without a gap


def run_experiments(corpus: str, out: Path, wanted: Iterable[str] = ()) -> None:
    """Do the runs that are missing under `out`, one after another, and write the tables.

    Each run leaves `runs/QUESTION/ARM-SEED.json`: its settings, seconds and
    measures. What lies there is not run again. Tables are written after each
    run, of all runs that have been made.

    Parameters
    ----------
    corpus : str
        The books, for runs on prose.
    out : Path
        Receives `text/`, `runs/` and `tables/`.
    wanted : iterable of str
        Questions or arms (`question/arm`); by default all.

    Raises
    ------
    ValueError
        If a run was made with other settings, a model diverges, or there is no
        such question or arm.
    """
    questions = read_settings()
    runs = list(chosen_runs(questions, wanted))
    for number, run in enumerate(runs, start=1):
        if not record_path(out, run).exists():
            print(f"run {number} of {len(runs)}: {run.name}", flush=True)
            _write(out, run, *perform(run, corpus, out / "text"))
            write_tables(questions, out)
        else:
            read_record(out, run)
    write_tables(questions, out)


def perform(run: Run, corpus: str, texts: Path) -> tuple[float, list[Row]]:
    """Grow the model of one run and measure it.

    Returns
    -------
    tuple[float, list[Row]]
        Seconds of processor time that growing took, and what was measured.
    """
    return (
        _on_prose(run, corpus, texts) if run.language is None else _on_language(run, run.language)
    )


def _on_prose(run: Run, corpus: str, texts: Path) -> tuple[float, list[Row]]:
    recipe = run.recipe
    directory = texts / f"{recipe.vocab_size}-{recipe.sequence_length}"
    text = prepare_text(recipe, corpus, directory)
    model, seconds = _grow(recipe, text.mixture(recipe), text.tokenizer)
    return seconds, measure_model(model, prose_probes(text, recipe), torch.from_numpy(text.counts))


def _on_language(run: Run, language: Language) -> tuple[float, list[Row]]:
    recipe = run.recipe
    model, seconds = _grow(recipe, LanguageBatches(recipe, language), language.tokenizer())
    k = recipe.d_model // QUIETEST
    rows = measure_model(model, language_probes(language, recipe), k=k)
    return seconds, rows + (measure_copying(model, language, k) if language.copying else [])


def _grow(
    recipe: Recipe, source: Source, tokenizer: PreTrainedTokenizerBase
) -> tuple[LightModel, float]:
    """A grown model, and the seconds of processor time that it took."""
    started = time.process_time()
    return grow(recipe, source, tokenizer), time.process_time() - started


def record_path(out: Path, run: Run) -> Path:
    """Where the record of a run lies."""
    return out / "runs" / f"{run.name}.json"


def _write(out: Path, run: Run, seconds: float, rows: list[Row]) -> None:
    path = record_path(out, run)
    record = {"settings": _settings(run), SECONDS: seconds, "rows": [astuple(row) for row in rows]}
    with whole_files(path.parent) as partial:
        (partial / path.name).write_text(json.dumps(record) + "\n", encoding="utf-8")


def _settings(run: Run) -> dict:
    """As JSON gives them back."""
    language = None if run.language is None else asdict(run.language)
    return json.loads(json.dumps({"recipe": asdict(run.recipe), "language": language}))


def read_record(out: Path, run: Run) -> pd.DataFrame:
    """The rows of a run that has been made.

    Raises
    ------
    ValueError
        If the record is damaged, or the run was made with other settings.
    """
    path = record_path(out, run)
    remedy = "Delete it and give the same command again: the run is made anew"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        settings, seconds = record["settings"], float(record[SECONDS])
        rows = [Row(*row) for row in record["rows"]]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, str(error), remedy) from None
    if settings != _settings(run):
        raise ValueError(f"{path} is of other settings than {run.name} has now. {remedy}")
    rows.append(Row(SECONDS, WEIGHTS, 0, seconds))
    return pd.DataFrame(rows).assign(arm=run.arm, seed=run.recipe.seed)[COLUMNS]


def write_tables(questions: Mapping[str, Question], out: Path) -> None:
    """One table for each question of which a run has been made, and their checksums."""
    with whole_files(out / "tables") as partial:
        for question in questions.values():
            made = [run for run in question.runs if record_path(out, run).exists()]
            if made:
                table = pd.concat([read_record(out, run) for run in made], ignore_index=True)
                write_table(table, partial / f"{question.name}.csv.gz")
        sums = {file.name: sha256(file) for file in sorted(partial.iterdir())}
        (partial / "checksums.json").write_text(json.dumps(sums, indent=2) + "\n")
