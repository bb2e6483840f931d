"""Tokens as text that can be shown."""

from collections.abc import Iterable

from jaxtyping import Int
from torch import Tensor

from confidence_neurons.checks import checked
from confidence_neurons.model.ends import Model

SPACE, LINE_BREAK = "␣", "⏎"


@checked
def token_labels(model: Model, ids: Iterable[int] | Int[Tensor, " token"]) -> list[str]:
    """Tokens as text that shows its white space: '␣the', '⏎'.

    A token that is only a part of a character, or a control character, has no
    text: its number stands in angle brackets.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    ids : Iterable[int] or Int[Tensor, " token"]
        Token ids, each from 0 to d_vocab - 1.

    Returns
    -------
    list of str
        One label for each id.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> cn.token_labels(model, cn.prose_tokens(model, count=1)[0, 1:5])
    ['The', '␣p', 'ars', 'on']
    """
    labels = []
    for token in ids:
        text = model.tokenizer.decode([token], clean_up_tokenization_spaces=False)
        text = text.replace(" ", SPACE).replace("\n", LINE_BREAK)
        readable = text and text.isprintable() and "\ufffd" not in text
        labels.append(text if readable else f"<{token}>")
    return labels
