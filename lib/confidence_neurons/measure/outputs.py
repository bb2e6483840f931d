"""Read what the output of a state, or logits, say of confidence: see `measure.quantities`."""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from confidence_neurons.checks import CHECKS, checked, some_of
from confidence_neurons.measure.quantities import QUANTITIES, Prediction
from confidence_neurons.model.ends import Model
from confidence_neurons.model.state import State, row_blocks, unembed
from confidence_neurons.weights.unigram import Counts, Unigram

TOKENS_AT_ONCE = 1024  # whose logits are held, of a small vocabulary
LOGITS_AT_ONCE = 2**24  # of a large one


SCALE = "scale"  # of the final norm: a quantity of a state, not of logits
READABLE = (SCALE, *QUANTITIES)
CHECKS["quantities"] = some_of("quantities", READABLE)


@checked
def read(
    model: Model,
    state: State,
    quantities: str | Sequence[str] = ("entropy", "loss", "scale"),
    *,
    counts: Counts | None = None,
) -> pd.DataFrame:
    """What the output says at each counted position of a state.

    Parameters
    ----------
    model : Model
        From `load_model` or `load_light`.
    state : State
        From `run`, or what an intervention made of it.
    quantities : str or sequence of str
        "entropy" (nats), "confidence" (probability of the first choice),
        "scale" (of the final norm); "loss" (nats), "rank" and "right" of the
        target, the next token; "kl" (KL(P_freq || P_model), nats),
        "kl_reverse" (nats) and "projection" (of the logits on the frequency
        direction), which need counts.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        Token counts that say what the unigram distribution is; by default
        those that ship with a bundled model.

    Returns
    -------
    pd.DataFrame
        One row per counted position: `sequence`, `position`, and a column for
        each quantity.

    Raises
    ------
    ValueError
        If the target of a last position is asked for, or counts are missing.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> model = cn.load_model("prose")
    >>> state = cn.run(model, cn.prose_tokens(model, count=2))
    >>> cn.read(model, state, ("entropy", "scale")).columns.tolist()
    ['sequence', 'position', 'entropy', 'scale']
    """
    values = read_state(model, state, quantities, unigram_for(model, quantities, counts))
    return state.places().assign(**{name: column.cpu().numpy() for name, column in values.items()})


@checked
def read_logits(
    logits: Float[Tensor, "*batch d_vocab"],
    target: Int[Tensor, "*batch"] | None = None,
    quantities: str | Sequence[str] | None = None,
    *,
    counts: Counts | None = None,
) -> dict[str, Float[Tensor, "*batch"]]:
    """What logits say, with or without targets.

    Parameters
    ----------
    logits : Float[Tensor, "*batch d_vocab"]
        Any logits; minus infinity where a token is impossible.
    target : Int[Tensor, "*batch"], optional
        The token that came next.
    quantities : str or sequence of str, optional
        As in `read`, without "scale"; by default all that can be had.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        Token counts that say what the unigram distribution is.

    Returns
    -------
    dict[str, Float[Tensor, "*batch"]]
        The value of each quantity; entropies, losses and divergences in nats.

    Raises
    ------
    ValueError
        If a quantity needs a target or counts that were not given.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> {name: round(float(value), 3) for name, value in cn.read_logits(torch.zeros(2)).items()}
    {'entropy': 0.693, 'confidence': 0.5}
    """
    unigram = None if counts is None else Unigram.known_by(counts).to(logits)
    prediction = Prediction.of(logits, target, unigram)
    if quantities is None:
        quantities = [
            name
            for name, quantity in QUANTITIES.items()
            if (target is not None or not quantity.needs_target)
            and (unigram is not None or not quantity.needs_unigram)
        ]
    for name in quantities:
        needs = QUANTITIES[name]
        if (needs.needs_target and target is None) or (needs.needs_unigram and unigram is None):
            missing = "target" if needs.needs_target else "counts"
            raise ValueError(f"expected {missing}= for the quantity {name!r}, got none")
    return prediction.read(quantities)


@torch.no_grad()
def read_state(
    model: Model,
    state: State,
    quantities: Iterable[str],
    unigram: Unigram | None = None,
) -> dict[str, Float[Tensor, " token"]]:
    """The quantities at the counted positions of a state, some rows at a time."""
    names = tuple(quantities)
    parts = [
        {
            SCALE: few.scale[few.counted].squeeze(-1),
            **predict(model, few, unigram, needs_target(names)).read(set(names) - {SCALE}),
        }
        for few in map(state.rows, row_blocks(state.tokens, tokens_at_once(model)))
    ]
    return {name: torch.cat([part[name] for part in parts]) for name in names}


def tokens_at_once(model: Model) -> int:
    """Of how many tokens the logits are held at once; of one row at least."""
    return min(TOKENS_AT_ONCE, LOGITS_AT_ONCE // model.cfg.d_vocab)


def predict(
    model: Model, state: State, unigram: Unigram | None = None, target: bool = True
) -> Prediction:
    """The predictions at the counted positions of a state."""
    residual, scale = state.residual[state.counted], state.scale[state.counted]
    logits = unembed(model, residual, scale)
    targets = state.targets() if target else None
    return Prediction.of(logits, targets, None if unigram is None else unigram.to(logits))


def needs_target(quantities: Iterable[str]) -> bool:
    """Whether one of the quantities needs a target."""
    return any(QUANTITIES[name].needs_target for name in quantities if name != SCALE)


def unigram_for(model: Model, quantities: Iterable[str], counts: Counts | None) -> Unigram | None:
    """The unigram distribution where one of the quantities needs it."""
    needed = any(QUANTITIES[name].needs_unigram for name in quantities if name != SCALE)
    return Unigram.of(model, counts) if needed else None
