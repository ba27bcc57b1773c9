"""Climbing with limits reaches maxima inside, on the limits, and past steps that overshoot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.estimators.maximum import maximise
from scipy import optimize


def quadratic(matrix: np.ndarray, peak: np.ndarray):
    def evaluate(x: np.ndarray):
        return (
            float(-0.5 * (x - peak) @ matrix @ (x - peak)),
            -matrix @ (x - peak),
            matrix,
        )

    return evaluate


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_bounded_quadratic_maximum_is_that_of_another_solver(n, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    matrix, peak = root @ root.T + 0.1 * np.eye(n), rng.normal(size=n)
    lower, upper = np.full(n, -0.5), np.full(n, 0.5)
    found = maximise(quadratic(matrix, peak), np.zeros(n), lower, upper)
    factor = np.linalg.cholesky(matrix).T  # least squares with bounds, which active sets solve exactly
    reference = optimize.lsq_linear(factor, factor @ peak, (lower, upper), method="bvls", tol=1e-12)
    assert found.is_converged
    assert found.value == pytest.approx(-reference.cost, abs=1e-6)


def test_held_parameter_stays():
    found = maximise(
        quadratic(np.eye(2), np.array([1.0, 2.0])), np.zeros(2), np.array([0.3, -9]), np.array([0.3, 9])
    )
    assert found.x[0] == 0.3
    assert found.x[1] == pytest.approx(2.0)


def test_overshooting_steps_are_damped():
    """Newton's step diverges on this function from here; its information is far too small in the tail."""

    def evaluate(x: np.ndarray):
        return float(-np.log(np.cosh(x[0]))), -np.tanh(x), np.array([[1 / np.cosh(x[0]) ** 2]])

    found = maximise(evaluate, np.array([3.0]), np.array([-50.0]), np.array([50.0]))
    assert found.is_converged
    assert abs(found.x[0]) < 1e-4


def test_longest_step_is_kept():
    seen = []

    def evaluate(x: np.ndarray):
        seen.append(float(x[0]))
        return float(-((x[0] - 10) ** 2)), -2 * (x - 10), np.array([[2.0]])

    found = maximise(evaluate, np.zeros(1), np.array([-99.0]), np.array([99.0]), longest_step=1.5)
    assert found.x[0] == pytest.approx(10)
    assert np.abs(np.diff(seen)).max() <= 1.5 + 1e-12


def test_flat_direction_is_left_alone():
    def evaluate(x: np.ndarray):
        return float(-(x[0] ** 2)), np.array([-2 * x[0], 0.0]), np.diag([2.0, 0.0])

    found = maximise(evaluate, np.array([1.0, 0.7]), np.full(2, -5.0), np.full(2, 5.0))
    assert found.is_converged
    assert found.x.tolist() == pytest.approx([0, 0.7], abs=1e-6)
