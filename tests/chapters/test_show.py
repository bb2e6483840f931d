"""A frame is printed rounded, without minus zero, and with its index only if that has a name."""

import pandas as pd

from confidence_neurons_book.show import show

FRAME = pd.DataFrame(
    {
        "group": ["entropy", "random"],
        "change": [0.1234, -0.0004],
        "tokens": [7, 12],
        "found": [True, False],
        "share": [1.0, float("nan")],
    }
)


def printed(capsys, *args, **kwargs) -> list[str]:
    show(*args, **kwargs)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_floats_are_rounded_and_everything_else_stays(capsys):
    assert printed(capsys, FRAME) == [
        "  group  change  tokens  found  share",
        "entropy    0.12       7   True   1.00",
        " random    0.00      12  False    NaN",
    ]


def test_the_number_of_digits_can_be_chosen(capsys):
    assert printed(capsys, FRAME[["change"]], digits=4)[1:] == [" 0.1234", "-0.0004"]


def test_an_index_with_a_name_is_shown(capsys):
    assert printed(capsys, FRAME.set_index("group")[["change"]]) == [
        "         change",
        "group",
        "entropy    0.12",
        "random     0.00",
    ]


def test_so_are_several_of_which_one_has_a_name(capsys):
    frame = FRAME.set_index(["group", "tokens"]).rename_axis(["group", None])
    assert printed(capsys, frame["change"])[1:] == ["entropy  7    0.12", "random   12   0.00"]
