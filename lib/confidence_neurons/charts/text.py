"""A text whose words stand on grounds that say how much of something there is at each.

This is HTML without a script: it flows with the width of the page, and its
controls are radio buttons that a style sheet listens to.
"""

import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

import pandas as pd

from confidence_neurons.checks import checked, need_columns

SHOWN = {"␣": " ", "⏎": "⏎\n"}  # how `token_labels` writes white space -> how a page does
LETTERS = "abcdefgh"  # names of the measures in the style sheet
CONTROL = '<label><input type="radio" name="{name}" class="{kind}"{checked}> {label}</label>'


class ColouredText:
    """A text as a notebook shows it: HTML where it can, else the description."""

    def __init__(self, html: str, description: str) -> None:
        """Take the finished HTML and its description."""
        self._html, self._description = html, description

    def __repr__(self) -> str:
        """The description."""
        return self._description

    def _repr_html_(self) -> str:
        return self._html


@checked
def coloured_text(
    frame: pd.DataFrame,
    *,
    token: str,
    colours: Mapping[str, str],
    title: str,
    description: str,
    panel: str | None = None,
    choose: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
) -> ColouredText:
    """Set a text, each token on a ground that a value colours: orange above zero, blue below.

    Parameters
    ----------
    frame
        One row per token, in the order in which it is read.
    token
        Column of the tokens, from `token_labels` or as they are.
    colours
        Columns of numbers, and what they are called, with the unit; if there
        are several, a control chooses the one that colours. The strongest
        ground is that of the largest value, for each choice.
    title, description
        In words, for every reader: see `finish`.
    panel
        Column that tells several texts apart: each stands under its name.
    choose
        One column among whose values a control chooses, and its label.
    details
        More columns that pointing at a token shows, and what they are called.

    Returns
    -------
    ColouredText
        The last expression of a cell shows it.

    Examples
    --------
    >>> import pandas as pd
    >>> from confidence_neurons.charts import coloured_text
    >>> tokens = pd.DataFrame({"token": ["The", "␣dog"], "added": [0.3, -0.1]})
    >>> coloured_text(
    ...     tokens, token="token", colours={"added": "entropy added (nats)"},
    ...     title="Where it acts", description="Two words, the first one orange.",
    ... )
    Two words, the first one orange.
    """
    need_columns(frame, [token, *colours])
    if len(choose or {}) > 1:
        raise ValueError(f"expected one column to choose by, got {list(choose or {})}")
    chosen_by = next(iter(choose or {}), None)
    options = [None] if chosen_by is None else list(dict.fromkeys(frame[chosen_by]))
    told = {**colours, **(details or {})}
    pages = [
        _page(
            number,
            frame if chosen_by is None else frame[frame[chosen_by] == option],
            token,
            list(colours),
            told,
            panel,
        )
        for number, option in enumerate(options)
    ]
    name = hashlib.sha256("".join([title, *pages]).encode()).hexdigest()[:12]
    controls = [
        _controls((choose or {}).get(chosen_by or "", ""), options, f"rows-{name}", "cn-k"),
        _controls("Colour", list(colours.values()), f"values-{name}", "cn-m"),
    ]
    html = (
        f'<div class="cn-text" role="figure" aria-label="{escape(description)}">\n'
        f"<style>\n{_style(len(options), len(colours))}</style>\n"
        f'<p class="cn-title">{escape(title)}</p>\n{"".join(controls)}{"".join(pages)}</div>'
    )
    return ColouredText(html, description)


def _controls(label: str, options: list[Any], name: str, kind: str) -> str:
    """Radio buttons, where there is something to choose."""
    if len(options) < 2:
        return ""
    buttons = [
        CONTROL.format(
            name=name,
            kind=f"{kind}{number}",
            checked="" if number else " checked",
            label=escape(str(option)),
        )
        for number, option in enumerate(options)
    ]
    return f"<fieldset><legend>{escape(label)}</legend>{''.join(buttons)}</fieldset>\n"


def _page(
    number: int,
    rows: pd.DataFrame,
    token: str,
    colours: list[str],
    told: Mapping[str, str],
    panel: str | None,
) -> str:
    """The texts of one choice, and what the colours stand for."""
    scales = [_scale(place, rows[column], told[column]) for place, column in enumerate(colours)]
    sizes = {column: float(rows[column].abs().max()) or 1.0 for column in colours}
    parts = [(None, rows)] if panel is None else rows.groupby(panel, sort=False)
    texts = []
    for name, part in parts:
        words = "".join(_word(row, token, sizes, told) for row in part.to_dict("records"))
        heading = "" if name is None else f'<p class="cn-name">{escape(str(name))}</p>'
        texts.append(f'{heading}<p class="cn-words">{words}</p>')
    return f'<div class="cn-page cn-p{number}">{"".join(scales)}{"".join(texts)}</div>\n'


def _word(
    row: dict[Any, Any], token: str, sizes: Mapping[str, float], told: Mapping[str, str]
) -> str:
    shares = {LETTERS[i]: row[column] / size for i, (column, size) in enumerate(sizes.items())}
    style = ";".join(f"--{name}:{share:.2g}" for name, share in shares.items() if share == share)
    said = ", ".join(f"{label} {_number(row[column])}" for column, label in told.items())
    text = str(row[token]).replace("\n", "⏎")
    says = f"{text.replace('␣', ' ').strip()}: {said}"
    for mark, shown in SHOWN.items():
        text = text.replace(mark, shown)
    return f'<span style="{style}" data-says="{escape(says)}">{escape(text)}</span>'


def _scale(place: int, values: pd.Series, label: str) -> str:
    """A bar from the lowest to the highest colour that is there, with its numbers."""
    size, signed = float(values.abs().max()), bool((values < 0).any())
    low = _number(-size) if signed else "0"
    bar = '<i class="cn-bar"></i>' if signed else '<i class="cn-bar cn-half"></i>'
    return (
        f'<p class="cn-scale cn-s{place}">{escape(label)}: {low}&nbsp;{bar}&nbsp;'
        f"{_number(size)}</p>"
    )


def _number(value: Any) -> str:
    """With three digits and a true minus sign; words as they are."""
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:.3g}".replace("-", "−")  # noqa: RUF001


def _style(choices: int, measures: int) -> str:
    """The rules that all texts share, and those that its controls need."""
    rules = [(files("confidence_neurons.charts") / "text.css").read_text(encoding="utf-8")]
    if measures == 1:
        rules.append(".cn-text .cn-words span { --v: var(--a); }\n")
    for place in range(measures if measures > 1 else 0):
        checked = f".cn-text:has(.cn-m{place}:checked)"
        rules.append(f"{checked} .cn-words span {{ --v: var(--{LETTERS[place]}); }}\n")
        rules.append(
            f".cn-text:has(.cn-m{place}:not(:checked)) .cn-s{place} {{ display: none; }}\n"
        )
    for number in range(choices if choices > 1 else 0):
        unchecked = f".cn-text:has(.cn-k{number}:not(:checked))"
        rules.append(f"{unchecked} .cn-p{number} {{ display: none; }}\n")
    return "".join(rules)
