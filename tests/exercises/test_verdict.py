"""A verdict is words for a reader, and an entry in the file of a notebook."""

from IPython.core.formatters import DisplayFormatter

from confidence_neurons.exercises.verdict import MIME_TYPE, Verdict


def test_a_notebook_keeps_words_and_entry():
    verdict = Verdict("sums.doubled", "not yet", 2, "Not yet. The sign.", ("x",))
    data, _ = DisplayFormatter().format(verdict)
    assert data == {
        "text/plain": "Not yet. The sign.",
        MIME_TYPE: {"name": "sums.doubled", "outcome": "not yet", "tries": 2},
    }
    assert str(verdict) == "Not yet. The sign."
