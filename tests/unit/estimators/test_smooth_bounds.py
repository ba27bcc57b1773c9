"""The interval of fixed length against an independent search, and on cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from diff_diff.honest_did import _compute_optimal_flci
from retorsion.estimators.smooth_bounds import smooth_interval


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n)) / 10
    return rng.normal(size=n) / 5, root @ root.T + np.diag(rng.uniform(0.001, 0.02, n))


@pytest.mark.parametrize("degrees_of_freedom", [None, 12.0])
@pytest.mark.parametrize(
    ("seed", "n_leads", "n_after"), [(0, 2, 3), (1, 3, 5), (2, 4, 2), (3, 5, 4), (4, 1, 2)]
)
@pytest.mark.parametrize("smoothness", [0.0, 0.02, 0.3])
def test_it_is_as_short_as_a_search_over_variances_finds(
    seed: int, n_leads: int, n_after: int, smoothness: float, degrees_of_freedom: float | None
) -> None:
    effects, covariance = drawn(seed, n_leads + n_after)
    weights = np.full(n_after, 1 / n_after)
    low, high = smooth_interval(
        effects, covariance, n_leads=n_leads, weights=weights, smoothness=smoothness, alpha=0.05,
        degrees_of_freedom=degrees_of_freedom,
    )  # fmt: skip
    expected = _compute_optimal_flci(
        effects[:n_leads],
        effects[n_leads:],
        covariance,
        weights,
        n_leads,
        n_after,
        smoothness,
        df=degrees_of_freedom,
    )
    if not np.isfinite(
        expected
    ).all():  # its quantile of Student's distribution fails where the bias is large
        assert degrees_of_freedom is not None
        assert np.isfinite([low, high]).all()
        return
    # the search goes over a grid, so that it is a little longer and its centre a little off
    assert high - low <= expected[1] - expected[0] + 1e-7
    assert (low, high) == pytest.approx(expected, abs=2e-3 * (high - low))


def test_one_lead_leaves_no_choice() -> None:
    effects, covariance = np.array([0.1, -0.4]), np.diag([0.01, 0.04])
    low, high = smooth_interval(
        effects, covariance, n_leads=1, weights=np.array([1.0]), smoothness=0.0, alpha=0.05
    )
    # the trend of the lead goes on: the effect and the lead are added
    assert ((low + high) / 2, (high - low) / 2) == pytest.approx((-0.3, 1.959964 * np.sqrt(0.05)))


def test_it_covers_the_truth_when_the_slope_changes_as_much_as_it_may() -> None:
    rng = np.random.default_rng(7)
    n_leads, n_after, smoothness = 3, 3, 0.1
    _, covariance = drawn(5, n_leads + n_after)
    weights = np.full(n_after, 1 / n_after)
    periods = np.array([-3, -2, -1, 1, 2, 3])
    trend = np.where(periods > 0, smoothness * periods * (periods + 1) / 2, 0.0)
    draws = rng.multivariate_normal(trend, covariance, size=300)
    covered = [
        low <= 0 <= high
        for low, high in (
            smooth_interval(
                one, covariance, n_leads=n_leads, weights=weights, smoothness=smoothness, alpha=0.05
            )
            for one in draws
        )
    ]
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)
