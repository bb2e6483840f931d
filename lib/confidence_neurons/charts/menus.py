"""Controls above a chart: buttons for a few options, a menu for many."""

from collections.abc import Sequence

import altair as alt


def buttons(
    name: str, label: str, options: Sequence[str], *, labels: Sequence[str] | None = None
) -> alt.Parameter:
    """A parameter of this name, set by buttons; the first option is chosen at first.

    Parameters
    ----------
    label:
        What stands before the buttons.
    labels:
        What stands beside each button, if not the option itself.

    Raises
    ------
    ValueError
        If there is nothing to choose from.
    """
    options = _checked(name, options)
    shown = alt.Undefined if labels is None else list(labels)
    bind = alt.binding_radio(options=options, labels=shown, name=f"{label}: ")
    return alt.param(name=name, value=options[0], bind=bind)


def menu(
    name: str,
    label: str,
    options: Sequence[object],
    *,
    labels: Sequence[str] | None = None,
    first: object = None,
) -> alt.Parameter:
    """The same with a drop-down menu; `first` is chosen at first, by default the first option.

    Raises
    ------
    ValueError
        If there is nothing to choose from, or `first` is not among the options.
    """
    options = _checked(name, options)
    if first is not None and first not in options:
        raise ValueError(f"expected one of {options} to be chosen first in {name}, got {first!r}")
    shown = alt.Undefined if labels is None else list(labels)
    bind = alt.binding_select(options=options, labels=shown, name=f"{label}: ")
    return alt.param(name=name, value=options[0] if first is None else first, bind=bind)


def _checked(name: str, options: Sequence) -> list:
    if not len(options):
        raise ValueError(f"expected options to choose {name} from, got none")
    return list(options)
