"""The command line on a tiny recipe and one book: `python tiny_command.py DIRECTORY STEP`.

It grows in `DIRECTORY/out` up to a step, says so, and waits there to be killed.
"""

import csv
import hashlib
import sys
import time
from pathlib import Path

import pytest

from confidence_neurons.growing import corpus, snapshots, training
from confidence_neurons.growing.__main__ import main
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.recipe import RECIPES, Recipe
from growing.conftest import synthetic_text

RECIPE = Recipe(
    name="prose",
    vocab_size=280,
    d_model=16,
    n_layers=1,
    n_heads=2,
    sequence_length=256,
    batch_size=1,
    steps=16,
    warmup_steps=2,
    learning_rate=1e-2,
)


def arguments(directory: Path) -> list[str]:
    """What is typed after the command's name."""
    return ["prose", "--corpus", f"{directory}/books", "--out", f"{directory}/out", "--no-compile"]


def prepare(directory: Path, patch: pytest.MonkeyPatch) -> None:
    """Put a book into `directory/books`; the tiny recipe takes the place of prose's."""
    (directory / "books").mkdir(exist_ok=True)
    text = "\n\n".join(synthetic_text(100, seed) for seed in range(200)).encode()
    (directory / "books" / "a.txt").write_bytes(text)
    row = {"file": "a.txt", "title": "A", "author": "Nobody", "source repo": "a/b", "commit": "c"}
    row["sha256"] = hashlib.sha256(text).hexdigest()
    manifest = directory / "MANIFEST.tsv"
    with manifest.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, delimiter="\t").writerows([row.keys(), row.values()])
    patch.setattr(corpus, "MANIFEST", manifest)
    patch.setitem(RECIPES, "prose", RECIPE)
    patch.setattr(training, "CHECKPOINT_EVERY", 5)
    patch.setattr(snapshots, "FIRST_SNAPSHOT", 4)
    patch.setattr(snapshots, "SNAPSHOTS", 4)


def wait_at(last: int, patch: pytest.MonkeyPatch) -> None:
    """Wait, before the step `last` is made, instead of going on."""
    batch = Mixture.batch

    def batch_or_wait(mixture, step):
        if step == last:
            print("waiting", flush=True)
            time.sleep(600)
        return batch(mixture, step)

    patch.setattr(Mixture, "batch", batch_or_wait)


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    patch = pytest.MonkeyPatch()
    prepare(directory, patch)
    wait_at(int(sys.argv[2]), patch)
    main(arguments(directory))
