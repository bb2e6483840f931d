"""Turn the corpus into token ids: train the tokenizer, encode, hold out."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt16
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from confidence_neurons.files import sha256, whole_files
from confidence_neurons.growing.corpus import Book, read_corpus
from confidence_neurons.growing.files import damaged
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.noise import NATURAL, natural_text
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.tokenizer import train_tokenizer

HELD_OUT_SHARE = 0.01
NATURAL_CHARACTERS = 300_000


@dataclass(frozen=True)
class PreparedText:
    """A tokenised corpus: the end of each book is held out for validation.

    Attributes
    ----------
    tokenizer : PreTrainedTokenizerBase
        Trained on all the books.
    training : UInt16[np.ndarray, "token"]
        Token ids to grow from.
    validation : UInt16[np.ndarray, "held_out"]
        Token ids that are held out.
    """

    tokenizer: PreTrainedTokenizerBase
    training: UInt16[np.ndarray, " token"]
    validation: UInt16[np.ndarray, " held_out"]

    @property
    def counts(self) -> Int64[np.ndarray, " d_vocab"]:
        """How often each token stands in the training text."""
        return np.bincount(self.training, minlength=len(self.tokenizer))

    def mixture(self, recipe: Recipe) -> Mixture:
        """The training sequences that a recipe draws from the text."""
        counts = self.counts
        natural = {kind: self.natural(kind) for kind in recipe.noise if kind in NATURAL}
        return Mixture(recipe, self.training, counts / counts.sum(), natural)

    def natural(
        self, kind: str, characters: int = NATURAL_CHARACTERS, seed: int = 0
    ) -> UInt16[np.ndarray, " unpredictable"]:
        """Token ids of a natural kind of unpredictable text, made from a seed."""
        ids = self.tokenizer(natural_text(kind, characters, seed), verbose=False)["input_ids"]
        return np.array(ids, dtype=np.uint16)


def prepare_text(recipe: Recipe, corpus: str | Path, directory: Path) -> PreparedText:
    """Tokenizer and token ids, from `directory` where an earlier call left them.

    `prepared.json` is written last. It records what the text was made from,
    and the SHA-256 sum of each file.

    Parameters
    ----------
    recipe : Recipe
        For the vocabulary and the length of the sequences.
    corpus : str or Path
        See `read_corpus`. It is read even where the text lies ready, to make
        sure that they belong together.
    directory : Path
        That of the run.

    Returns
    -------
    PreparedText
        Tokenizer and token ids.

    Raises
    ------
    ValueError
        If a file of the text is damaged or missing, or was made from something
        else.
    """
    books = read_corpus(corpus)
    source = {
        "books": {book.file: hashlib.sha256(book.text.encode()).hexdigest() for book in books},
        "vocab_size": recipe.vocab_size,
        "sequence_length": recipe.sequence_length,
    }
    record = directory / "prepared.json"
    if record.exists():
        _check_prepared(record, source)
    else:
        tokenizer = train_tokenizer(
            (book.text for book in books), recipe.vocab_size, recipe.sequence_length
        )
        training, validation = _encode(books, tokenizer)
        with whole_files(directory) as partial:
            tokenizer.save_pretrained(partial)
            np.save(partial / "training.npy", training)
            np.save(partial / "validation.npy", validation)
            sums = {file.name: sha256(file) for file in sorted(partial.iterdir())}
        with whole_files(directory) as partial:
            text = json.dumps({"source": source, "files": sums}, indent=2) + "\n"
            (partial / record.name).write_text(text, encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    training, validation = (
        np.load(directory / f"{part}.npy") for part in ("training", "validation")
    )
    return PreparedText(tokenizer, training, validation)


def _check_prepared(record: Path, source: dict) -> None:
    """Refuse a text that is damaged or was made from something else."""
    remedy = f"Delete {record} and give the same command again: the text is prepared anew"
    try:
        written = json.loads(record.read_text(encoding="utf-8"))
        made_from, sums = written["source"], written["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(record, str(error), remedy) from None
    if made_from != source:
        raise ValueError(
            f"the text in {record.parent} was made from other books, or for another recipe: "
            "start in an empty directory, or give the corpus and the recipe of that run"
        )
    for name, expected in sums.items():
        path = record.parent / name
        got = sha256(path) if path.is_file() else "no file"
        if got != expected:
            raise damaged(path, f"expected SHA-256 {expected}, got {got}", remedy)


def _encode(
    books: list[Book], tokenizer: PreTrainedTokenizerBase
) -> tuple[UInt16[np.ndarray, " token"], UInt16[np.ndarray, " held_out"]]:
    """Token ids of all books but their ends, and of their ends."""
    kept, held_out = [], []
    for book in books:
        paragraphs = book.text.split("\n\n")
        ids = [
            token
            for encoded in tokenizer([p + "\n\n" for p in paragraphs])["input_ids"]
            for token in encoded
        ]
        end = round(len(ids) * (1 - HELD_OUT_SHARE))
        kept.append(np.array(ids[:end], dtype=np.uint16))
        held_out.append(np.array(ids[end:], dtype=np.uint16))
    return np.concatenate(kept), np.concatenate(held_out)
