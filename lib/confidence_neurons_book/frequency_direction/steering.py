"""Push a prediction along the frequency direction, as far as a slider says."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import run, unembed
from confidence_neurons.weights.unigram import Unigram

SHOWN = 4  # of the likeliest tokens at either end, and without a push


@torch.no_grad()
def pushed(
    model: Model, text: Int[Tensor, "1 position"], unigram: Unigram, powers: Sequence[float]
) -> pd.DataFrame:
    """The prediction after a text, times a power of the tokens' frequencies.

    To add t log P_freq to the logits multiplies each probability by
    P_freq to the t, up to a common factor.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    text : Int[Tensor, "1 position"]
        BOS and the text.
    unigram : Unigram
        The frequencies.
    powers : sequence of float
        The powers t, evenly spaced, with 0 among them.

    Returns
    -------
    pd.DataFrame
        For each power the same tokens, the most frequent first: `power`,
        `token`, `probability`, and `corner`, the entropy and
        KL(P_freq || P_model) in words.
    """
    state = run(model, text)
    logits = unembed(model, state.residual[0, -1:])
    rows = torch.tensor(powers)[:, None]
    log_p = (logits + rows * unigram.probability.log()).log_softmax(dim=-1)
    likeliest = log_p[[0, list(powers).index(0), -1]].topk(SHOWN).indices.flatten().unique()
    tokens = likeliest[unigram.probability[likeliest].argsort(descending=True)].tolist()
    said = cn.read_logits(log_p, quantities=("entropy", "kl"), counts=unigram)
    frames = [
        pd.DataFrame(
            {
                "power": power,
                "token": cn.token_labels(model, tokens),
                "probability": log_p[place, tokens].exp().tolist(),
                "corner": f"entropy {said['entropy'][place]:.2f}, KL {said['kl'][place]:.2f} nats",
            }
        )
        for place, power in enumerate(powers)
    ]
    return pd.concat(frames, ignore_index=True)
