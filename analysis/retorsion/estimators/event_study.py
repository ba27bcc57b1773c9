"""Effects period by period around a change, and what the periods before it say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.plotting import Axes, plot_effects
from retorsion.estimators.relative_bounds import relative_set
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, estimates_frame, wald_limits
from retorsion.estimators.smooth_bounds import smooth_interval

__all__ = ["EventPath", "JointTest", "joint_test"]

Floats = NDArray[np.float64]

#: Columns of :meth:`EventPath.frame` beside those of an estimate.
PHASES = ("lead", "reference", "after")


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """A Wald test that several effects are all zero.

    Attributes:
        statistic: chi-squared.
        degrees_of_freedom: number of effects tested.
        p_value: null where there is nothing to test.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """Fields as plain JSON values."""
        return {
            "statistic": self.statistic,
            "degrees_of_freedom": self.degrees_of_freedom,
            "p_value": self.p_value,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class EventPath:
    """Effects by period, relative to a reference period.

    Attributes:
        periods: calendar or event periods, ascending, without the reference.
        reference: the period that all effects are relative to.
        first_treated: the first period under the change; earlier ones are leads.
        effects: one per period.
        covariance: of the effects, in their order.
        statement: the design in words.
    """

    periods: tuple[int, ...]
    reference: int
    first_treated: int
    effects: tuple[Estimate, ...]
    covariance: Floats
    statement: str

    @property
    def leads(self) -> tuple[int, ...]:
        """Periods before the change, without the reference."""
        return tuple(period for period in self.periods if period < self.first_treated)

    @property
    def after(self) -> tuple[int, ...]:
        """Periods under the change."""
        return tuple(period for period in self.periods if period >= self.first_treated)

    def frame(self) -> pl.DataFrame:
        """Rows in time: period, phase_type (lead, reference, after) and the columns of an estimate.

        The reference period has effect zero and null elsewhere.
        """
        rows = estimates_frame(self.effects).select(
            pl.Series("period", self.periods, dtype=pl.Int64),
            pl.Series("phase_type", [PHASES[2 * (p >= self.first_treated)] for p in self.periods]),
            pl.all(),
        )
        reference = pl.DataFrame(
            [{"period": self.reference, "phase_type": PHASES[1], "estimate": 0.0}],
            schema={"period": pl.Int64, "phase_type": pl.String, **ESTIMATE_SCHEMA},
        )
        return pl.concat([rows, reference]).sort("period")

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the effects by period with their intervals; gives the axes of matplotlib."""
        rows = self.frame()
        drawn = plot_effects(
            axes,
            *(rows[name].to_list() for name in ("period", "estimate", "lower", "upper")),
            label="effect",
        )
        drawn.axvline(self.first_treated - 0.5, color="0.5", linestyle=":")
        drawn.set_xlabel("period")
        return drawn

    def pre_trend_test(self) -> JointTest:
        """Wald test that all leads are zero.

        A test that does not reject is no proof of parallel trends; see :meth:`robust_interval`.

        Raises:
            NotEstimable: when there is no lead, or their covariance has no inverse.
        """
        where = [i for i, period in enumerate(self.periods) if period < self.first_treated]
        values = np.array([self.effects[i].estimate for i in where])
        return joint_test(values, self._covariance(where), self._degrees_of_freedom(where))

    def average_after(self) -> Estimate:
        """Mean of the effects under the change, with the interval that their covariance gives.

        Raises:
            NotEstimable: when no period is under the change.
        """
        where = [i for i, period in enumerate(self.periods) if period >= self.first_treated]
        if not where:
            raise NotEstimable(f"No period from {self.first_treated} on is in the sample.")
        values = np.array([self.effects[i].estimate for i in where])
        error = float(np.sqrt(self._covariance(where).mean()))
        first = self.effects[where[0]]
        degrees = self._degrees_of_freedom(where)
        lower, upper, p_value = wald_limits(
            float(values.mean()), error, level=first.level, degrees_of_freedom=degrees
        )
        return replace(
            first,
            term=f"mean of {len(where)} periods",
            estimate=float(values.mean()),
            standard_error=error,
            lower=lower,
            upper=upper,
            p_value=p_value,
            degrees_of_freedom=degrees,
        )

    def robust_interval(
        self,
        relative_magnitude: float | None = None,
        period: int | None = None,
        *,
        smoothness: float | None = None,
    ) -> tuple[float, float]:
        """Interval of an effect that allows trends to differ after the change.

        Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of Economic Studies
        90(5). Either the difference in trends from one period to the next after the change may be up to
        ``relative_magnitude`` times the largest one seen among the leads, or its slope may change by up to
        ``smoothness`` from one period to the next, before the change and after it.

        The first interval holds all values that their conditional test with a least favourable first stage (C-LF)
        does not reject, so that the error of the leads counts too; the bounds at the estimated leads, widened by a
        normal quantile, would be too short. The second is their interval of fixed length around the linear
        combination of effects that makes it shortest (FLCI). Both give the numbers of the R package HonestDiD, up
        to the width of its grid and its simulated quantiles. Where effects have degrees of freedom, Student's
        distribution stands in for the normal one: in the first interval by a larger covariance. The second weighs
        the periods by their covariance; where that is estimated from few clusters, a small ``smoothness`` gives
        intervals that are too short (0 covers 70 % with 24 clusters and 14 effects, and 93 % with 200).

        Args:
            relative_magnitude: 0 assumes parallel trends, 1 violations as large as seen before.
            smoothness: in units of the effect; 0 continues a linear difference in trends.
            period: the period whose effect is asked for; by default the mean of all after the change.

        Returns:
            Lower and upper limit at the level of the effects' own intervals.

        Raises:
            NotEstimable: without at least one lead besides the reference, when the periods have gaps, or for
                ``smoothness`` when the covariance has no inverse, as with no more clusters than effects.
            ParameterError: neither or both restrictions are given, one is negative or no number, or the period is
                not after the change.
        """
        size = relative_magnitude if smoothness is None else smoothness
        both = relative_magnitude is not None and smoothness is not None
        if size is None or both or not (np.isfinite(size) and size >= 0):
            raise ParameterError(
                f"relative_magnitude {relative_magnitude}, smoothness {smoothness}: give one of them, 0 or more"
            )
        if period is not None and period not in self.after:
            raise ParameterError(f"period {period} is not after the change; those are {list(self.after)}")
        every = sorted([*self.periods, self.reference])
        if not self.leads or not self.after or self.reference != self.first_treated - 1:
            raise NotEstimable(
                "Trends before the change are not seen: that takes a lead, the reference period just before "
                "the change and a period after it."
            )
        if every != list(range(every[0], every[-1] + 1)):
            raise NotEstimable(f"Periods {every} have gaps, so that their trend has no common measure.")
        weights = np.array(
            [1.0 if p == period else 0.0 for p in self.after]
            if period is not None
            else [1 / len(self.after)] * len(self.after)
        )
        if smoothness is not None:
            return self._smooth_interval(weights, smoothness)
        alpha = 1 - self.effects[0].level
        degrees = self._degrees_of_freedom(list(range(len(self.periods))))
        wider = 1.0 if degrees is None else stats.t.isf(alpha / 2, degrees) / stats.norm.isf(alpha / 2)
        return relative_set(
            np.array([effect.estimate for effect in self.effects]),
            wider**2 * self.covariance,
            n_leads=len(self.leads),
            weights=weights,
            magnitude=size,
            alpha=alpha,
        )

    def _smooth_interval(self, weights: Floats, smoothness: float) -> tuple[float, float]:
        """The interval of fixed length where the slope of the difference in trends changes by so much at most."""
        if (rank := np.linalg.matrix_rank(self.covariance)) < len(self.effects):
            raise NotEstimable(
                f"The covariance of {len(self.effects)} effects has rank {rank}, as with too few clusters: it cannot "
                "weigh the periods."
            )
        return smooth_interval(
            np.array([effect.estimate for effect in self.effects]),
            self.covariance,
            n_leads=len(self.leads),
            weights=weights,
            smoothness=smoothness,
            alpha=1 - self.effects[0].level,
            degrees_of_freedom=self._degrees_of_freedom(list(range(len(self.periods)))),
        )

    def _degrees_of_freedom(self, where: list[int]) -> float | None:
        """The smallest of some effects' own; null where they are normal."""
        return min((d for i in where if (d := self.effects[i].degrees_of_freedom) is not None), default=None)

    def _covariance(self, where: list[int]) -> Floats:
        return np.asarray(self.covariance[np.ix_(where, where)])


def joint_test(values: Floats, covariance: Floats, degrees_of_freedom: float | None = None) -> JointTest:
    """Wald test that effects are all zero.

    Args:
        values: the effects.
        covariance: theirs.
        degrees_of_freedom: of the covariance, which makes it an F test; null for the chi-squared
            distribution.

    Raises:
        NotEstimable: when there is no effect, or the covariance has no inverse, as with fewer clusters than
            effects.
        ParameterError: a value or covariance is no finite number.
    """
    values, covariance = floats(values, "values"), floats(covariance, "covariance")
    if len(values) == 0:
        raise NotEstimable("There is no period before the change but the reference: no trend can be tested.")
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all() or (
        np.linalg.matrix_rank(covariance / np.outer(scale, scale), hermitian=True) < len(values)
    ):
        raise NotEstimable(
            f"A joint test of {len(values)} effects needs a covariance with an inverse, which takes more "
            "clusters than effects."
        )
    statistic = float(values @ np.linalg.solve(covariance, values))
    law, scaled = (
        (stats.chi2(len(values)), statistic)
        if degrees_of_freedom is None
        else (stats.f(len(values), degrees_of_freedom), statistic / len(values))
    )
    return JointTest(statistic=statistic, degrees_of_freedom=len(values), p_value=float(law.sf(scaled)))
