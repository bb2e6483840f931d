"""Marked lines become a placeholder, and nothing else changes."""

import pytest

import marked

CELL = """\
def f(x):
    \"\"\"A function.\"\"\"
    # BEGIN SOLUTION
    y = 2 * x

    return y
    # END SOLUTION


def g(x):
    # BEGIN SOLUTION
    return x
    # END SOLUTION


text = "a text"
"""


def test_a_stub_has_a_placeholder_for_each_solution():
    assert marked.stub(CELL) == (
        'def f(x):\n    """A function."""\n    ...\n\n\ndef g(x):\n    ...\n\n\ntext = "a text"'
    )


def test_given_is_what_stands_outside():
    assert marked.given(CELL) == [
        "def f(x):",
        '    """A function."""',
        "",
        "",
        "def g(x):",
        "",
        "",
        'text = "a text"',
    ]


def test_a_cell_without_markers_stays():
    assert marked.stub("a = 1\n\nb = 2") == "a = 1\n\nb = 2"


@pytest.mark.parametrize(
    "source",
    [
        "# BEGIN SOLUTION\nx = 1",
        "x = 1\n# END SOLUTION",
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
    ],
)
def test_markers_come_in_pairs(source):
    with pytest.raises(ValueError, match="expected"):
        marked.stub(source)
