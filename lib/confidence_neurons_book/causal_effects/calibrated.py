"""Is a model without some neurons as sure as it is right? With intervals over sequences."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.measure.bootstrap import bootstrap_interval
from confidence_neurons.measure.calibration import reliability
from confidence_neurons.model.state import FinalState, logits_from_residual, run_final
from confidence_neurons_book.causal_effects.sets import UNTOUCHED, ablated_set, mean_level

SUMS = ["confidence", "accuracy", "tokens"]


@torch.no_grad()
def calibration_by_sequence(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    sets: Mapping[str, Sequence[int]],
    *,
    reference: Int[Tensor, "batch position"] | None = None,
    frozen: bool = False,
    bins: int = 10,
) -> pd.DataFrame:
    """Reliability of each sequence, untouched and with each set of neurons held at its level.

    Parameters
    ----------
    sets:
        Name -> last-layer neurons, those of a set ablated together.
    reference:
        Rows whose mean activations the neurons are held at; by default `tokens`.
    frozen:
        Keep the clean final scale.

    Returns
    -------
    The columns of `calibration.reliability` for every set and sequence, and
    before them `set` ("none" for the model left alone) and `sequence`.

    Raises
    ------
    ValueError
        If a set is named "none", is empty, out of range or names a neuron twice.
    NotImplementedError
        If a norm follows the MLP or the logits are soft-capped.
    """
    if UNTOUCHED in sets:
        raise ValueError(
            f"expected sets with other names than {UNTOUCHED!r}, which stands for no set"
        )
    state = run_final(model, tokens)
    level = mean_level(state if reference is None else run_final(model, reference))
    frames = []
    for row in range(len(tokens)):
        one = FinalState(state.residual[row : row + 1], state.activations[row : row + 1])
        logits = {UNTOUCHED: logits_from_residual(model, one.residual)}
        for name, neurons in sets.items():
            logits[name] = ablated_set(model, one, neurons, level, frozen=frozen)
        for name, values in logits.items():
            table = reliability(values, tokens[row : row + 1], bins)
            frames.append(table.assign(set=name, sequence=row))
    frame = pd.concat(frames, ignore_index=True)
    return frame.reindex(columns=["set", "sequence", "low", "high", *SUMS])


def pooled_reliability(frame: pd.DataFrame) -> pd.DataFrame:
    """The reliability table of each set over all sequences, from `calibration_by_sequence`."""
    named = _weighted(frame).assign(set=pd.Categorical(frame["set"], frame["set"].unique()))
    keys = ["set", "low", "high"]
    sums = pd.DataFrame(named.groupby(keys, observed=True)[SUMS].sum()).reset_index()
    return sums.assign(
        set=sums["set"].astype(str),
        confidence=sums["confidence"] / sums["tokens"],
        accuracy=sums["accuracy"] / sums["tokens"],
    )


def calibration_intervals(frame: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Calibration error and overconfidence of each set, with 95 % intervals over sequences.

    Parameters
    ----------
    frame:
        From `calibration_by_sequence`.
    seed:
        Decides the resampling of sequences.

    Returns
    -------
    Two rows per set, with `measure` "calibration error" (expected calibration
    error) or "overconfidence" (mean confidence minus accuracy; below 0 too
    little confidence): `set`, `measure`, `estimate`, `low`, `high`; and
    `change`, `change_low`, `change_high`, the difference from the model left
    alone, resampled together with it. The error of a finite sample is never
    negative, so resampling tends to put it a little too high; overconfidence
    has no such bias.
    """
    gaps, tokens = _gaps(frame)
    names = frame["set"].unique().tolist()
    untouched = names.index(UNTOUCHED)
    clean = [gap[:, untouched : untouched + 1].expand_as(gap) for gap in gaps]
    measures = {"calibration error": _error, "overconfidence": _overconfidence}
    frames = []
    for measure, statistic in measures.items():

        def difference(*means: Tensor, statistic=statistic) -> Tensor:
            *parts, count = means
            half = len(parts) // 2
            return statistic(*parts[:half], count) - statistic(*parts[half:], count)

        level = bootstrap_interval(*gaps, tokens, statistic=statistic, seed=seed)
        change = bootstrap_interval(*gaps, *clean, tokens, statistic=difference, seed=seed)
        columns = {name: bound.tolist() for name, bound in level._asdict().items()}
        columns |= {
            name: bound.tolist()
            for name, bound in zip(("change", "change_low", "change_high"), change, strict=True)
        }
        frames.append(pd.DataFrame({"set": names, "measure": measure, **columns}))
    return pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)


def _error(*means: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Sum over the bins of |confidence - accuracy|, over the number of tokens."""
    *gaps, tokens = means
    return torch.stack(gaps).abs().sum(dim=0) / tokens


def _overconfidence(*means: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    *gaps, tokens = means
    return torch.stack(gaps).sum(dim=0) / tokens


def _gaps(
    frame: pd.DataFrame,
) -> tuple[list[Float[Tensor, "sequence set"]], Float[Tensor, "sequence set"]]:
    """For each bin the sums of confidence minus accuracy, and the numbers of tokens."""
    weighted = _weighted(frame)
    weighted = weighted.assign(gap=weighted["confidence"] - weighted["accuracy"])
    names = frame["set"].unique()

    def by_sequence(part: pd.DataFrame, column: str) -> Tensor:
        sums = part.pivot_table(column, "sequence", "set", aggfunc="sum", fill_value=0)
        sums = sums.reindex(index=frame["sequence"].unique(), columns=names, fill_value=0)
        return torch.tensor(sums.to_numpy(dtype=float))

    gaps = [by_sequence(part, "gap") for _, part in weighted.groupby("low")]
    return gaps, by_sequence(weighted, "tokens")


def _weighted(frame: pd.DataFrame) -> pd.DataFrame:
    """Sums over the tokens of a bin in the place of means."""
    return frame.assign(
        confidence=frame["confidence"] * frame["tokens"],
        accuracy=frame["accuracy"] * frame["tokens"],
    )
