"""The whole of `scan` on the bundled model, as a reader would call it."""

from functools import partial

import pandas as pd

from confidence_neurons import load_model
from confidence_neurons.engine.scan import scan
from confidence_neurons.text.reading import prose_tokens
from machine import median_seconds


def scan_times(name: str, rows: int, length: int, repeats: int) -> pd.DataFrame:
    """Seconds to scan all last-layer neurons of a model on `rows` rows of prose.

    Everything from tokens to the frame is counted; loading the model is not.
    """
    model = load_model(name)
    tokens = prose_tokens(model, length, rows)
    ways = {
        method: partial(scan, model, tokens, method=method) for method in ("exact", "second-order")
    }
    seconds = median_seconds(ways, repeats)
    return pd.DataFrame(
        {
            "model": name,
            "method": list(seconds),
            "tokens": tokens.numel(),
            "seconds": list(seconds.values()),
        }
    )
