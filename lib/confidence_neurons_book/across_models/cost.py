"""What a scan of a model would cost, from its published sizes: nothing is downloaded.

An estimate. The operations are those of the matrix products that the network
and second order cannot do without; the rate at which two cores do them is
taken from the project's benchmark (`benchmarks/results.csv`).
"""

from dataclasses import dataclass

from confidence_neurons.engine.memory import DEFAULT_BUDGET
from confidence_neurons.model.memory import MemoryNeeded

RATE = 50e9  # operations a second
TOKENS = 4096  # as many as the command reads by default


@dataclass(frozen=True)
class Sizes:
    """Published sizes of a model.

    Attributes
    ----------
    parameters : int
        How many weights it has.
    d_model, d_mlp, d_vocab : int
        Of the residual stream, the neurons of a layer, the vocabulary.
    tied : bool
        Whether embedding and unembedding are one matrix.
    itemsize : int
        Bytes of a weight as it is stored.
    """

    parameters: int
    d_model: int
    d_mlp: int
    d_vocab: int
    tied: bool
    itemsize: int


def memory_bytes(sizes: Sizes) -> int:
    """Bytes that the command needs: the model held once as it is stored, and the scan's budget."""
    needed = MemoryNeeded.of(
        sizes.parameters,
        sizes.d_model * sizes.d_vocab,
        sizes.d_vocab,
        tied=sizes.tied,
        itemsize=sizes.itemsize,
    )
    return needed.load_light + DEFAULT_BUDGET


def scan_operations(sizes: Sizes, tokens: int) -> float:
    """Multiplications and additions of one second-order scan of the last layer.

    Readings of the neurons and clean logits; two means through the unembedding
    at each token, and through the output weights; two sums of squared readings;
    the overlap of stream and output weights.
    """
    d_model, d_mlp, d_vocab = sizes.d_model, sizes.d_mlp, sizes.d_vocab
    readings = d_model * d_vocab * d_mlp
    clean = d_model * d_vocab * tokens
    means = 2 * (d_model * d_vocab * tokens + d_model * d_mlp * tokens)
    squares = 2 * d_vocab * d_mlp * tokens
    overlap = d_model * d_mlp * tokens
    return 2.0 * (readings + clean + means + squares + overlap)


def forward_operations(sizes: Sizes, tokens: int) -> float:
    """Those of the network itself: two for each weight and token."""
    return 2.0 * sizes.parameters * tokens


def command_seconds(sizes: Sizes, tokens: int = TOKENS, rate: float = RATE) -> float:
    """Seconds that `confidence-neurons scan` takes on two cores, without download and loading.

    It scans half of the tokens to choose and the other half to report, and
    runs the network once more on the latter.
    """
    half = tokens // 2
    return (2 * scan_operations(sizes, half) + 3 * forward_operations(sizes, half)) / rate
