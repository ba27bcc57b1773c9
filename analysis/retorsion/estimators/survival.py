"""Time to an event that need not come: survival curves and hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers
from retorsion.estimators.plotting import Axes, axes_or_new
from retorsion.estimators.results import Result

__all__ = ["HazardRatios", "SurvivalCurve", "cox_regression", "kaplan_meier"]


Floats = NDArray[np.float64]


def _spells(spells: pl.DataFrame, duration: str, event: str) -> tuple[Floats, NDArray[np.int64]]:
    """Durations and whether each ended in the event (1) or was censored (0)."""
    times = numbers(spells, duration).fill_null(np.nan).to_numpy()
    happened = numbers(spells, event).fill_null(np.nan).to_numpy()
    if not np.all((times >= 0) & np.isfinite(times)) or not np.isin(happened, (0.0, 1.0)).all():
        raise ParameterError(
            f"columns {duration!r} and {event!r}: a duration is missing or below zero, or an event is neither "
            "true nor false. Leave those rows out"
        )
    return times, happened.astype(np.int64)


@dataclass(frozen=True)
class SurvivalCurve(Result):
    """Kaplan-Meier curve of the time to an event.

    Attributes:
        n: spells, censored ones included.
        n_events: spells that ended in the event.
        median: time by which half of the spells ended; null where fewer than half ever do.
        median_lower: lower limit of it.
        median_upper: upper limit of it; null where it is not bounded.
        level: confidence level.
        curve: frame time, n_at_risk, n_events, survival (probability of no event up to and including that
            time), lower, upper (pointwise), band_lower, band_upper (for the whole curve at once).
    """

    n: int
    n_events: int
    median: float | None
    median_lower: float | None
    median_upper: float | None
    level: float
    curve: pl.DataFrame

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the share of spells still open, with pointwise limits; gives the axes of matplotlib."""
        drawn = axes_or_new(axes)
        times, share, low, high = (
            self.curve[name].to_numpy() for name in ("time", "survival", "lower", "upper")
        )
        drawn.step(times, share, where="post")
        drawn.fill_between(times, low, high, step="post", alpha=0.2)
        drawn.set(xlabel="time", ylabel="share without the event", ylim=(0, 1))
        return drawn


