"""The groups of a bundled model: found once, by a stated recipe, and the same everywhere."""

import json

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import verified_file

FILE = "groups.json"
EVERY, RATE, SEED = 2, 0.5, 0
RECIPE = (
    f"find_groups of a second-order scan of every {EVERY}nd row of the bundled passages, "
    f"a share of {RATE:g} of the tokens corrupted with seed {SEED}"
)


@checked
def recorded_groups(name: str = "prose") -> dict[str, list[int]]:
    """Entropy neurons and token frequency neurons of a bundled model, as its record names them.

    They were found by `find_groups` in a second-order `scan` of every second
    row of the bundled passages, half of the tokens corrupted. Measure on other
    rows, `prose_tokens(model)[1::2]`: never report on the text that a neuron
    was chosen on.

    Parameters
    ----------
    name : str
        A bundled model.

    Returns
    -------
    dict[str, list[int]]
        "entropy" and "frequency" -> neurons, the strongest effect on entropy
        first.

    Raises
    ------
    ValueError
        If there is no such bundled model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> list(cn.recorded_groups("prose"))
    ['entropy', 'frequency']
    """
    return json.loads(verified_file(name, FILE).read_text(encoding="utf-8"))["groups"]
