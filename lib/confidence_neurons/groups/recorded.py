"""The groups of a bundled or packaged model: found once, by a stated recipe, and kept."""

import json
from dataclasses import dataclass

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import verified_file
from confidence_neurons.model.packaged import PACKAGES

FILE = "groups.json"


@dataclass(frozen=True)
class Found:
    """How the groups of a model were found: by `find_groups` of a second-order scan.

    Attributes
    ----------
    corrupted
        The share of the tokens that was replaced by others, with seed 0.
    length
        Tokens in a row of the bundled passages, of which every second is read.
    k
        Null directions; None stands for those below the spectrum's gap.
    """

    corrupted: float
    length: int
    k: int | None
    every: int = 2
    seed: int = 0

    @property
    def in_words(self) -> str:
        """The recipe, as it stands in the record."""
        text = f"a share of {self.corrupted:g} of the tokens corrupted with seed {self.seed}"
        space = "the gap's" if self.k is None else self.k
        return (
            f"find_groups of a second-order scan of every {self.every}nd row of the bundled "
            f"passages, rows of {self.length} tokens, {text if self.corrupted else 'clean'}, "
            f"k = {space}"
        )


GROWN = Found(corrupted=0.5, length=256, k=None)  # awake where its training had noise
FETCHED = {
    name: Found(corrupted=0.0, length=64, k=package.null_directions)
    for name, package in PACKAGES.items()
}


@checked
def recorded_groups(name: str = "prose") -> dict[str, list[int]]:
    """Entropy neurons and token frequency neurons of a model that the library knows by name.

    They were found by `find_groups` in a second-order `scan` of every second
    row of the bundled passages: for the bundled models with half of the tokens
    corrupted, for `smollm2` on clean rows of 64 tokens with k = 12. Measure on
    other rows, `prose_tokens(model)[1::2]`: never report on the text that a
    neuron was chosen on.

    Parameters
    ----------
    name : str
        A bundled or packaged model.

    Returns
    -------
    dict[str, list[int]]
        "entropy" and "frequency" -> neurons, the strongest effect on entropy
        first.

    Raises
    ------
    ValueError
        If there is no such model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> list(cn.recorded_groups("prose"))
    ['entropy', 'frequency']
    >>> 830 in cn.recorded_groups("smollm2")["entropy"]
    True
    """
    return json.loads(verified_file(name, FILE).read_text(encoding="utf-8"))["groups"]
