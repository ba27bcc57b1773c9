"""A confidence set for effects where trends may differ as much after a change as they did before it.

Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of Economic Studies 90(5),
section 3: the conditional test with a least favourable first stage (C-LF) of Andrews, Roth and Pakes (2023),
"Inference for linear conditional moment inequalities", Review of Economic Studies 90(6), inverted.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import ndtr

from retorsion.errors import NotEstimable

__all__: list[str] = []

Floats = NDArray[np.float64]

#: Points at which each set is tested before its ends are refined.
_POINTS = 2001
#: Nodes and reach, in standard deviations, of the integral over the estimated step.
_NODES, _REACH = 400, 9.0


def relative_set(
    effects: Floats,
    covariance: Floats,
    *,
    n_leads: int,
    weights: Floats,
    magnitude: float,
    alpha: float,
) -> tuple[float, float]:
    """The smallest and the largest mean effect that the test does not reject.

    The largest step among the leads is one of them, up or down. Given which, the differences in trends that are
    allowed are bounded by linear inequalities: a test of each value of the effect is inverted, and the sets of all
    steps and both signs are united. That the step is the largest among the leads is not used in the test, as in
    the R package HonestDiD, which makes the set longer, never shorter.

    Args:
        effects: those before the reference period in time, then those after it.
        covariance: of the effects, in their order.
        n_leads: effects before the reference period.
        weights: of the effects after it, in the mean asked for.
        magnitude: largest step after the change over the largest one before it.
        alpha: one less the level.

    Raises:
        NotEstimable: a step or the mean has no variance.
    """
    steps = np.diff(np.eye(len(effects) + 1), axis=0)
    steps = np.delete(steps, n_leads, axis=1)  # the reference is zero
    mean = np.concatenate([np.zeros(n_leads), weights])
    # what one step of the trend in each period adds to the mean
    shares = np.cumsum(weights[::-1])[::-1]
    ends = [
        found
        for step in steps[:n_leads]
        for sign in (1.0, -1.0)
        if (
            found := _Inequalities(
                effects, covariance, mean, sign * step, steps[n_leads:], shares, magnitude
            ).ends(alpha)
        )
        is not None
    ]
    return min(low for low, _ in ends), max(high for _, high in ends)


class _Inequalities:
    """What a value of the mean effect implies where one step of the leads is the largest.

    Weighted sums of the inequalities of all periods in which no single effect is left are the corners of the
    linear programme behind the test. They are known in closed form, since each period adds one step: that the
    mean lies within ``magnitude`` times the step of its estimate, from above and from below, and, once for each
    period, that the step is not negative. All depend on the data by the estimated mean and step only.
    """

    def __init__(
        self,
        effects: Floats,
        covariance: Floats,
        mean: Floats,
        step: Floats,
        later: Floats,
        shares: Floats,
        magnitude: float,
    ) -> None:
        both = np.vstack([mean, step])
        self.centre, self.step = both @ effects
        self.covariance = both @ covariance @ both.T
        errors = np.array(
            [
                [np.sqrt(max(row @ covariance @ row, 0.0)) for row in (one, other)]
                for one, other in ((late - magnitude * step, -late - magnitude * step) for late in later)
            ]
        )
        if not (errors > 0).all() or not (np.diag(self.covariance) > 0).all():
            raise NotEstimable("A step of the path has no variance: its bounds cannot be tested.")
        reach = magnitude * np.abs(shares).sum()
        above, below = (np.abs(shares) @ errors[:, k] for k in (0, 1))
        # coefficients of (mean less the value tested, step); the largest product decides
        self.corners = np.vstack(
            [
                [1 / above, -reach / above],
                [-1 / below, -reach / below],
                *([0.0, -2 * magnitude / pair.sum()] for pair in errors),
            ]
        )

    def ends(self, alpha: float) -> tuple[float, float] | None:
        """The ends of the values that are not rejected; null where all are."""
        first = alpha / 10
        limit = self._least_favourable(first)
        size = (alpha - first) / (1 - first)
        (over, over_step), (under, under_step) = self.corners[:2]
        # beyond these the first stage rejects
        low = self.centre - (limit - over_step * self.step) / over
        high = self.centre + (limit - under_step * self.step) / -under
        if low >= high:
            return None
        values = np.linspace(low, high, _POINTS)
        kept = np.flatnonzero(~self._rejected(values, limit, size))
        if len(kept) == 0:
            return None
        width = values[1] - values[0]
        return (
            self._refined(values[kept[0]], values[kept[0]] - width, limit, size),
            self._refined(values[kept[-1]], values[kept[-1]] + width, limit, size),
        )

    def _refined(self, kept: float, rejected: float, limit: float, size: float) -> float:
        for _ in range(40):
            middle = (kept + rejected) / 2
            if self._rejected(np.array([middle]), limit, size)[0]:
                rejected = middle
            else:
                kept = middle
        return float(kept)

    def _rejected(self, values: Floats, limit: float, size: float) -> NDArray[np.bool_]:
        """Whether each value is rejected, by the first stage or given which inequality is most violated."""
        data = np.vstack([self.centre - values, np.full(len(values), self.step)])
        heights = self.corners @ data
        largest = heights.argmax(axis=0)
        found = heights.max(axis=0)
        spread = self.corners @ self.covariance @ self.corners.T
        variance = spread[largest, largest]
        # the others as they would be at another height of the largest: where would it cease to be so?
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = spread[:, largest] / variance
            rest = heights - slope * found
            crossing = rest / (1 - slope)
        near = np.isclose(slope, 1.0, rtol=0, atol=1e-9)
        lowest = np.where(~near & (slope < 1), crossing, -np.inf).max(axis=0)
        highest = np.where(~near & (slope > 1), crossing, np.inf).min(axis=0)
        highest = np.minimum(highest, limit)
        error = np.sqrt(variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            tail = ndtr(-found / error) - ndtr(-highest / error)
            whole = ndtr(-lowest / error) - ndtr(-highest / error)
            unlikely = tail / whole < size
        inside = (lowest <= found) & (found <= highest) & (variance > 0)
        return np.asarray((found > limit) | (inside & (found > 0) & unlikely))

    def _least_favourable(self, size: float) -> float:
        """The height that the largest inequality exceeds with probability ``size`` where all of them bind."""
        nodes, parts = _quadrature()
        error = float(np.sqrt(self.covariance[1, 1]))
        slope = self.covariance[0, 1] / self.covariance[1, 1]
        # not quite zero where the mean and the step move as one
        left = float(np.sqrt(max(self.covariance[0, 0] - slope * self.covariance[0, 1], 1e-18)))
        (over, over_step), (under, under_step) = self.corners[:2]
        lone = -self.corners[2:, 1].min()

        def beyond(height: float) -> float:
            # below the first of these steps an inequality of the step alone is higher
            start = max(-height / lone / error, -_REACH) if lone > 0 else -_REACH
            half = (_REACH - start) / 2
            normal = start + half * (nodes + 1)
            density = half * parts * np.exp(-0.5 * normal**2) / np.sqrt(2 * np.pi)
            steps = error * normal
            top = (height - over_step * steps) / over - slope * steps
            bottom = (height - under_step * steps) / under - slope * steps
            within = np.maximum(ndtr(top / left) - ndtr(bottom / left), 0.0)
            return 1 - float(density @ within) - size

        return float(optimize.brentq(beyond, 0.0, 20.0, xtol=1e-10))


@cache
def _quadrature() -> tuple[Floats, Floats]:
    """Nodes and weights of the integral over the estimated step; they take an eigenvalue problem to find."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return np.asarray(nodes), np.asarray(weights)
