"""Turn the corpus into token ids: train the tokenizer, encode, hold out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from confidence_neurons.growing.corpus import Book, read_corpus
from confidence_neurons.growing.mixture import Mixture
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.tokenizer import train_tokenizer

HELD_OUT_SHARE = 0.01


@dataclass(frozen=True)
class PreparedText:
    """A tokenised corpus: the end of each book is held out for validation."""

    tokenizer: PreTrainedTokenizerFast
    training: Int[np.ndarray, " length"]
    validation: Int[np.ndarray, " length"]

    @property
    def counts(self) -> Int[np.ndarray, " d_vocab"]:
        """How often each token stands in the training text."""
        return np.bincount(self.training, minlength=len(self.tokenizer))

    def mixture(self, recipe: Recipe) -> Mixture:
        counts = self.counts
        return Mixture(recipe, self.training, counts / counts.sum())


def prepare_text(recipe: Recipe, corpus: str | Path, directory: Path) -> PreparedText:
    """Tokenizer and token ids, from `directory` where an earlier call left them."""
    training, validation = directory / "training.npy", directory / "validation.npy"
    if not validation.exists():
        directory.mkdir(parents=True, exist_ok=True)
        books = read_corpus(corpus)
        tokenizer = train_tokenizer(
            (book.text for book in books), recipe.vocab_size, recipe.sequence_length
        )
        tokenizer.save_pretrained(directory)
        kept, held_out = _encode(books, tokenizer)
        np.save(training, kept)
        np.save(validation, held_out)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    return PreparedText(tokenizer, np.load(training), np.load(validation))


def _encode(
    books: list[Book], tokenizer: PreTrainedTokenizerFast
) -> tuple[Int[np.ndarray, " length"], Int[np.ndarray, " length"]]:
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
