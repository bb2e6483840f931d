"""The story of single neurons: where they fire in a text, and what they add there."""

from collections.abc import Iterable, Mapping

import pandas as pd
from jaxtyping import Float, Int, Shaped
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model

QUOTE, BREAK, SAID, BEFORE_NOUN, OTHER = (
    "opening quote",
    "line break",
    "said",
    "the, a, my",
    "other",
)
VERBS = {"said", "cried", "asked", "replied"}
DETERMINERS = {"the", "a", "an", "my", "our", "his", "her", "their"}


def neuron_stories(
    model: Model,
    texts: Mapping[str, Int[Tensor, "1 position"]],
    cast: Mapping[int, str],
    *,
    to: Float[Tensor, " d_mlp"],
) -> pd.DataFrame:
    """Token by token, how much neurons fire and how much entropy they add.

    What a neuron adds at a token is the entropy with it minus the entropy with
    the neuron held.

    Parameters
    ----------
    model : Model
        From `load_light` or `load_model`.
    texts : mapping of name to Int[Tensor, "1 position"]
        One row of tokens each.
    cast : mapping of neuron to name
        Last-layer neurons, each held by itself, and what they are called.
    to : Float[Tensor, "d_mlp"]
        What they are held at, such as their means over another text.

    Returns
    -------
    pd.DataFrame
        One row per text, neuron and counted token: `text`, `name`, `token`
        (see `token_labels`), `activation`, `entropy` (of the prediction made
        at this token, nats) and `added` (nats).
    """
    frames = [
        cn.token_effects(model, row, list(cast), to=to).assign(text=name)
        for name, row in texts.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.assign(
        name=frame["neuron"].map(dict(cast)),
        token=cn.token_labels(model, frame["token"].tolist()),
        added=-frame["entropy_total"],
    )
    return frame[["text", "name", "token", "activation", "entropy", "added"]]


def kinds_of_tokens(labels: Iterable[str]) -> list[str]:
    """What kind of token each is, for tokens as `token_labels` writes them.

    A quotation mark that stands alone opens a speech: one that closes it is a
    token together with the comma or the full stop before it.
    """
    kinds = []
    for label in labels:
        bare = label.replace("␣", "")
        if bare and set(bare) == {"⏎"}:
            kinds.append(BREAK)
        elif bare == '"':
            kinds.append(QUOTE)
        else:
            kinds.append(SAID if bare in VERBS else BEFORE_NOUN if bare in DETERMINERS else OTHER)
    return kinds


def activations_by_noise(
    model: Model,
    tokens: Int[Tensor, "batch position"],
    unigram: Shaped[Tensor, " d_vocab"],
    groups: Mapping[str, list[int]],
    rates: Iterable[float] = (0.0, 0.5, 1.0),
    seed: int = 0,
) -> pd.DataFrame:
    """Activations of groups of neurons as more and more of a text turns into noise.

    Parameters
    ----------
    model : Model
        From `load_light` or `load_model`.
    tokens, unigram, seed
        As in `corrupt`.
    groups : mapping of name to neurons
        Last-layer neurons.
    rates : iterable of float
        Shares of the tokens that are replaced.

    Returns
    -------
    pd.DataFrame
        One row per rate, group and counted token: `rate`, `group`,
        `sequence`, `position` and `activation`, the mean over the group.
    """
    frames = []
    for rate in rates:
        state = cn.run(model, cn.corrupt(tokens, rate, unigram, seed))
        fired, places = state.activations[state.counted], state.places()
        frames += [
            places.assign(
                rate=rate, group=name, activation=fired[:, members].mean(dim=-1).cpu().numpy()
            )
            for name, members in groups.items()
        ]
    return pd.concat(frames, ignore_index=True)
