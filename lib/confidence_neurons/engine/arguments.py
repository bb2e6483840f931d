"""Check numbers that a scan is given, before any work."""

from math import isfinite
from numbers import Real

from confidence_neurons.weights.neurons import whole_number

LOWEST_SEED, HIGHEST_SEED = -(2**63), 2**64 - 1  # what a torch.Generator takes


def check_budget(memory_budget: float) -> None:
    """Refuse a budget that is no finite number; whether it is enough depends on the model.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is NaN or infinite.
    """
    if not isinstance(memory_budget, Real) or isinstance(memory_budget, bool):
        raise TypeError(
            f"expected a memory_budget as a number of bytes, got {memory_budget!r}: "
            "write 2**30 for a GiB"
        )
    if not isfinite(memory_budget):
        raise ValueError(
            f"expected a memory_budget of a finite number of bytes, got {memory_budget}: "
            "write 2**30 for a GiB"
        )


def check_seed(seed: int) -> int:
    """The seed as a Python integer; refuse one that random numbers cannot start from.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it has more than 64 bits.
    """
    number = whole_number(seed, "a seed as a whole number")
    if not LOWEST_SEED <= number <= HIGHEST_SEED:
        raise ValueError(f"expected a seed from -2**63 to 2**64 - 1, got {seed}")
    return number


def check_null_dimension(k: int | None, d_model: int) -> None:
    """Refuse a size of the null space that the residual stream does not have.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is not between 1 and `d_model`.
    """
    if k is None:
        return
    if not 1 <= whole_number(k, "a null_dimension as a whole number") <= d_model:
        raise ValueError(f"expected a null_dimension k between 1 and d_model = {d_model}, got {k}")
