"""A figure for chapters: one turn of the playground, still, with its numbers.

It is HTML without a script, good in Colab and in print. On the site the page
adds a button that puts the playground in the figure's place; what that begins
with stands in `data-state`, written as in the address of the playground's page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from urllib.parse import urlencode

import pandas as pd

import confidence_neurons as cn
from confidence_neurons.charts.text import SHOWN
from confidence_neurons.checks import CHECKS, is_text, one_of, real, whole
from confidence_neurons.model.ends import Model
from confidence_neurons_book.playground.turn import (
    AS_IT_IS,
    BOOST,
    CLAMP,
    CONTROL,
    MEAN,
    TURNED,
    Turn,
    changes,
    predictions,
    read_text,
    turned_states,
)
from confidence_neurons_book.table import table

MODEL = "prose"  # which the playground runs
GROUPS = {"entropy": "entropy neurons", "frequency": "token frequency neurons"}
MOST = 100  # of a value, either way


@dataclass(frozen=True, repr=False)
class Embed:
    """One turn as a notebook shows it: a still figure where it can, else its numbers as text."""

    title: str
    tokens: list[str]
    at: int
    words: str
    address: str
    predictions: pd.DataFrame
    changes: pd.DataFrame

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        turned, control = self.changes[TURNED], self.changes[CONTROL]
        return (
            f"The likeliest next tokens after {self.tokens[self.at]} in {MODEL}: as it is, turned, "
            f"and with the control. Entropy: {turned['before']:.2f} nats as it is, "
            f"{turned['after']:.2f} turned, {control['after']:.2f} with the control."
        )

    def __repr__(self) -> str:
        """Title, text with the token that is looked at, and both tables."""
        text = self.tokens.copy()
        text[0], text[self.at] = "", f"[{text[self.at]}]"
        chances = self.predictions.set_index("token").mul(100)
        return "\n".join(
            [
                f"{self.title}: {''.join(text)}",
                self.words,
                repr(table(chances, 1, caption="Next token, in percent")),
                repr(table(self.changes)),
            ]
        )

    def _repr_html_(self) -> str:
        style = (files("confidence_neurons_book.playground") / "embed.css").read_text("utf-8")
        return (
            f'<div class="cn-still" role="figure" aria-label="{escape(self.description)}" '
            f'data-state="{escape(self.address)}">\n<style>\n{style}</style>\n'
            f'<p class="cn-title">{escape(self.title)}</p>\n{self._text()}{self._bars()}'
            f"<p>{escape(self.words)}</p>\n{table(self.changes)._repr_html_()}</div>"
        )

    def _text(self) -> str:
        words = [_plain(token) for token in self.tokens]
        here = words[self.at]
        bare = here.lstrip(" ") or here
        words[0] = ""
        words[self.at] = f"{here.removesuffix(bare)}<mark>{bare}</mark>"
        return f'<p class="cn-words" dir="auto">{"".join(words)}</p>\n'

    def _bars(self) -> str:
        states = [AS_IT_IS, TURNED, CONTROL]
        percents = self.predictions[states].mul(100).round(1)
        longest = percents.to_numpy().max()
        heads = "".join(f'<th scope="col">{name}</th>' for name in ["next token", *states])
        rows = "".join(
            f'<tr><th scope="row">{_plain(token)}</th>'
            + "".join(_bar(percent, longest) for percent in row)
            + "</tr>"
            for token, row in zip(self.predictions["token"], percents.to_numpy(), strict=True)
        )
        return f'<table class="cn-table cn-bars"><thead><tr>{heads}</tr></thead>{rows}</table>\n'


def _plain(token: str) -> str:
    """A token as a page shows it."""
    for mark, shown in SHOWN.items():
        token = token.replace(mark, shown)
    return escape(token, quote=False)


def _bar(percent: float, longest: float) -> str:
    """A probability, and a bar below it that print keeps."""
    return (
        f'<td>{percent:.1f}&nbsp;%<svg aria-hidden="true" width="100%" height="6">'
        f'<rect width="{100 * percent / longest:.0f}%" height="6"/></svg></td>'
    )


def playground(
    model: Model,
    text: str,
    *,
    title: str,
    at: int | None = None,
    neurons: str | Sequence[int] = "entropy",
    how: str = MEAN,
    value: float | None = None,
) -> Embed:
    """A still figure of the playground: a prediction before and after neurons are turned.

    All arguments but the first two are those of the playground's address.

    Parameters
    ----------
    model : Model
        `prose`, from `load_light` or `load_model`.
    text : str
        What the model reads, 255 tokens of it at most.
    title : str
        What the figure shows or finds, in a few words.
    at : int, optional
        The token whose prediction is shown, BOS being 0; by default the last.
    neurons : str or sequence of int
        Neurons of the last layer, or a recorded group, "entropy" or
        "frequency".
    how : str
        "mean" (held at their means over the bundled passages), "clamp" (held
        at `value`) or "boost" (multiplied by `value`).
    value : float, optional
        For "clamp" and "boost".

    Returns
    -------
    Embed
        The last expression of a cell shows it.

    Raises
    ------
    TypeError, ValueError
        Where an argument is none of these.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> shown = playground(
    ...     cn.load_light("prose"), "Good morning, said the old",
    ...     title="Held high", how="clamp", value=3,
    ... )
    >>> shown.address
    'text=Good+morning%2C+said+the+old&at=8&neurons=43%2C307%2C414%2C110%2C213%2C2%2C17%2C250%2C373&how=clamp&value=3'
    """
    CHECKS["model"](model, {})
    if (name := model.cfg.model_name) != MODEL:
        raise ValueError(f"expected the model {MODEL!r}, which the playground runs, got {name!r}")
    groups = cn.recorded_groups(MODEL)
    if isinstance(neurons, str):
        neurons = groups[one_of("a group of neurons", groups)(neurons, {})]
    turn = Turn(
        CHECKS["neurons"](neurons, {"model": model}),
        one_of("how", (MEAN, CLAMP, BOOST))(how, {}),
        0.0 if how == MEAN else real("a value", -MOST, MOST)(value, {}),
    )
    tokens = read_text(model, is_text(text, {}))
    last = tokens.shape[1] - 1
    place = last if at is None else whole("the token at", 0, last)(at, {})
    states = turned_states(model, tokens, place, turn)
    return Embed(
        title,
        cn.token_labels(model, tokens[0]),
        place,
        _told(turn, groups),
        _address(text, place, turn),
        predictions(model, states),
        changes(model, states),
    )


def _told(turn: Turn, groups: dict[str, list[int]]) -> str:
    """The turn in words, and its control."""
    count, listed = len(turn.neurons), ", ".join(map(str, turn.neurons))
    group = next((name for name, members in groups.items() if members == [*turn.neurons]), None)
    one = count == 1
    who = f"neuron {listed}" if one else f"neurons {listed}"
    if group is not None:
        who = f"the {count} {GROUPS[group]}"
    done = {
        MEAN: f"held at {'its mean' if one else 'their means'}",
        CLAMP: f"held at {turn.value:g}",
        BOOST: f"multiplied by {turn.value:g}",
    }[turn.how]
    others = "a random neuron of equal norm" if one else f"{count} random neurons of equal norm"
    return f"Turned: {who} {done}. Control: {others}, moved as far."


def _address(text: str, at: int, turn: Turn) -> str:
    """The same as the page of the playground has it in its address, after the #."""
    parts = {"text": text, "at": at, "neurons": ",".join(map(str, turn.neurons)), "how": turn.how}
    if turn.how != MEAN:
        parts["value"] = f"{turn.value:g}"
    return urlencode(parts)
