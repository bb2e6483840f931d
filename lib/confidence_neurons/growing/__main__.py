"""Grow a bundled model: python -m confidence_neurons.growing prose --corpus PATH --out DIR.

Or run the experiments, or some of them: python -m confidence_neurons.growing experiments
[QUESTION or QUESTION/ARM ...] --corpus PATH --out DIR.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from confidence_neurons.files import only_process, whole_files
from confidence_neurons.groups.recorded import FILE as GROUPS_FILE
from confidence_neurons.growing.card import write_card
from confidence_neurons.growing.experiments import run_experiments
from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.files import write_table
from confidence_neurons.growing.phenomena import groups_record
from confidence_neurons.growing.preparation import prepare_text
from confidence_neurons.growing.recipe import RECIPES
from confidence_neurons.growing.records import record_growth
from confidence_neurons.growing.shipping import ship_model
from confidence_neurons.growing.snapshots import load_snapshot, snapshot_path
from confidence_neurons.growing.training import train
from confidence_neurons.model.loading import load_model

PROGRAM = "python -m confidence_neurons.growing"
EXPERIMENTS = "experiments"


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and grow; errors that can be expected take one line."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    work = experiment if given[:1] == [EXPERIMENTS] else grow
    if work is experiment:
        parser.add_argument("model", choices=[EXPERIMENTS])
        parser.add_argument("arms", nargs="*", help="questions, or arms as QUESTION/ARM")
    else:
        add_model_options(parser)
    parser.add_argument("--corpus", required=True, help="directory or archive of the books")
    parser.add_argument("--out", required=True, type=Path, help="where the results go")
    options = parser.parse_intermixed_args(given)
    try:
        with only_process(options.out / "run"):
            work(options)
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: error: {' '.join(str(error).split())}\n")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """What can be asked of a model that is grown to be shipped."""
    models = [*sorted(RECIPES), EXPERIMENTS]
    parser.add_argument("model", choices=models, help="which recipe to follow")
    parser.add_argument("--steps", type=int, help="fewer or more steps than the recipe's")
    parser.add_argument("--seed", type=int, help="another seed than the recipe's; not for --ship")
    parser.add_argument(
        "--no-compile", action="store_true", help="without torch.compile: slower, other last bits"
    )
    parser.add_argument(
        "--ship", action="store_true", help="put the finished model into the package's data"
    )


def grow(options: argparse.Namespace) -> None:
    """Prepare the text, grow, measure, export."""
    recipe = RECIPES[options.model]
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    if options.seed is not None:
        if options.ship:
            raise ValueError(
                f"expected no --ship with --seed, got both: what is shipped has seed {recipe.seed}"
            )
        recipe = replace(recipe, seed=options.seed, name=f"{recipe.name}-seed-{options.seed}")
    run: Path = options.out / "run"
    text = prepare_text(recipe, options.corpus, run)
    seconds = train(recipe, text.mixture(recipe), run, compiled=not options.no_compile)
    growth = record_growth(recipe, text, run)
    final = load_snapshot(recipe, snapshot_path(run, recipe.steps))
    export_model(final, text.tokenizer, text.counts, options.out)
    with whole_files(options.out) as partial:
        write_table(growth, partial / "growth.csv.gz")
        record = groups_record(load_model(options.out), torch.from_numpy(text.counts))
        (partial / GROUPS_FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_card(recipe, text, growth, seconds, options.out)
    if options.ship:
        ship_model(options.out, recipe.name)


def experiment(options: argparse.Namespace) -> None:
    """Do the runs that are missing."""
    run_experiments(options.corpus, options.out, options.arms)


if __name__ == "__main__":
    main()
