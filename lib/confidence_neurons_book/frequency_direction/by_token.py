"""What a token was like for the model, and what one neuron added there."""

import pandas as pd
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import confidence_neurons as cn
from confidence_neurons_book.frequency_direction.carriers import frequency_classes

SURE = 0.5
ADDED = ("loss", "entropy", "kl")


def with_situation(frame: pd.DataFrame) -> pd.DataFrame:
    """Add a column `situation`: "sure and right", "unsure and wrong", and so on.

    Parameters
    ----------
    frame : pd.DataFrame
        From `read`, with `confidence` and `right`.

    Returns
    -------
    pd.DataFrame
        The model is "sure" where its first choice has a probability of at
        least one half, and "right" where that comes next.
    """
    sure = (frame["confidence"] >= SURE).map({True: "sure and ", False: "unsure and "})
    return frame.assign(situation=sure + frame["right"].map({1: "right", 0: "wrong"}))


def with_next_class(
    frame: pd.DataFrame, state: cn.State, counts: Int[Tensor, " d_vocab"]
) -> pd.DataFrame:
    """Add a column `class`: how frequent the next token is (see `frequency_classes`).

    Parameters
    ----------
    frame : pd.DataFrame
        With `sequence` and `position` of counted positions of the state.
    state : State
        Of the text.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in the training text.

    Returns
    -------
    pd.DataFrame
        In the same order.
    """
    classes = frequency_classes(counts)
    following = [classes[token] for token in state.targets().tolist()]
    return frame.merge(state.places().assign(**{"class": following}))


def frequency_story(
    model: TransformerBridge,
    state: cn.State,
    neuron: int,
    counts: Int[Tensor, " d_vocab"],
    to: Float[Tensor, " d_mlp"],
) -> pd.DataFrame:
    """Token by token, how much a neuron fires and what it adds to the prediction.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    state : State
        Of the text.
    neuron : int
        Of the last layer.
    counts : Int[Tensor, "d_vocab"]
        How often each token stands in the training text.
    to : Float[Tensor, "d_mlp"]
        What the neuron is held at to switch it off: means over a text on which
        it rests.

    Returns
    -------
    pd.DataFrame
        One row per counted position: `sequence`, `position`; `activation`;
        `class` of the next token; `at` and `next`, this token and the next one
        as labels; and `loss_added`, `entropy_added`, `kl_added`, clean minus
        switched off, in nats.
    """
    asked = {"paths": "total", "quantities": ADDED, "counts": counts}
    changes = cn.effects(model, state, {neuron: [neuron]}, to=to, **asked)
    added = {f"{name}_added": -changes[f"{name}_total"] for name in ADDED}
    story = state.places().assign(
        activation=state.activations[state.counted][:, neuron].cpu().numpy(),
        at=cn.token_labels(model, state.tokens.to(state.counted.device)[state.counted].tolist()),
        next=cn.token_labels(model, state.targets().tolist()),
        **added,
    )
    return with_next_class(story, state, counts)
