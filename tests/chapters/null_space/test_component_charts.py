"""Charts of writers and readers."""

import itertools

import pandas as pd
import torch

from charts.reading import domain, rows_of
from confidence_neurons import State
from confidence_neurons_book.null_space.component_charts import readers_chart, writers_chart
from confidence_neurons_book.null_space.readers import Reading
from confidence_neurons_book.null_space.writers import MEAN, VARYING, VISIBLE

LAYERS = pd.DataFrame(
    [
        {
            "component": component,
            "kind": kind,
            "layer": layer,
            "estimate": 0.5,
            "low": 0.4,
            "high": 0.6,
        }
        for component, kind, layer in itertools.product(
            (MEAN, VARYING, VISIBLE), ("attention", "MLP"), (0, 1)
        )
    ]
)
COUNTED = torch.tensor([[False, True, False]] * 2)
STATE = State(
    torch.zeros(2, 3, dtype=torch.long),
    torch.ones(2, 3, 4),
    torch.ones(2, 3, 5),
    torch.ones(2, 3, 1),
    COUNTED,
    0,
)
READING = Reading(STATE, torch.full((2, 2, 1, 3), 0.25), torch.full((2, 2, 3, 2), 0.5))
CHARTS = {
    "writers": lambda: writers_chart(LAYERS),
    "readers": lambda: readers_chart({"as it is": READING, "without a": READING}),
}


def test_every_component_has_a_panel():
    rows = rows_of(CHARTS["writers"](), "estimate")
    assert len(rows) * 3 >= len(LAYERS)
    assert domain(CHARTS["writers"](), "color") == ["attention", "MLP"]


def test_readers_have_a_line_each_and_the_stream_two():
    names = set(domain(CHARTS["readers"](), "color"))
    assert names == {"first token", "later tokens", "as it is", "without a"}
