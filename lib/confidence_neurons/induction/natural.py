"""Natural induction: repeats found in running text, and matched positions without repeat.

A *repeat* of length n is a position t whose last n tokens, t - n + 1 to t,
stood earlier in the same row, without overlap; BOS is not among them. The
token that followed the earlier occurrence (the most recent, if there are
several) could be copied; often it is not what comes next.

Positions *without repeat* offer nothing to copy: their last n tokens did not
stand earlier in the row, and neither did the pair of their current and next
token. To compare like with like, a position without repeat is found for each
repeat: with the same next token where there is one, else with a next token of
like frequency; among these, the one at the most similar place in its row.
"""

import math
from collections import defaultdict

import pandas as pd
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from confidence_neurons.text.rows import check_tokens

Place = tuple[int, int]


def natural_repeats(tokens: Int[Tensor, "batch position"], length: int = 2) -> pd.DataFrame:
    """Positions whose last `length` tokens stood earlier in the same row.

    Positions are those that every measure counts: not BOS, not the last.

    Returns
    -------
    One row per repeat: `row`, `position`; `source`, the position of the token
    that could be copied; `target`, the id of the next token; `copied`,
    whether the token at `source` is that next token.

    Raises
    ------
    TypeError, ValueError
        If `tokens` are no batch of token ids, or `length` is below 1 or
        leaves no position.
    """
    _check_length(tokens, length)
    found = []
    for row, ids in enumerate(tokens.tolist()):
        latest: dict[tuple[int, ...], int] = {}
        for position in range(length, len(ids) - 1):
            earlier = position - length  # the last end that does not overlap
            if earlier >= length:
                latest[tuple(ids[earlier - length + 1 : earlier + 1])] = earlier
            end = latest.get(tuple(ids[position - length + 1 : position + 1]))
            if end is not None:
                target = ids[position + 1]
                found.append((row, position, end + 1, target, ids[end + 1] == target))
    columns = ["row", "position", "source", "target", "copied"]
    return pd.DataFrame(found, columns=columns).astype({"copied": bool})


def matched_positions(
    tokens: Int[Tensor, "batch position"],
    repeats: pd.DataFrame,
    length: int = 2,
    counts: Int[Tensor, " d_vocab"] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """A position without repeat for each repeat, none used twice.

    Parameters
    ----------
    repeats:
        From `natural_repeats` of the same tokens, or some of its rows, such
        as those with `copied`.
    length:
        As given to `natural_repeats`.
    counts:
        How often each token occurs, to tell like frequencies: those whose
        log2(count + 1) have the same whole part. By default counted in
        `tokens`.
    seed:
        Decides in which order the repeats choose.

    Returns
    -------
    The rows of `repeats` for which there is a match, with `matched_row`,
    `matched_position`, `matched_target` and `matched_by` ("token" or
    "frequency").

    Raises
    ------
    TypeError, ValueError
        As `natural_repeats`; also if `repeats` is empty or lies outside the
        tokens, or the counts belong to another vocabulary.
    """
    _check_length(tokens, length)
    if len(repeats) == 0:
        raise ValueError(
            "expected at least one repeat, got none: give more text or a smaller length"
        )
    position_mask(tokens, repeats["row"].tolist(), repeats["position"].tolist())
    counts = tokens.flatten().bincount() if counts is None else counts
    if int(tokens.max()) >= len(counts):
        raise ValueError(
            f"expected counts for token ids up to {int(tokens.max())}, got {len(counts)} counts: "
            "they belong to another vocabulary"
        )
    bins = [int(math.log2(count + 1)) for count in counts.tolist()]
    free = _without_repeat(tokens, length)
    generator = torch.Generator().manual_seed(seed)
    waiting = torch.randperm(len(repeats), generator=generator).tolist()
    targets = repeats["target"].tolist()
    positions = repeats["position"].tolist()
    matches: dict[int, tuple[int, int, int, str]] = {}
    for matched_by in ("token", "frequency"):
        groups: dict[int, dict[Place, int]] = defaultdict(dict)
        for place, target in free.items():
            groups[target if matched_by == "token" else bins[target]][place] = target
        for index in waiting:
            group = groups[targets[index] if matched_by == "token" else bins[targets[index]]]
            if group:
                place = min(group, key=lambda place: (abs(place[1] - positions[index]), place))
                matches[index] = (*place, group.pop(place), matched_by)
                del free[place]
        waiting = [index for index in waiting if index not in matches]
    kept = sorted(matches)
    columns = ["matched_row", "matched_position", "matched_target", "matched_by"]
    found = pd.DataFrame([matches[index] for index in kept], columns=columns)
    return pd.concat([repeats.iloc[kept].reset_index(drop=True), found], axis=1)


def position_mask(
    tokens: Int[Tensor, "batch position"], rows: list[int], positions: list[int]
) -> Bool[Tensor, "batch position"]:
    """True at the given places, for measures that take a mask.

    Raises
    ------
    ValueError
        If a place lies outside the tokens.
    """
    mask = torch.zeros(tokens.shape, dtype=torch.bool, device=tokens.device)
    batch, length = tokens.shape
    for row, position in zip(rows, positions, strict=True):
        if not (0 <= row < batch and 0 <= position < length):
            raise ValueError(
                f"expected places in {batch} rows of {length} positions, got row {row}, "
                f"position {position}: were they found in other tokens?"
            )
        mask[row, position] = True
    return mask


def _without_repeat(tokens: Int[Tensor, "batch position"], length: int) -> dict[Place, int]:
    """Places that offer nothing to copy, with their targets."""
    repeats = natural_repeats(tokens, length)
    repeated = set(zip(repeats["row"], repeats["position"], strict=True))
    free = {}
    for row, ids in enumerate(tokens.tolist()):
        seen = set()
        for position in range(1, len(ids) - 1):
            pair = (ids[position], ids[position + 1])
            if position >= length and pair not in seen and (row, position) not in repeated:
                free[row, position] = pair[1]
            seen.add(pair)
    return free


def _check_length(tokens: Int[Tensor, "batch position"], length: int) -> None:
    check_tokens(tokens)
    longest = tokens.shape[1] - 2
    if not 1 <= length <= longest:
        raise ValueError(
            f"expected a length from 1 to {longest} for rows of {tokens.shape[1]} positions, "
            f"got {length}"
        )
