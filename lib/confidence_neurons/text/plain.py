# ruff: noqa: RUF001
"""Typographic characters, and the plain ones that the bundled models were trained on.

The books that they were grown from have straight quotes, two hyphens for a
dash and three full stops for an ellipsis, and no other white space than the
space and the line break. Their tokenizer spells a typographic character with
tokens for single bytes, which the models have hardly ever seen.
"""

from collections.abc import Iterable, Iterator

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import is_bundled
from confidence_neurons.model.ends import Model

PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–−", "-"),  # hyphens, figure and en dash, minus
        **dict.fromkeys("—―", "--"),
        "…": "...",
        **dict.fromkeys(
            "\t\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f", " "
        ),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),  # soft hyphen, no width
        "\r": "",  # of the line ends of Windows
        "\u2028": "\n",
        "\u2029": "\n\n",
    }
)


@checked
def plain_text(text: str) -> str:
    """A text with plain characters for typographic ones.

    Curly quotes become straight ones, a long dash two hyphens, a short one
    (and a minus) a hyphen, an ellipsis three full stops; any white space
    inside a line becomes a space, and what has no width goes.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The same text; letters, accents and signs such as £ stay.

    Examples
    --------
    >>> from confidence_neurons.text.plain import plain_text
    >>> plain_text("“Well—no…”")
    '"Well--no..."'
    """
    return text.translate(PLAIN)


def as_trained(model: Model, pieces: Iterable[str], plain: bool = True) -> Iterator[str]:
    """Pieces of a text as the model was trained to read them.

    Plain characters for a bundled model, if `plain`; any other model reads the
    text as it stands.
    """
    mapped = plain and is_bundled(str(model.cfg.model_name))
    return (piece.translate(PLAIN) if mapped else piece for piece in pieces)
