"""Load in peace: without other libraries' messages, and without looking for garbage."""

import gc
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings, log messages and progress bars, and restore them afterwards.

    Importing the libraries makes a million objects that stay. Python would go
    through them again and again in search of garbage, for a fifth of the time.
    """
    collected_before = gc.isenabled()
    disabled_before = logging.root.manager.disable
    gc.disable()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from transformers.utils import logging as transformers_logging

            bars_before = transformers_logging.is_progress_bar_enabled()
            transformers_logging.disable_progress_bar()
            try:
                yield
            finally:
                if bars_before:
                    transformers_logging.enable_progress_bar()
    finally:
        logging.disable(disabled_before)
        if collected_before:
            gc.enable()
