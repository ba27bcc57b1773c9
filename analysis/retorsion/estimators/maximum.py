"""Maximum of a log-likelihood within limits, by damped Newton steps.

A general quasi-Newton routine needs a hundred evaluations where the information matrix, which these models
give almost for free, needs ten; profile intervals and bootstraps solve thousands of such problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retorsion.estimators.compiled import compiled

__all__ = ["Maximum", "maximise"]

Floats = NDArray[np.float64]

_LEAST_DAMPING, _SMALL_DAMPING, _MOST_DAMPING = 1e-10, 1e-2, 1e12

#: Value, gradient and information (minus the second derivative, or what stands for it) at a point.
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]


@dataclass(frozen=True)
class Maximum:
    """A maximum within limits.

    Attributes:
        x: where it is.
        value: log-likelihood there.
        is_converged: the predicted gain of a further step is below the tolerance.
        n_evaluations: evaluations it took.
    """

    x: Floats
    value: float
    is_converged: bool
    n_evaluations: int


@compiled
def _solve(matrix: Floats, right: Floats) -> tuple[bool, Floats]:
    """Solution of a small positive definite system (Cholesky), without a library's threads.

    Returns:
        Whether the matrix is positive definite, and the solution if so.
    """
    n = len(right)
    root = np.zeros((n, n))
    x = right.copy()
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            if i != j:
                root[i, j] = rest / root[j, j]
            elif rest > 1e-12 * matrix[i, i]:
                root[i, i] = np.sqrt(rest)
            else:
                return False, x
    for i in range(n):
        for k in range(i):
            x[i] -= root[i, k] * x[k]
        x[i] /= root[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= root[k, i] * x[k]
        x[i] /= root[i, i]
    return True, x


@compiled
def _step(
    x: Floats,
    gradient: Floats,
    information: Floats,
    lower: Floats,
    upper: Floats,
    longest: Floats,
    damping: float,
) -> tuple[bool, Floats, float, float, float]:
    """One damped Newton step, projected on the limits.

    Returns:
        Whether the damped information is positive definite where the parameters are free; the point that the step leads
        to; the gain that the whole step promises, twice; that of the step as cut short, to first and to second order.
    """
    n = len(x)
    held = ((x <= lower) & (gradient <= 0)) | ((x >= upper) & (gradient >= 0))
    free = np.flatnonzero(~held)
    matrix = np.empty((len(free), len(free)))
    largest = 0.0
    for a in range(len(free)):
        for b in range(len(free)):
            matrix[a, b] = information[free[a], free[b]]
        largest = max(largest, abs(matrix[a, a]))
    for a in range(len(free)):
        matrix[a, a] += damping * (abs(matrix[a, a]) + 1e-8 * (largest + 1e-8))
    is_concave, direction = _solve(matrix, gradient[free])
    candidate = x.copy()
    decrement = gain = 0.0
    for a in range(len(free)):
        k = free[a]
        decrement += gradient[k] * direction[a]
        moved = min(max(direction[a], -longest[k]), longest[k])
        candidate[k] = min(max(x[k] + moved, lower[k]), upper[k])
    predicted = 0.0
    for k in range(n):
        gain += gradient[k] * (candidate[k] - x[k])
        for m in range(n):
            predicted -= 0.5 * (candidate[k] - x[k]) * information[k, m] * (candidate[m] - x[m])
    return is_concave, candidate, decrement, gain, gain + predicted


def maximise(
    evaluate: Evaluate,
    start: Floats,
    lower: Floats,
    upper: Floats,
    *,
    longest_step: Floats | float = np.inf,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> Maximum:
    """Climb by damped Newton steps, projected on the limits (Bertsekas 1982, SIAM J. Control 20).

    Args:
        evaluate: log-likelihood with gradient and information.
        start: where to start; moved inside the limits.
        lower: least value of each parameter.
        upper: greatest value; equal to ``lower`` holds a parameter.
        longest_step: most that each parameter may move at once; keeps parameters on a logarithmic scale
            from being thrown to where the likelihood is flat.
        tolerance: predicted gain of log-likelihood below which to stop.
        max_iterations: most steps.

    Returns:
        The maximum reached; a local one where there are several.
    """
    x = np.clip(start, lower, upper).astype(np.float64)
    longest = np.broadcast_to(np.asarray(longest_step, dtype=np.float64), x.shape).copy()
    value, gradient, information = evaluate(x)
    n_evaluations, damping = 1, _LEAST_DAMPING
    for _ in range(max_iterations):
        is_concave, candidate, decrement, gain, predicted = _step(
            x, gradient, information, lower, upper, longest, damping
        )
        if not is_concave:
            damping = max(8 * damping, 1e-3)
            continue
        if decrement < 2 * tolerance and damping <= _SMALL_DAMPING:
            return Maximum(x, value, True, n_evaluations)
        if gain <= 0 and decrement >= 2 * tolerance:
            # cut short in some directions only, the step leads downwards
            damping = max(8 * damping, 1e-3)
            continue
        trial = evaluate(candidate)
        n_evaluations += 1
        if trial[0] - value >= 1e-4 * gain or decrement < 2 * tolerance:
            if predicted <= 0 or trial[0] - value > 0.25 * predicted:
                damping = max(damping / 8, _LEAST_DAMPING)
            if trial[0] >= value:
                x, (value, gradient, information) = candidate, trial
        else:
            damping = max(8 * damping, 1e-3)
            if damping > _MOST_DAMPING:  # no step gains anything that is not lost in rounding
                return Maximum(x, value, decrement < 1e-6, n_evaluations)
    return Maximum(x, value, False, n_evaluations)
