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
from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from confidence_neurons.checks import (
    CHECKS,
    Check,
    Given,
    as_list,
    checked,
    is_frame,
    need_columns,
    whole,
)
from confidence_neurons.weights.unigram import Counts, Unigram

Place = tuple[int, int]


def is_repeats(value: object, given: Given) -> pd.DataFrame:
    """A frame of `natural_repeats` of the tokens of the call."""
    frame = is_frame(value, given)
    need_columns(frame, ("row", "position", "target"), "natural_repeats")
    batch, length = given["tokens"].shape
    if not (frame["row"].between(0, batch - 1) & frame["position"].between(0, length - 1)).all():
        raise ValueError(
            f"expected places in {batch} rows of {length} positions, got others: "
            "were they found in other tokens?"
        )
    return frame


def is_span(value: object, given: Given) -> int:
    """Length of a repeat, in tokens: it must fit the rows."""
    return whole("a span", 1, given["tokens"].shape[1] - 2)(value, given)


def is_places(axis: int) -> Check:
    """Check for rows (axis 0) or positions (axis 1) of the tokens of the call."""

    def check(value: object, given: Given) -> list[int]:
        what = ("rows", "positions")[axis]
        place = whole(what, 0, given["tokens"].shape[axis] - 1)
        return [place(one, given) for one in as_list(value, what)]

    return check


CHECKS |= {
    "repeats": is_repeats,
    "span": is_span,
    "rows": is_places(0),
    "positions": is_places(1),
}


@checked
def natural_repeats(tokens: Int[Tensor, "batch position"], *, span: int = 2) -> pd.DataFrame:
    """Positions whose last `span` tokens stood earlier in the same row.

    Positions are those that every measure counts: not BOS, not the last.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens.
    span : int
        Length of a repeat, in tokens.

    Returns
    -------
    pd.DataFrame
        One row per repeat: `row`, `position`; `source`, the position of the
        token that could be copied; `target`, the id of the next token;
        `copied`, whether the token at `source` is that next token.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.induction.natural_repeats(torch.tensor([[0, 5, 6, 7, 5, 6, 7]]), span=2)
       row  position  source  target  copied
    0    0         5       3       7    True
    """
    found = []
    for row, ids in enumerate(tokens.tolist()):
        latest: dict[tuple[int, ...], int] = {}
        for position in range(span, len(ids) - 1):
            earlier = position - span  # the last end that does not overlap
            if earlier >= span:
                latest[tuple(ids[earlier - span + 1 : earlier + 1])] = earlier
            end = latest.get(tuple(ids[position - span + 1 : position + 1]))
            if end is not None:
                target = ids[position + 1]
                found.append((row, position, end + 1, target, ids[end + 1] == target))
    columns = ["row", "position", "source", "target", "copied"]
    return pd.DataFrame(found, columns=columns).astype({"copied": bool})


@checked
def matched_positions(
    tokens: Int[Tensor, "batch position"],
    repeats: pd.DataFrame,
    *,
    span: int = 2,
    counts: Counts | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """A position without repeat for each repeat, none used twice.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        Rows of BOS and consecutive tokens.
    repeats : pd.DataFrame
        From `natural_repeats` of the same tokens, or some of its rows, such
        as those with `copied`.
    span : int
        As given to `natural_repeats`.
    counts : Int[Tensor, "d_vocab"] or Unigram, optional
        How often each token occurs, to tell like frequencies: those whose
        log2(count + 1) have the same whole part. By default counted in
        `tokens`.
    seed : int
        Decides in which order the repeats choose.

    Returns
    -------
    pd.DataFrame
        The rows of `repeats` for which there is a match, with `matched_row`,
        `matched_position`, `matched_target` and `matched_by` ("token" or
        "frequency").

    Raises
    ------
    ValueError
        If the counts belong to another vocabulary.

    Examples
    --------
    >>> import confidence_neurons as cn
    >>> tokens = cn.prose_tokens(cn.load_model("prose"), count=4)
    >>> repeats = cn.induction.natural_repeats(tokens)
    >>> matches = cn.induction.matched_positions(tokens, repeats)
    >>> set(matches["matched_by"]) <= {"token", "frequency"}
    True
    """
    if isinstance(counts, Unigram):
        counts = counts.as_counts()
    counts = tokens.flatten().bincount() if counts is None else counts
    if int(tokens.max()) >= len(counts):
        raise ValueError(
            f"expected counts for token ids up to {int(tokens.max())}, got {len(counts)} counts: "
            "they belong to another vocabulary"
        )
    bins = [int(math.log2(count + 1)) for count in counts.tolist()]
    free = _without_repeat(tokens, span)
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


@checked
def position_mask(
    tokens: Int[Tensor, "batch position"], rows: Sequence[int], positions: Sequence[int]
) -> Bool[Tensor, "batch position"]:
    """True at the given places, for `State.at`.

    Parameters
    ----------
    tokens : Int[Tensor, "batch position"]
        The text.
    rows, positions : sequence of int
        The places, one row and one position each.

    Returns
    -------
    Bool[Tensor, "batch position"]
        A mask of the text.

    Raises
    ------
    ValueError
        If there are more rows than positions, or fewer.

    Examples
    --------
    >>> import confidence_neurons as cn, torch
    >>> cn.induction.position_mask(torch.tensor([[0, 5, 6, 7]]), [0], [2])
    tensor([[False, False,  True, False]])
    """
    if len(rows) != len(positions):
        raise ValueError(f"expected as many rows as positions, got {len(rows)}, {len(positions)}")
    mask = torch.zeros(tokens.shape, dtype=torch.bool, device=tokens.device)
    mask[list(rows), list(positions)] = True
    return mask


def _without_repeat(tokens: Int[Tensor, "batch position"], span: int) -> dict[Place, int]:
    """Places that offer nothing to copy, with their targets."""
    repeats = natural_repeats(tokens, span=span)
    repeated = set(zip(repeats["row"], repeats["position"], strict=True))
    free = {}
    for row, ids in enumerate(tokens.tolist()):
        seen = set()
        for position in range(1, len(ids) - 1):
            pair = (ids[position], ids[position + 1])
            if position >= span and pair not in seen and (row, position) not in repeated:
                free[row, position] = pair[1]
            seen.add(pair)
    return free
