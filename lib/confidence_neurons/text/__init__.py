"""Evaluation text as token ids: prose, corrupted prose, repeats.

Convention, used by every measure: a row is BOS followed by consecutive tokens
of one text. The target of position t is `tokens[:, t + 1]`, so the last
position of a row has no target and no measure may count it; `measured` drops
it, and BOS with it.
"""

from confidence_neurons.text.altered import corrupt, repeated_prose, repeated_random
from confidence_neurons.text.conventions import check_tokens, measured
from confidence_neurons.text.prose import (
    passages,
    prose_tokens,
    tokenise,
    tokens_from_file,
    tokens_from_text,
)

__all__ = [
    "check_tokens",
    "corrupt",
    "measured",
    "passages",
    "prose_tokens",
    "repeated_prose",
    "repeated_random",
    "tokenise",
    "tokens_from_file",
    "tokens_from_text",
]
