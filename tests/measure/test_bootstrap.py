"""Bootstrap intervals against a loop over resamples, known spreads and planted data."""

import random

import numpy as np
import pytest
import torch

from confidence_neurons.measure import bootstrap
from confidence_neurons.measure.bootstrap import Interval, bootstrap_interval
from confidence_neurons.measure.intervals import mediated_share


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def slow_bounds(sequences: list[tuple[float, ...]], statistic, level: float) -> tuple[float, float]:
    """Draw whole sequences, one at a time, with Python's generator."""
    generator = random.Random(3)
    found = []
    for _ in range(4000):
        drawn = [sequences[generator.randrange(len(sequences))] for _ in sequences]
        found.append(statistic(*(sum(column) / len(drawn) for column in zip(*drawn, strict=True))))
    return tuple(np.quantile(found, [(1 - level) / 2, (1 + level) / 2]))


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_bounds_of_a_mean_agree_with_a_loop_over_resamples(level):
    values = normal(30).exp()
    interval = bootstrap_interval(values, level=level, resamples=4000)
    assert interval.estimate.item() == pytest.approx(values.double().mean().item())
    slow = slow_bounds([(value,) for value in values.tolist()], lambda mean: mean, level)
    spread = values.std().item() / 30**0.5
    assert interval.low.item() == pytest.approx(slow[0], abs=0.1 * spread)
    assert interval.high.item() == pytest.approx(slow[1], abs=0.1 * spread)


def test_bounds_of_a_mediated_share_agree_with_a_loop_over_resamples():
    total = normal(25).abs() + 0.1
    direct = total * (0.3 + 0.2 * normal(25, seed=1))
    interval = bootstrap_interval(direct, total, statistic=mediated_share, resamples=4000)
    pairs = list(zip(direct.tolist(), total.tolist(), strict=True))
    slow = slow_bounds(pairs, lambda d, t: 1 - d / t, 0.95)
    assert interval.estimate.item() == pytest.approx(1 - (direct.sum() / total.sum()).item())
    assert interval.low.item() == pytest.approx(slow[0], abs=0.01)
    assert interval.high.item() == pytest.approx(slow[1], abs=0.01)
    assert interval.high - interval.low > 0.05


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    interval = bootstrap_interval(normal(400), resamples=4000)
    expected = 2 * 1.96 / 400**0.5
    assert (interval.high - interval.low).item() == pytest.approx(expected, rel=0.1)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    # One column is one experiment: 40 draws from a distribution whose mean is 1.
    interval = bootstrap_interval(normal(40, 1000) + 1, level=0.9)
    covered = ((interval.low <= 1) & (interval.high >= 1)).double().mean().item()
    assert 0.85 < covered < 0.93


def test_columns_share_the_draws_and_keep_their_places(monkeypatch):
    values = normal(12, 3, 4)
    together = bootstrap_interval(values)
    assert all(part.shape == (3, 4) for part in together)
    for row in range(3):
        for column in range(4):
            alone = bootstrap_interval(values[:, row, column])
            for part in range(3):
                assert together[part][row, column].item() == pytest.approx(alone[part].item())
    monkeypatch.setattr(bootstrap, "VALUES_AT_ONCE", 1)
    for whole, pieces in zip(together, bootstrap_interval(values), strict=True):
        assert whole.allclose(pieces)


def test_a_paired_difference_is_surer_than_its_parts():
    shared = 10 * normal(50)
    difference = bootstrap_interval(shared + 1, shared, statistic=torch.sub)
    assert difference.low.item() == pytest.approx(1, abs=1e-5)
    assert difference.high.item() == pytest.approx(1, abs=1e-5)
    alone = bootstrap_interval(shared)
    assert alone.high - alone.low > 1


def test_values_that_do_not_vary_have_an_interval_without_width():
    low_high = bootstrap_interval(torch.full((5, 2), 3))
    assert [part.tolist() for part in low_high] == [[3, 3]] * 3


def test_the_seed_decides_the_draws():
    values = normal(20)
    assert bootstrap_interval(values, seed=1).low == bootstrap_interval(values, seed=1).low
    assert bootstrap_interval(values, seed=1).low != bootstrap_interval(values, seed=2).low


def test_where_there_is_no_effect_there_is_no_share():
    zero, some = torch.zeros(6), torch.tensor([0.0, 0, 0, 0, 0, 1])
    nothing = bootstrap_interval(zero, zero, statistic=mediated_share)
    assert all(part.isnan() for part in nothing)
    rare = bootstrap_interval(some / 2, some, statistic=mediated_share)
    assert rare == Interval(*[torch.tensor(0.5, dtype=torch.float64)] * 3)


def test_one_sequence_cannot_be_resampled():
    with pytest.raises(ValueError, match="at least 2 sequences"):
        bootstrap_interval(torch.ones(1, 5))
