"""What a check says of an answer: for a reader in words, for a notebook's file as an entry."""

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["not answered", "not yet", "solved"]
CORRECT = "Correct"  # the first word of a verdict on what is solved
MIME_TYPE = "application/vnd.confidence-neurons.verdict+json"


@dataclass(frozen=True)
class Verdict:
    """What `Exercise.check` says. In a notebook it shows its words.

    Attributes
    ----------
    name : str
        The exercise's.
    outcome : str
        "not answered", "not yet" or "solved".
    tries : int
        Answers that were checked in this session, until one was right.
    words : str
        A sentence, and perhaps a hint.
    arguments : tuple
        Of the first input that went wrong, to call the answer with; empty otherwise.
    """

    name: str
    outcome: Outcome
    tries: int
    words: str
    arguments: tuple[Any, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.words

    def _repr_mimebundle_(self, **asked: Any) -> dict[str, Any]:
        """Text to read, and beside it what `collect` reads."""
        kept = {"name": self.name, "outcome": self.outcome, "tries": self.tries}
        return {"text/plain": self.words, MIME_TYPE: kept}
