"""What comes with a model that loads by name, beside its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confidence_neurons.checks import checked
from confidence_neurons.model.bundled import verified_file

if TYPE_CHECKING:
    import pandas as pd
    from jaxtyping import Int
    from torch import Tensor


@checked
def unigram_counts(name: str = "prose") -> Int[Tensor, " d_vocab"]:
    """How often each token stands in the book's corpus, as a model's tokenizer divides it.

    The corpus are the public-domain books that the bundled models were grown
    from: for them it is the training text. For "smollm2", whose training text
    nobody has, it is a stand-in: English prose of the nineteenth century. See
    `mean_prediction` for what a model itself holds frequent.

    Parameters
    ----------
    name : str
        A model that loads by name.

    Returns
    -------
    Int[Tensor, " d_vocab"]
        Whole numbers, zero for tokens that never stand there.

    Raises
    ------
    ValueError
        If there is no such model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.unigram_counts("prose").shape
    torch.Size([2048])
    """
    from safetensors.torch import load_file

    return load_file(verified_file(name, "unigram_counts.safetensors"))["counts"].long()


@checked
def growth_record(name: str = "prose") -> pd.DataFrame:
    """Measurements taken while a bundled model was trained.

    Parameters
    ----------
    name : str
        A bundled model.

    Returns
    -------
    pandas.DataFrame
        Tidy rows `step, measure, index, value`; `index` counts neurons,
        singular values or attention heads, and is 0 where there is one value
        only. Losses are in nats per token.

    Raises
    ------
    ValueError
        If there is no such bundled model, or the file fails its checksum.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> cn.growth_record("prose").columns.tolist()
    ['step', 'measure', 'index', 'value']
    """
    import pandas as pd

    # Older pandas rounds the last digit of decimals that it reads as numbers, not as text.
    table = pd.read_csv(verified_file(name, "growth.csv.gz"), dtype={"value": str})
    return table.astype({"value": float})