def kaplan_meier(
    spells: Frame, *, duration: str, event: str, level: float = 0.95, min_events: int = 5
) -> SurvivalCurve:
    """Kaplan-Meier estimate (JASA 53, 1958) with confidence limits.

    Pointwise limits are on the complementary log-log scale; the band is that of Hall & Wellner (1980,
    Biometrika 67) on the arcsine scale, between the first and the last event. Spells that can never end
    keep the curve from falling to zero: its plateau is their share.

    Args:
        spells: one row for each spell.
        duration: column with the time to the event or to the end of observation, 0 or more.
        event: column that is true where the event was seen, false where the spell is censored.
        level: confidence level.
        min_events: fewest events.

    Raises:
        NotEstimable: there are fewer events.
        ParameterError: a column is absent, or a duration is missing or negative.
    """
    spells = as_polars(spells, [duration, event], "spells")
    times, status = _spells(spells, duration, event)
    if status.sum() < min_events:
        raise NotEstimable(
            f"{status.sum()} of {len(status)} spells ended in the event; at least {min_events} are needed "
            "for a distribution of the time to it."
        )
    fitted = SurvfuncRight(times, status)
    left, error = np.asarray(fitted.surv_prob), np.asarray(fitted.surv_prob_se)
    inside = (left > 0) & (left < 1) & np.isfinite(error)
    n, safe = len(times), np.where(inside, left, 0.5)
    spread = np.where(inside, error / safe, 0.0)  # Greenwood's sum, square root
    z = float(stats.norm.ppf(0.5 + level / 2))
    width = z * spread / np.abs(np.log(safe))
    lower, upper = safe ** np.exp(width), safe ** np.exp(-width)
    # statsmodels' own band takes the number at risk where Hall and Wellner have that of all acts
    reach = float(stats.kstwobign.ppf(level)) * (1 + n * spread**2) / (2 * np.sqrt(n))
    reach *= np.sqrt(safe / (1 - safe))
    angle = np.arcsin(np.sqrt(safe))
    band_lower = np.sin(np.maximum(angle - reach, 0)) ** 2
    band_upper = np.sin(np.minimum(angle + reach, np.pi / 2)) ** 2
    limits = {"lower": lower, "upper": upper, "band_lower": band_lower, "band_upper": band_upper}
    curve = pl.DataFrame(
        {
            "time": np.asarray(fitted.surv_times),
            "n_at_risk": np.asarray(fitted.n_risk).astype(np.int64),
            "n_events": np.asarray(fitted.n_events).astype(np.int64),
            "survival": left,
            **{name: np.where(inside, values, np.nan) for name, values in limits.items()},
        }
    ).with_columns(pl.col(*limits).fill_nan(None))
    median = float(fitted.quantile(0.5))
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is at one or zero
        low, high = (float(v) for v in fitted.quantile_ci(0.5, alpha=1 - level))
    return SurvivalCurve(
        n,
        int(status.sum()),
        _finite(median),
        _finite(low) if np.isfinite(median) else None,
        _finite(high) if np.isfinite(median) else None,
        level,
        curve,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class HazardRatios(Result):
    """Cox regression of the time to an event.

    Attributes:
        n: spells, censored ones included.
        n_events: spells that ended in the event.
        ties: how ties are handled.
        level: confidence level.
        table: frame covariate, hazard_ratio, lower, upper, p_value. A ratio above one: the event
            comes sooner.
    """

    n: int
    n_events: int
    ties: str
    level: float
    table: pl.DataFrame


def cox_regression(
    spells: Frame,
    covariates: Sequence[str],
    *,
    duration: str,
    event: str,
    level: float = 0.95,
    min_events_per_covariate: int = 5,
) -> HazardRatios:
    """Proportional hazards (Cox 1972, JRSS B 34).

    Times in whole days tie often, so ties are handled by Efron's method (1977, JASA 72), which is close to exact where
    Breslow's pulls the coefficients towards zero.

    Args:
        spells: one row for each spell.
        covariates: numeric or boolean columns; spell groups out as one column each, less one.
        duration: column with the time to the event or to the end of observation, 0 or more.
        event: column that is true where the event was seen.
        level: confidence level.
        min_events_per_covariate: fewest events for each covariate.

    Raises:
        NotEstimable: too few events, a covariate that does not vary, or one that takes only one value
            among the spells that ended in the event, so that its ratio would be zero or infinite.
        ParameterError: a column is absent, or a value is missing.
    """
    spells = as_polars(spells, [duration, event, *covariates], "spells")
    times, status = _spells(spells, duration, event)
    n_events = int(status.sum())
    needed = min_events_per_covariate * len(covariates)
    if n_events < needed:
        raise NotEstimable(
            f"{n_events} spells ended in the event; at least {needed} are needed for {len(covariates)} "
            "covariates."
        )
    columns = []
    for name in covariates:
        values = numbers(spells, name).fill_null(np.nan).to_numpy()
        if not np.isfinite(values).all():
            raise ParameterError(
                f"covariate {name!r}: has missing or infinite values. Fill or drop them first"
            )
        if np.ptp(values) == 0:
            raise NotEstimable(f"All spells have the same {name}, so its effect cannot be estimated.")
        if np.ptp(values[status == 1]) == 0:
            raise NotEstimable(
                f"All spells that ended in the event have the same {name}, so the ratio it makes is zero or infinite."
            )
        columns.append(values)
    model = PHReg(
        times,
        np.column_stack(columns),
        status=status,
        ties="efron",
    )
    fitted = model.fit(disp=0)
    limits = np.exp(fitted.conf_int(alpha=1 - level))
    table = pl.DataFrame(
        {
            "covariate": list(covariates),
            "hazard_ratio": np.exp(fitted.params),
            "lower": limits[:, 0],
            "upper": limits[:, 1],
            "p_value": np.asarray(fitted.pvalues),
        }
    )
    return HazardRatios(len(times), n_events, "Efron", level, table)
