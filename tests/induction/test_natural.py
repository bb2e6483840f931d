"""Repeats in running text, and matched positions without repeat, against looking back."""

import math

import pandas as pd
import pytest
import torch

import references
import references_induction
from confidence_neurons.induction.natural import matched_positions, natural_repeats, position_mask
from confidence_neurons.text.reading import prose_tokens


def random_text(d_vocab=6, rows=4, length=40, seed=0):
    return references.tokens_for(d_vocab, rows, length, seed)


def test_a_repeat_by_hand():
    #                position 0  1  2  3  4  5  6  7  8  9
    tokens = torch.tensor([[0, 5, 6, 7, 5, 6, 8, 5, 6, 7]])
    frame = natural_repeats(tokens, span=2)
    assert frame.to_dict("records") == [
        {"row": 0, "position": 5, "source": 3, "target": 8, "copied": False},
        {"row": 0, "position": 8, "source": 6, "target": 7, "copied": False},  # the most recent
    ]
    single = natural_repeats(tokens, span=1)
    assert single["position"].tolist() == [4, 5, 7, 8]
    assert single["copied"].tolist() == [True, False, True, False]


def test_occurrences_do_not_overlap_and_bos_is_not_among_them():
    tokens = torch.tensor([[0, 3, 3, 3, 3, 4, 0, 3, 3]])
    assert natural_repeats(tokens, span=2)["position"].tolist() == [4]
    assert natural_repeats(tokens, span=1)["position"].tolist() == [2, 3, 4, 7]


@pytest.mark.parametrize("span", [1, 2, 3])
def test_repeats_agree_with_looking_back(span):
    tokens = random_text()
    frame = natural_repeats(tokens, span=span)
    for row, ids in enumerate(tokens.tolist()):
        found = frame[frame["row"] == row]
        columns = ["position", "source", "target", "copied"]
        assert [tuple(values) for values in found[columns].itertuples(index=False)] == (
            references_induction.natural_repeats(ids, span)
        )
    assert frame["copied"].any()
    assert not frame["copied"].all()


def test_text_without_repeats_has_none():
    frame = natural_repeats(torch.arange(12).unsqueeze(0), span=1)
    assert len(frame) == 0
    assert frame.columns.tolist() == ["row", "position", "source", "target", "copied"]


@pytest.mark.parametrize("span", [1, 2])
def test_matches_offer_nothing_to_copy_and_are_used_once(span):
    tokens = random_text(d_vocab=40, rows=6)
    repeats = natural_repeats(tokens, span=span)
    matches = matched_positions(tokens, repeats, span=span)
    assert 0 < len(matches) <= len(repeats)
    assert not matches.duplicated(["matched_row", "matched_position"]).any()
    for match in matches.to_dict("records"):
        ids = tokens[match["matched_row"]].tolist()
        assert references_induction.offers_nothing(ids, match["matched_position"], span)
        assert match["matched_target"] == ids[match["matched_position"] + 1]
        same = match["matched_target"] == match["target"]
        assert same if match["matched_by"] == "token" else not same


def test_frequency_stands_in_only_where_the_token_is_not_to_be_had():
    tokens = random_text(d_vocab=40, rows=6)
    counts = tokens.flatten().bincount(minlength=40)
    matches = matched_positions(tokens, natural_repeats(tokens, span=1), span=1)
    assert set(matches["matched_by"]) == {"token", "frequency"}
    for match in matches[matches["matched_by"] == "frequency"].to_dict("records"):
        same_token_used = (
            (matches["matched_target"] == match["target"]) & (matches["matched_by"] == "token")
        ).sum()
        there = sum(
            references_induction.offers_nothing(ids, position, 1)
            and ids[position + 1] == match["target"]
            for ids in tokens.tolist()
            for position in range(1, len(ids) - 1)
        )
        assert same_token_used == there
        bins = [
            math.floor(math.log2(int(counts[match[name]]) + 1))
            for name in ("target", "matched_target")
        ]
        assert bins[0] == bins[1]


def test_the_nearest_place_in_the_row_is_taken():
    # Target 9 follows a repeat at position 9, and new tokens at positions 2 and 8 of other rows.
    tokens = torch.tensor(
        [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 10],
            [0, 11, 12, 9, 13, 14, 15, 16, 17, 18, 19, 20],
            [0, 21, 22, 23, 24, 25, 26, 27, 28, 9, 29, 30],
        ]
    )
    match = matched_positions(tokens, natural_repeats(tokens, span=1), span=1).to_dict("records")
    assert len(match) == 1
    assert (match[0]["position"], match[0]["target"]) == (9, 9)
    assert (match[0]["matched_row"], match[0]["matched_position"]) == (2, 8)


def test_the_seed_decides_who_chooses_first():
    tokens = random_text(d_vocab=40, rows=6)
    repeats = natural_repeats(tokens, span=1)
    first, again, other = (
        matched_positions(tokens, repeats, span=1, seed=seed) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_given_counts_decide_what_is_alike_frequent():
    tokens = torch.tensor([[0, 1, 2, 1, 3, 4, 5, 6]])
    repeats = natural_repeats(tokens, span=1)
    assert repeats["target"].tolist() == [3]
    counts = torch.tensor([1, 1, 900, 1000, 1, 1, 1])
    match = matched_positions(tokens, repeats, span=1, counts=counts).iloc[0]
    assert (match["matched_target"], match["matched_by"]) == (2, "frequency")


def test_prose_has_natural_repeats_with_matches():
    model = references.bundled("prose")
    tokens = prose_tokens(model, length=128, count=12)
    repeats = natural_repeats(tokens, span=2)
    copied = repeats[repeats["copied"]]
    matches = matched_positions(tokens, copied, span=2)
    assert len(copied) > 20
    assert len(matches) > 0.8 * len(copied)


def test_masks_are_true_at_the_places_alone():
    tokens = torch.zeros(2, 4, dtype=torch.long)
    assert position_mask(tokens, [0, 1], [3, 0]).int().tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]


def test_bad_input_is_refused():
    tokens = random_text()
    repeats = natural_repeats(tokens, span=1)
    for span in (0, 39):
        with pytest.raises(ValueError, match="span from 1 to 38"):
            natural_repeats(tokens, span=span)
    with pytest.raises(ValueError, match="at least one row"):
        matched_positions(tokens, repeats.iloc[:0], span=1)
    with pytest.raises(ValueError, match="other tokens"):
        matched_positions(tokens[:1], repeats, span=1)
    with pytest.raises(ValueError, match="natural_repeats with target"):
        matched_positions(tokens, repeats.drop(columns="target"), span=1)
    with pytest.raises(ValueError, match="another vocabulary"):
        matched_positions(tokens, repeats, span=1, counts=torch.arange(3))
    with pytest.raises(TypeError, match="int64"):
        natural_repeats(tokens.float())
