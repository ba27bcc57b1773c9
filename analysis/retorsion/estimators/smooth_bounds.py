"""The shortest interval of fixed length for effects where the slope of a trend may change by so much a period.

Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of Economic Studies 90(5),
section 4.1: a linear combination of the effects, widened by a constant that allows for its largest bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import ndtr

__all__: list[str] = []

Floats = NDArray[np.float64]

#: Ties of the path are told apart down to this share of its first correlation.
_TIE = 1e-12


def smooth_interval(
    effects: Floats,
    covariance: Floats,
    *,
    n_leads: int,
    weights: Floats,
    smoothness: float,
    alpha: float,
    degrees_of_freedom: float | None = None,
) -> tuple[float, float]:
    """The interval of fixed length that is shortest.

    The slopes between leads are extrapolated with weights that add up to the slopes in the mean asked for. The largest
    bias is a sum of absolute values of sums of these weights, so that the weights of the smallest bias for each
    variance are a lasso path: the interval's half-length is minimised along it.

    Args:
        effects: those before the reference period in time, then those after it.
        covariance: of the effects, in their order; it has an inverse.
        n_leads: effects before the reference period.
        weights: of the effects after it, in the mean asked for.
        smoothness: largest change of the slope from one period to the next.
        alpha: one less the level.
        degrees_of_freedom: of the covariance; null for the normal distribution.

    Returns:
        Lower and upper limit.
    """
    # effects in terms of sums of weights: the last sum is given, the others are free
    slopes = np.eye(n_leads) - np.eye(n_leads, k=-1)
    onto = np.zeros((len(effects), n_leads))
    onto[:n_leads] = slopes @ slopes
    target = float(weights @ np.arange(1, len(weights) + 1))
    base = np.concatenate([np.zeros(n_leads), weights]) + target * onto[:, -1]
    free = onto[:, :-1]
    gram, pull = free.T @ covariance @ free, -free.T @ covariance @ base
    fixed = _fixed_bias(weights) + abs(target)
    extent = float(base @ covariance @ base)

    def half(sums: Floats) -> float:
        error = float(np.sqrt(extent - 2 * pull @ sums + sums @ gram @ sums))
        bias = smoothness * float(fixed + np.abs(sums).sum())
        return error * _quantile(bias / error, alpha, degrees_of_freedom)

    width, sums = min(_best_between(half, start, end) for start, end in _lasso_path(gram, pull))
    centre = float(effects @ (base + free @ np.array(sums)))
    return centre - width, centre + width


def _fixed_bias(weights: Floats) -> float:
    """The bias per unit of smoothness that no choice of weights of the leads changes."""
    n = len(weights)
    parts = [abs(float(np.arange(1, s + 1) @ weights[n - s :])) for s in range(1, n + 1)]
    return sum(parts) - float(np.arange(1, n + 1) @ weights)


def _quantile(bias: float, alpha: float, degrees_of_freedom: float | None) -> float:
    """What the absolute value of a biased estimate of unit error exceeds with probability ``alpha``."""

    def beyond(limit: float) -> float:
        if degrees_of_freedom is None:
            within = ndtr(limit - bias) - ndtr(-limit - bias)
        else:
            # SciPy gives no number for some tails on the other side, which are below 1e-14
            below = np.nan_to_num(stats.nct.cdf(-limit, degrees_of_freedom, bias))
            within = stats.nct.cdf(limit, degrees_of_freedom, bias) - below
        return float(1 - alpha - within)

    largest = 1.0
    while beyond(largest) > 0:
        largest *= 2
    return float(optimize.brentq(beyond, 0.0, largest, xtol=1e-12))


def _best_between(
    half: Callable[[Floats], float], start: Floats, end: Floats
) -> tuple[float, tuple[float, ...]]:
    """The least half-length between two points of the path, and where it is."""
    inside = optimize.minimize_scalar(
        lambda share: half(start + share * (end - start)),
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-9},
    )
    points = [start, end, start + inside.x * (end - start)]
    return min((half(point), tuple(point)) for point in points)


def _lasso_path(gram: Floats, pull: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Pieces of the path of ``x' gram x / 2 - pull' x + penalty * sum |x|`` from the largest penalty to none.

    Osborne, Presnell and Turlach (2000), IMA Journal of Numerical Analysis 20(3): between two penalties at which a
    coefficient joins or leaves, the coefficients are linear in the penalty.
    """
    x, penalty = np.zeros(len(pull)), float(np.abs(pull).max(initial=0.0))
    least = _TIE * penalty
    active = np.abs(pull) >= penalty - least
    if penalty == 0:
        yield x, x
    while penalty > 0:
        correlation = pull - gram @ x
        signs = np.where(x != 0, np.sign(x), np.sign(correlation))
        towards = np.zeros_like(x)
        towards[active] = np.linalg.solve(gram[np.ix_(active, active)], signs[active])
        change = gram @ towards
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.array([(penalty - correlation) / (1 - change), (penalty + correlation) / (1 + change)])
            joins = np.where(meets > least, meets, np.inf).min(axis=0)
            leaves = np.where(x * towards < 0, -x / towards, np.inf)
        # by how much the penalty falls until each one changes
        steps = np.where(active, leaves, joins)
        first = int(np.argmin(steps))
        step = min(float(steps[first]), penalty)
        end = x + step * towards
        if step < penalty:
            end[first] = 0.0 if active[first] else end[first]
            active[first] = not active[first]
        yield x, end
        x, penalty = end, penalty - step
