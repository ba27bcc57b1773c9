"""Maximum of a log-likelihood within limits, by scoring.

A general quasi-Newton routine needs a hundred evaluations where the information matrix, which these models
give almost for free, needs ten; profile intervals and bootstraps solve thousands of such problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.escalation.estimates import compiled

Floats = NDArray[np.float64]

#: Value, gradient and information (expected, or by outer products; positive semi-definite) at a point.
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
def _solve(matrix: Floats, right: Floats) -> Floats:
    """Solution of a small positive definite system (Cholesky), without a library's threads."""
    n = len(right)
    root = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            # a direction without information gets a step of zero, as its gradient is zero too
            root[i, j] = np.sqrt(max(rest, 1e-14)) if i == j else rest / root[j, j]
    x = right.copy()
    for i in range(n):
        for k in range(i):
            x[i] -= root[i, k] * x[k]
        x[i] /= root[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= root[k, i] * x[k]
        x[i] /= root[i, i]
    return x


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
    """Climb by damped scoring steps, projected on the limits (Bertsekas 1982, SIAM J. Control 20).

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
    x = np.clip(start, lower, upper)
    value, gradient, information = evaluate(x)
    n_evaluations, damping, n_restarts = 1, 0.0, 0
    for _ in range(max_iterations):
        free = np.flatnonzero(~(((x <= lower) & (gradient <= 0)) | ((x >= upper) & (gradient >= 0))))
        matrix = information[np.ix_(free, free)]
        scale = np.diag(matrix).copy()
        scale += 1e-10 * (scale.max(initial=0.0) + 1.0)
        step = np.zeros(len(x))
        step[free] = _solve(matrix + np.diag((damping + 1e-12) * scale), gradient[free])
        candidate = np.clip(x + np.clip(step, -longest_step, longest_step), lower, upper)
        gain = float(gradient @ (candidate - x))
        if gain < 2 * tolerance:
            if damping <= 1e-2 or n_restarts == 3:
                return Maximum(x, value, damping <= 1e-2, n_evaluations)
            # the damping, not the slope, made the gain small
            damping, n_restarts = 1e-2, n_restarts + 1
            continue
        trial = evaluate(candidate)
        n_evaluations += 1
        if trial[0] > value + 1e-4 * gain:
            x, (value, gradient, information) = candidate, trial
            damping = damping / 8 if damping > 1e-4 else 0.0
        else:
            damping = max(4 * damping, 1e-2)
    return Maximum(x, value, False, n_evaluations)
