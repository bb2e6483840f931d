"""The test beside heat, on a text of the reader's own."""

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction import nearness
from confidence_neurons_book.frequency_direction.putting_back import thinned

LENGTH, LEAST_ROWS = 32, 2


def doubt_beside_heat(model: Model, text: str, unigram: Unigram) -> str:
    """How near the least sure third of a text is to the unigram distribution, and heat alone.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    text : str
        Some fifty words or more.
    unigram : Unigram
        The distribution P_freq.

    Returns
    -------
    str
        Both distances in nats, in a sentence.

    Raises
    ------
    ValueError
        If the text is too short.
    """
    tokens = cn.tokens_from_text(model, text, length=LENGTH)
    if len(tokens) < LEAST_ROWS:
        raise ValueError(
            f"expected at least {LEAST_ROWS} rows of {LENGTH} tokens, about fifty words, got "
            f"{len(tokens)}: give a longer text"
        )
    state = thinned(cn.run(model, tokens), 1)
    sure, unsure = nearness.thirds(state, cn.read(model, state, "entropy"))
    found = nearness.beside_heat(model, {"yours": unsure}, sure, {"kl": unigram})
    kl = found[found["quantity"] == "kl"].set_index("predictions")["estimate"]
    return (
        f"Your text, least sure third: KL {kl[nearness.AS_IT_IS]:.2f} nats; "
        f"sure predictions, heated: {kl[nearness.HEATED]:.2f}."
    )
