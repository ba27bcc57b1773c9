"""Newton's method for Poisson regression with fixed effects (:mod:`retorsion.estimators.ppml`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from retorsion.errors import NotEstimable
from retorsion.estimators.fixed_effects import FixedEffects, absorb, fit_margins, newton_direction

__all__ = ["newton"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


#: Largest last change of an effect, in log points over the range of its regressor.
_EFFECT_TOLERANCE = 1e-8
#: Largest sum of absolute differences between observed and fitted margins, as a share of all flows.
_MARGIN_TOLERANCE = 1e-8
_MAX_ITERATIONS = 200
#: An effect over the range of its regressor beyond this many log points that has moved by about one log point in
#: so many steps is on its way to infinity (where an effect is infinite, Newton's method moves by one each step).
_FAR = 15.0
_ENDLESS_STEPS = 5
#: Longest step of an effect over the range of its regressor, in log points.
_LONGEST_STEP = 5.0
#: Share of a regressor's variation left by fixed effects and other regressors, below which it has none.
_COLLINEAR = 1e-10


def newton(
    effects: FixedEffects, y: Floats, X: Floats, varies: Booleans, base: Floats
) -> tuple[Integers, Floats, Floats, Floats]:
    """Newton's method for rows in the order of ``effects``.

    Args:
        effects: layout of the fixed effects.
        y: outcomes.
        X: regressors of comparable scale.
        varies: per column of ``X``, whether it varies.
        base: positive factor of each row's mean.

    Returns:
        Columns that have an effect, their effects, fitted means, and residual regressors.
    """
    first_rows = effects.inner_start[effects.component_inner[:-1]]

    def likelihood(fitted: Floats) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):  # a step too far has no likelihood and is halved
            return np.asarray(np.add.reduceat(special.xlogy(y, fitted) - fitted, first_rows))

    log_outer = np.zeros(effects.n_outer)
    fitted = fit_margins(effects, y, base, log_outer, sweeps=10)
    place = np.flatnonzero(varies)
    X = np.ascontiguousarray(X[:, place])
    coefficients = np.zeros((effects.n_outer, X.shape[1]))
    tolerance = 1e-7  # of the first removal of fixed effects, on which collinearity is judged
    for iteration in range(_MAX_ITERATIONS):
        residuals, coefficients = absorb(effects, X, fitted, coefficients, tolerance)
        if iteration == 0:
            own = _with_own_variation(residuals, X, fitted)
            if not own.all():
                place, X = place[own], np.ascontiguousarray(X[:, own])
                residuals, coefficients = residuals[:, own], np.ascontiguousarray(coefficients[:, own])
            beta, steady = np.zeros(X.shape[1]), np.zeros(X.shape[1])
            if not len(beta):
                break
        change = _change(residuals, y, fitted)
        steady = np.where((np.abs(beta) > _FAR) & (np.abs(np.abs(change) - 1) < 0.5), steady + 1, 0)
        if (steady >= _ENDLESS_STEPS).any():
            raise NotEstimable(
                "The fit has no finite maximum: an effect grows without end. Leave out rows whose flows are next "
                "to nothing, or the regressor that tells them from the others."
            )
        before, step = likelihood(fitted), 1.0
        while True:  # halving; the fixed effects follow the regressors as far as they share their variation
            trial = log_outer - step * (coefficients @ change)
            fitted = fit_margins(effects, y, np.exp(X @ (beta + step * change)) * base, trial, sweeps=1)
            after = likelihood(fitted)
            if after.sum() >= before.sum() - 1e-12 * abs(before.sum()) or step < 1e-6:
                break
            step /= 2
        beta, log_outer = beta + step * change, trial
        factor = np.exp(X @ beta) * base

        direction = np.clip(newton_direction(effects, y - fitted, fitted, tolerance=1e-2), -3.0, 3.0)
        log_outer = _as_far_as_better(effects, y, factor, log_outer, direction, likelihood, after)
        fitted = fit_margins(effects, y, factor, log_outer, sweeps=1)
        misfit = _misfit(effects, y, fitted)
        if step == 1.0 and np.abs(change).max() < _EFFECT_TOLERANCE and misfit < _MARGIN_TOLERANCE:
            residuals, _ = absorb(effects, X, fitted, coefficients, tolerance=1e-9)
            break
        tolerance = min(1e-2, max(1e-9, 0.1 * misfit))
    else:
        raise NotEstimable(
            f"The Poisson fit did not settle in {_MAX_ITERATIONS} steps; the last change of the effects was "
            f"{np.abs(change).max():.1e} log points."
        )
    return place, beta, fitted, residuals


def _as_far_as_better(
    effects: FixedEffects,
    y: Floats,
    factor: Floats,
    log_outer: Floats,
    direction: Floats,
    likelihood: Callable[[Floats], Floats],
    reached: Floats,
) -> Floats:
    """Outer fixed effects moved in a direction, in each component as far as its likelihood does not fall."""
    component_of_outer = np.repeat(np.arange(effects.n_components), np.diff(effects.component_outer))
    steps = np.ones(effects.n_components)
    for _ in range(10):
        trial = log_outer + steps[component_of_outer] * direction
        fitted = fit_margins(effects, y, factor, trial, sweeps=1)
        worse = ~(likelihood(fitted) >= reached - 1e-12 * np.abs(reached))
        if not worse.any():
            break
        steps[worse] = steps[worse] / 4
    return np.where(worse[component_of_outer], log_outer, trial)


def _change(residuals: Floats, y: Floats, fitted: Floats) -> Floats:
    """The step of the effects, none longer than the longest."""
    information = residuals.T @ (residuals * fitted[:, None])
    try:
        change = np.linalg.solve(information, residuals.T @ (y - fitted))
    except np.linalg.LinAlgError as error:
        raise NotEstimable(
            "The Poisson fit has no unique maximum: rounding leaves the regressors collinear."
        ) from error
    return np.asarray(change.clip(-_LONGEST_STEP, _LONGEST_STEP))


def _misfit(effects: FixedEffects, y: Floats, fitted: Floats) -> float:
    """Sum of absolute differences between observed and fitted outer margins, as a share of all flows."""
    n_effects = effects.outer_ids.shape[1]
    if n_effects == 0:
        return 0.0
    errors = np.bincount(effects.outer_ids.ravel(), np.repeat(y - fitted, n_effects))
    return float(np.abs(errors).sum() / y.sum())


def _with_own_variation(residuals: Floats, X: Floats, weights: Floats) -> Booleans:
    """Columns of which fixed effects and earlier columns leave some variation.

    They are judged by a Cholesky decomposition in order of the products of columns: its rounding, of about 1e-15 of a
    column's variation, is far below the share that counts as none.
    """
    centred = X - np.average(X, axis=0, weights=weights)
    total = np.sqrt(weights @ centred**2)
    scale = np.where(total > 0, total, 1.0)
    products = residuals.T @ (residuals * weights[:, None]) / np.outer(scale, scale)
    own = np.zeros(X.shape[1], dtype=bool)
    factor = np.zeros_like(products)  # rows of the triangle; those of columns without own variation stay zero
    for i, row in enumerate(products):
        share = float(row[i] - factor[i, :i] @ factor[i, :i])
        if share > _COLLINEAR:
            own[i] = True
            factor[i:, i] = (products[i:, i] - factor[i:, :i] @ factor[i, :i]) / np.sqrt(share)
    return own
