"""The reader's own scan: whether it is one, of a new model, and what it says."""

from types import EllipsisType

from confidence_neurons.command.results import Result, is_result, read_result
from confidence_neurons.groups.names import ENTROPY, EQUAL_NORM
from confidence_neurons_book.told import told

KNOWN = ("prose", "prose-no-norm", "smollm2")


def check_scan(directory: str | EllipsisType | None) -> str:
    """Look at a directory that `confidence-neurons scan -o` wrote.

    Returns
    -------
    str
        A sentence to print: not answered yet, what is wrong, or the model, the
        share of its neurons' effect that goes through the scale, and that of
        neurons of equal norm.
    """
    if directory is None or directory is ...:
        return "Not answered yet: replace the ... by the name of the directory."
    if not is_result(str(directory)):
        return f"Not yet: {directory} has no result of a scan. Give the name that stands after -o."
    try:
        result = read_result(str(directory))
    except ValueError as error:
        return f"Not yet: {error}"
    if result.record["model"]["name"] in KNOWN:
        return f"Not yet: this page has scanned {result.name} itself. Take another model."
    return _told(result)


def _told(result: Result) -> str:
    frame = result.groups
    shares = frame[(frame["of"] == ENTROPY) & (frame["quantity"] == "entropy_ln_mediated")]
    shares = shares[shares["held"] == shares["held"].iloc[0]] if len(shares) else shares
    chosen = shares[shares["group"].isin([ENTROPY, f"{ENTROPY} candidates"])]
    if chosen.empty:
        return f"Correct: a scan of {result.name}. It speaks of no entropy neurons."
    found = chosen.iloc[0]
    controls = shares[shares["group"] == EQUAL_NORM]
    beside = "" if controls.empty else f", of equal norm {told(controls)[0]}"
    return (
        f"Correct: a scan of {result.name}. Through the scale: {found['group']} neurons "
        f"{told(chosen)[0]}{beside}."
    ).replace("candidates neurons", "candidates")
