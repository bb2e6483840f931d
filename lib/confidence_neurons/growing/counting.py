"""Records of a packaged model, the books' token counts and its groups of neurons.

Run as python -m confidence_neurons.growing.counting.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from jaxtyping import Int32
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from confidence_neurons.groups.recorded import FETCHED
from confidence_neurons.groups.recorded import FILE as GROUPS_FILE
from confidence_neurons.growing.corpus import read_corpus
from confidence_neurons.growing.phenomena import groups_record
from confidence_neurons.growing.shipping import ship_model
from confidence_neurons.model.bundled import MODELS
from confidence_neurons.model.directory import read_tokenizer
from confidence_neurons.model.fetching import fetch
from confidence_neurons.model.loading import load_light
from confidence_neurons.model.packaged import PACKAGES

FILE = "unigram_counts.safetensors"
PARAGRAPH_END = "\n\n"


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, count, find the groups, and put both beside the model's card."""
    parser = argparse.ArgumentParser(
        prog="python -m confidence_neurons.growing.counting", description=__doc__
    )
    parser.add_argument("model", choices=sorted(PACKAGES), help="whose tokenizer divides the books")
    parser.add_argument("--corpus", required=True, help="directory or archive of the books")
    options = parser.parse_args(arguments)
    try:
        books = read_corpus(options.corpus)
        tokenizer = read_tokenizer(fetch(options.model))
        counts = count_books(tokenizer, (book.text for book in books))
        model, recipe = load_light(options.model), FETCHED[options.model]
        ship_records(options.model, counts, groups_record(model, counts, recipe))
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: error: {' '.join(str(error).split())}\n")
    print(f"{len(books)} books, {int(counts.sum()):,} tokens, {int((counts > 0).sum()):,} kinds")


def count_books(
    tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]
) -> Int32[Tensor, " d_vocab"]:
    """How often each token stands in whole books, which are encoded paragraph by paragraph.

    The texts are taken as the corpus has them, without any cleaning; each
    paragraph keeps the empty line behind it.
    """
    counts = torch.zeros(len(tokenizer), dtype=torch.int64)
    for text in texts:
        paragraphs = [paragraph + PARAGRAPH_END for paragraph in text.split(PARAGRAPH_END)]
        for ids in tokenizer(paragraphs, add_special_tokens=False, verbose=False)["input_ids"]:
            counts += torch.bincount(torch.tensor(ids), minlength=len(counts))
    return counts.int()


def ship_records(
    name: str, counts: Int32[Tensor, " d_vocab"], groups: Mapping, models: Path = MODELS
) -> None:
    """Put records into the package's data, beside the files that are there; note the checksums."""
    with tempfile.TemporaryDirectory() as directory:
        beside = Path(directory)
        for file in (models / name).iterdir():
            shutil.copyfile(file, beside / file.name)
        save_file({"counts": counts}, beside / FILE)
        (beside / GROUPS_FILE).write_text(json.dumps(groups, indent=1) + "\n", encoding="utf-8")
        ship_model(beside, name, models)


if __name__ == "__main__":
    main()
