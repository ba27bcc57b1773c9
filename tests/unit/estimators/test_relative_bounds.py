"""Sets of effects under differences in trends as large as before: their test, its corners and their coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from retorsion.errors import NotEstimable
from retorsion.estimators.relative_bounds import _Inequalities, relative_set
from scipy import optimize

Floats = NDArray[np.float64]


def steps_of(n_leads: int, n_after: int) -> Floats:
    """Steps from one period to the next in terms of the effects; the reference is zero."""
    return np.delete(np.diff(np.eye(n_leads + n_after + 1), axis=0), n_leads, axis=1)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.25, 0.75]])
@pytest.mark.parametrize("magnitude", [0.5, 2.0])
def test_corners_are_those_of_the_linear_programme(weights: list[float], magnitude: float) -> None:
    rng = np.random.default_rng(4)
    n_leads, n_after = 3, len(weights)
    n = n_leads + n_after
    root = rng.normal(size=(n, n))
    covariance = root @ root.T + np.eye(n)
    steps, shares = steps_of(n_leads, n_after), np.cumsum(weights[::-1])[::-1]
    mean = np.concatenate([np.zeros(n_leads), weights])
    for _ in range(20):
        effects, value = rng.normal(0, 3, n), rng.normal(0, 3)
        step = steps[1] * rng.choice([-1, 1])
        inequalities = _Inequalities(effects, covariance, mean, step, steps[n_leads:], shares, magnitude)
        found = (inequalities.corners @ [inequalities.centre - value, inequalities.step]).max()
        # as stated: the smallest excess, in standard errors, over effects with the mean tested
        rows = np.vstack([sign * steps[n_leads:] - magnitude * step for sign in (1, -1)])
        errors = np.sqrt(np.diag(rows @ covariance @ rows.T))
        programme = optimize.linprog(
            [*np.zeros(n_after), 1.0],
            A_ub=np.hstack([-rows[:, n_leads:], -errors[:, None]]),
            b_ub=-(rows @ effects),
            A_eq=[[*weights, 0.0]],
            b_eq=[value],
            bounds=(None, None),
        )
        assert found == pytest.approx(programme.fun)


def test_the_first_stage_rejects_as_often_as_asked() -> None:
    steps = steps_of(2, 2)
    covariance = np.eye(4) + 0.5
    inequalities = _Inequalities(
        np.zeros(4), covariance, np.array([0, 0, 0.5, 0.5]), steps[0], steps[2:], np.array([1.0, 0.5]), 1.0
    )
    limit = inequalities._least_favourable(0.05)
    drawn = np.random.default_rng(0).multivariate_normal([0, 0], inequalities.covariance, size=200_000)
    assert ((drawn @ inequalities.corners.T).max(axis=1) > limit).mean() == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.5]])
def test_the_set_holds_the_truth_where_bounds_at_the_estimated_lead_do_not(weights: list[float]) -> None:
    # one lead, one or two periods after; the trend goes on, which is the worst that is allowed; no effect
    rng = np.random.default_rng(2)
    shares, n_after = np.array(weights), len(weights)
    trend, covariance = 5.0 * np.array([-1, *range(1, n_after + 1)]), np.eye(n_after + 1) + 0.5
    root = np.linalg.cholesky(covariance)
    error = np.sqrt(shares @ covariance[1:, 1:] @ shares)
    drift = float(shares @ np.arange(1, n_after + 1))
    held, at_estimate, n = 0, 0, 80
    for _ in range(n):
        effects = trend + root @ rng.normal(size=n_after + 1)
        low, high = relative_set(effects, covariance, n_leads=1, weights=shares, magnitude=1.0, alpha=0.05)
        held += low <= 0 <= high
        at_estimate += abs(shares @ effects[1:]) <= drift * abs(effects[0]) + 1.96 * error
    assert held / n > 0.95 - 3 * np.sqrt(0.05 * 0.95 / n)
    assert at_estimate / n < 0.93


def test_units_do_not_matter() -> None:
    effects, covariance = np.array([0.3, -0.2, 1.0, 1.5]), 0.04 * (np.eye(4) + 0.5)
    options: dict[str, Any] = {
        "n_leads": 2,
        "weights": np.array([0.5, 0.5]),
        "magnitude": 1.0,
        "alpha": 0.05,
    }
    once = np.array(relative_set(effects, covariance, **options))
    again = np.array(relative_set(-1000 * effects, 1e6 * covariance, **options))
    assert again == pytest.approx(-1000 * once[::-1], rel=1e-6)


def test_a_path_without_error_has_no_set() -> None:
    with pytest.raises(NotEstimable, match="no variance"):
        relative_set(
            np.ones(3), np.zeros((3, 3)), n_leads=1, weights=np.array([1.0, 0.0]), magnitude=1.0, alpha=0.05
        )
