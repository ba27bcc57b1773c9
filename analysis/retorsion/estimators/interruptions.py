"""Steps and changes of slope of a monthly series at dated measures.

Effects are in log points: an effect ``b`` is a change of ``100 (exp(b) - 1)`` per cent. A source row that
covers several months enters as one observation (the average month of the row, with the design averaged over
the same months).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import linalg
from scipy.optimize import root
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars
from retorsion.estimators.results import Estimate, estimates_frame, wald_limits
from retorsion.estimators.series import one_series, pre_period_statement

__all__ = ["InterruptedSeries", "interrupted_series", "measure_episodes"]

Floats = NDArray[np.float64]
Estimator = Literal["reml_ar1", "ols_hac", "poisson_hac", "state_space"]

#: Name and citation of each estimator of :func:`interrupted_series`.
ESTIMATORS: dict[str, tuple[str, str]] = {
    "reml_ar1": (
        "segmented log-linear regression, AR(1) errors by restricted likelihood",
        "Turner et al. 2021, BMC Medical Research Methodology 21:181",
    ),
    "ols_hac": (
        "segmented log-linear regression, Newey-West standard errors",
        "Newey and West 1987, Econometrica 55(3)",
    ),
    "poisson_hac": (
        "segmented Poisson pseudo-maximum-likelihood regression, Newey-West standard errors",
        "Santos Silva and Tenreyro 2006, Review of Economics and Statistics 88(4)",
    ),
    "state_space": (
        "intervention in a local level with drift and fixed seasonal, maximum likelihood",
        "Harvey and Durbin 1986, Journal of the Royal Statistical Society A 149(3)",
    ),
}

#: Monthly autocorrelations of the errors that are averaged over.
_AUTOCORRELATIONS = np.round(np.arange(-0.5, 0.99, 0.04), 2)

#: Fewest observations left over after the coefficients for which an interval is given.
MINIMUM_DEGREES_OF_FREEDOM = 5


def measure_episodes(measures: Frame, *, minimum_gap_months: int = 3) -> pl.DataFrame:
    """Gather measures that monthly data cannot tell apart.

    A measure less than ``minimum_gap_months`` months after the one before it joins its episode: their
    effects overlap in too few observations to be separated.

    Args:
        measures: measure_id, date, label.
        minimum_gap_months: months between the months of two measures from which on they are kept apart.

    Returns:
        episode (1, 2, ...), start_date, end_date (of its last measure), label, measure_ids (list),
        n_measures; in time order.
    """
    table = as_polars(measures, ["measure_id", "date", "label"], "measures")
    if table.is_empty():
        raise NotEstimable("No measure is given, so that there is no date to look at.")
    ordered = table.sort("date", "measure_id")
    month = pl.col("date").dt.year() * 12 + pl.col("date").dt.month()
    return (
        ordered.with_columns(
            (month.diff().fill_null(minimum_gap_months) >= minimum_gap_months)
            .cum_sum()
            .cast(pl.Int64)
            .alias("episode")
        )
        .group_by("episode", maintain_order=True)
        .agg(
            pl.col("date").first().alias("start_date"),
            pl.col("date").last().alias("end_date"),
            pl.col("label").str.join("; ").alias("label"),
            pl.col("measure_id").alias("measure_ids"),
            pl.len().cast(pl.Int64).alias("n_measures"),
        )
    )


@dataclass(frozen=True)
class InterruptedSeries:
    """An interrupted-series estimate.

    Attributes:
        estimates: for each episode ``step`` (log points, at its start), ``slope`` (change of the trend, log
            points a year) and ``mean effect``; then the pre-existing ``trend`` and the covariates
            (elasticities). The mean effect is the average distance from the course without any measure,
            from the episode's start to the next one's.
        fitted: period_start, n_months, value, fitted, counterfactual (without any episode), one row per
            observation used.
        episodes: from :func:`measure_episodes`.
        pre_period: what the pre-period can bear.
        error_autocorrelation: mean estimate for the monthly errors, null where the estimator has none.
    """

    estimates: tuple[Estimate, ...]
    fitted: pl.DataFrame
    episodes: pl.DataFrame
    pre_period: str
    error_autocorrelation: float | None

    def frame(self) -> pl.DataFrame:
        """The estimates as a frame."""
        return estimates_frame(self.estimates)


def interrupted_series(
    series: Frame,
    measures: Frame,
    *,
    estimator: Estimator = "reml_ar1",
    outcome: str = "value",
    period: str = "period_start",
    row: str | None = None,
    unit: Sequence[str] = (),
    subject: str = "",
    seasonality: bool = True,
    trend: bool = True,
    slope_change: bool = True,
    covariates: Sequence[str] = (),
    minimum_gap_months: int = 3,
    minimum_before: int = 6,
    level: float = 0.95,
) -> InterruptedSeries:
    """Steps and changes of slope of one monthly series at dated measures.

    The log of the flow follows a linear trend, fixed effects of the calendar months, the logs of the
    covariates, and for each episode a step and a change of slope. In the month of a measure the step counts
    for the share of the month's days from the measure on. ``reml_ar1`` is the default because Newey-West
    intervals cover too little when few months precede the measure.

    Args:
        series: one row for each month of one series.
        measures: measure_id, date, label; gathered by :func:`measure_episodes`.
        estimator: ``reml_ar1`` and ``ols_hac`` need positive flows; ``poisson_hac`` takes zeros. Intervals
            of ``ols_hac`` and ``poisson_hac`` are too narrow in short series. ``state_space`` needs
            positive flows, lets the level wander and leaves the months of a shared row out.
        outcome: column with the flow, 0 or more; null where it is unknown.
        period: column with the first day of each month.
        row: column with the first month of the source row that a month belongs to, where some months are known
            only as an average over a row; null where every month has its own value.
        unit: columns that name the series, which must be the same in all rows.
        subject: what the flow is, for the description of the sample; by default the outcome's name.
        seasonality: fixed effects of the calendar months.
        trend: a linear trend that runs through the whole series.
        slope_change: a change of slope with each episode, which needs ``trend``.
        covariates: positive columns of ``series`` entering in logs, such as an exchange rate.
        minimum_gap_months: see :func:`measure_episodes`.
        minimum_before: months needed before the first measure.
        level: confidence level.

    Raises:
        ParameterError: there are several series, a column is absent, or a slope change without a trend.
        NotEstimable: no flow, zero flows where logs are needed, too few months before or after, a flow that
            stops altogether, or effects that the months cannot tell apart.
    """
    if slope_change and not trend:
        raise ParameterError("slope_change without trend: a change of slope needs a slope to change")
    rows = one_series(series, outcome, period=period, unit=unit, row=row, covariates=covariates)
    episodes = measure_episodes(measures, minimum_gap_months=minimum_gap_months)
    starts: list[date] = episodes["start_date"].to_list()
    labels: list[str] = episodes["label"].to_list()
    months = rows[period].to_list()
    y = rows[outcome].to_numpy()
    known = np.isfinite(y)
    n_before, n_after = _enough_months(months, known, starts[0], minimum_before)
    _require_usable(y[known], months, known, starts, positive=estimator != "poisson_hac")

    terms = {"seasonality": seasonality, "trend": trend, "slope_change": slope_change}
    names, design = _design(months, starts, labels, rows, covariates, **terms)
    groups, average = _averages(rows[row or period].to_list(), known)
    X, v = average @ design, average @ np.where(known, y, 0.0)
    _require_identified(X, names)
    kept = list(groups)
    if estimator == "state_space":
        single = np.array([len(members) == 1 for members in groups.values()])
        X, v = X[single], v[single]
        kept = [start for start, alone in zip(groups, single, strict=True) if alone]
        places = np.array([groups[start][0] for start in kept])
        fit = _fit_state_space(y, design, names, places, seasonality=seasonality)
    elif estimator == "reml_ar1":
        fit = _fit_reml_ar1(np.log(v), X, average)
    elif estimator == "ols_hac":
        fit = _fit_ols_hac(np.log(v), X)
    else:
        fit = _fit_poisson_hac(v, X)
    pre_period = pre_period_statement(n_before, n_after)
    with_data = [m for m, k in zip(months, known, strict=True) if k]
    estimates = _estimates(
        fit,
        _contrasts(names, labels, starts, with_data, design[known]),
        n_obs=len(v),
        estimator=estimator,
        sample=f"{subject or outcome}, {kept[0]:%Y-%m} to {kept[-1]:%Y-%m}, {len(v)} observations",
        caveat=(
            "Log points. Anything else that changed on the same dates is part of the effect. "
            + ("Newey-West intervals are too narrow in short series. " if estimator.endswith("hac") else "")
            + pre_period
        ),
        level=level,
    )
    return InterruptedSeries(
        estimates=estimates,
        fitted=_fitted(fit, X, names, v, {start: len(groups[start]) for start in kept}),
        episodes=episodes,
        pre_period=pre_period,
        error_autocorrelation=fit.autocorrelation,
    )


def _enough_months(
    months: list[date], known: NDArray[np.bool_], start: date, minimum_before: int
) -> tuple[int, int]:
    """Months with data before the month of the first measure and from it on; NotEstimable where they are few."""
    n_before = int(sum(k and m < start.replace(day=1) for m, k in zip(months, known, strict=True)))
    n_after = int(known.sum()) - n_before
    if n_before < minimum_before:
        raise NotEstimable(
            f"Only {n_before} month(s) with data precede {start}, fewer than {minimum_before}: the "
            "course without the measure is unknown."
        )
    if n_after < 3:
        raise NotEstimable(f"Only {n_after} month(s) with data follow {start}: there is no course after it.")
    return n_before, n_after


def _averages(row_starts: list[date], known: NDArray[np.bool_]) -> tuple[dict[date, list[int]], Floats]:
    """Rows of the source as averages of their months: the months of each, and rows by months."""
    groups = {
        s: [i for i, r in enumerate(row_starts) if r == s and known[i]] for s in sorted(set(row_starts))
    }
    groups = {s: members for s, members in groups.items() if members}
    average = np.zeros((len(groups), len(row_starts)))
    for i, members in enumerate(groups.values()):
        average[i, members] = 1 / len(members)
    return groups, average


def _fitted(
    fit: _Fit, X: Floats, names: list[str], values: Floats, n_months: dict[date, int]
) -> pl.DataFrame:
    """Observed and fitted flow, and the flow without any episode, by row of the source."""
    effects = [i for i, name in enumerate(names) if name.startswith(("step:", "slope:"))]
    without = fit.fitted_log - X[:, effects] @ fit.coefficients[effects]
    return pl.DataFrame(
        {
            "period_start": list(n_months),
            "n_months": list(n_months.values()),
            "value": values,
            "fitted": np.exp(fit.fitted_log),
            "counterfactual": np.exp(without),
        },
        schema_overrides={"period_start": pl.Date, "n_months": pl.Int64},
    )


@dataclass(frozen=True)
class _Fit:
    coefficients: Floats
    covariance: Floats
    degrees_of_freedom: float
    fitted_log: Floats
    log_likelihood: float | None
    autocorrelation: float | None
    standard_error_type: str


def _require_usable(
    values: Floats, months: list[date], known: NDArray[np.bool_], starts: list[date], *, positive: bool
) -> None:
    dates = [m for m, k in zip(months, known, strict=True) if k]
    if np.all(values == 0):
        raise NotEstimable("All flows of the series are zero.")
    if np.any(values < 0):
        raise NotEstimable(
            f"The flow of {dates[int(np.argmax(values < 0))]:%Y-%m} is negative (a revision booked later): "
            "neither logs nor Poisson regression can take it."
        )
    if np.all(values == values[0]):
        raise NotEstimable("The series does not vary.")
    start = starts[0]
    # the month that a measure splits belongs to neither side
    if np.all(values[[m >= start for m in dates]] == 0):
        raise NotEstimable(f"The flow stopped altogether after {start}: its fall has no finite size in logs.")
    if np.all(values[[m < start.replace(day=1) for m in dates]] == 0):
        raise NotEstimable(f"The flow began only after {start}: its rise has no finite size in logs.")
    for first, following in zip(starts, [*starts[1:], date.max], strict=True):
        inside = np.array([first <= m < following for m in dates])
        if inside.any() and np.all(values[inside] == 0):
            raise NotEstimable(
                f"There is no flow at all from {first} on"
                + (f" until {following}" if following != date.max else "")
                + ": the fall has no finite size in logs."
            )
    if positive and (n := int(np.sum(values == 0))):
        raise NotEstimable(
            f"{n} of {len(values)} months have no flow, of which there is no log: use poisson_hac."
        )


def _exposure(months: list[date], start: date) -> Floats:
    """Share of each month's days from ``start`` on."""
    shares = []
    for month in months:
        following = (month + timedelta(days=32)).replace(day=1)
        days = (following - month).days
        shares.append(min(max((following - start).days / days, 0.0), 1.0))
    return np.array(shares)


def _design(
    months: list[date],
    starts: list[date],
    labels: list[str],
    rows: pl.DataFrame,
    covariates: Sequence[str],
    *,
    seasonality: bool,
    trend: bool,
    slope_change: bool,
) -> tuple[list[str], Floats]:
    """Monthly design matrix: constant, trend, steps and slopes, covariates, months of the year."""
    n = len(months)
    columns: dict[str, Floats] = {"constant": np.ones(n)}
    if trend:
        columns["trend"] = np.arange(n) / 12
    for start, label in zip(starts, labels, strict=True):
        exposed = _exposure(months, start)
        columns[f"step: {label}"] = exposed
        if slope_change:
            # years of exposure before the month, so that the step is the effect at the start
            columns[f"slope: {label}"] = (np.cumsum(exposed) - exposed) * (exposed > 0) / 12
    for name in covariates:
        logs = np.log(rows[name].to_numpy())
        columns[f"log {name}"] = logs - logs.mean()
    if seasonality:
        present = sorted({m.month for m in months})
        for month in present[1:]:
            columns[f"month {month}"] = np.array([float(m.month == month) for m in months])
    return list(columns), np.column_stack(list(columns.values()))


def _require_identified(X: Floats, names: list[str]) -> None:
    n, k = X.shape
    if n - k < MINIMUM_DEGREES_OF_FREEDOM:
        raise NotEstimable(
            f"{n} observations for {k} coefficients leave {n - k}, fewer than {MINIMUM_DEGREES_OF_FREEDOM}: "
            "drop the seasonality, the slopes or a measure, or lengthen the series."
        )
    scaled = X / np.linalg.norm(X, axis=0)
    _, upper, pivots = linalg.qr(scaled, mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(upper)) > 1e-8))
    if rank < k:
        raise NotEstimable(
            f"The months cannot tell {', '.join(sorted(names[i] for i in pivots[rank:]))} apart from the "
            "other terms."
        )


def _fit_reml_ar1(y: Floats, X: Floats, average: Floats) -> _Fit:
    """Generalised least squares with monthly AR(1) errors, averaged over the autocorrelation.

    Each autocorrelation of a grid is weighted by its restricted likelihood, which is its posterior under flat
    priors (Harville 1974, Biometrika 61(2)); the covariance is that within the autocorrelations plus that
    between them. Taking the best one alone covers one to two points less in simulations. The errors of rows
    that average several months have the covariance of those averages.
    """
    n, k = X.shape
    joint = np.column_stack([X, y])
    lags = np.abs(np.subtract.outer(np.arange(average.shape[1]), np.arange(average.shape[1])))
    log_likelihoods, coefficients, covariances = [], [], []
    for autocorrelation in _AUTOCORRELATIONS:
        # numpy's solver, not the triangular one, whose threads stall on matrices this small
        factor = np.linalg.cholesky(average @ (autocorrelation**lags) @ average.T)
        whitened = np.linalg.solve(factor, joint)
        Xw, yw = whitened[:, :k], whitened[:, k]
        q, r = np.linalg.qr(Xw)
        inverse = np.linalg.inv(r)
        beta = inverse @ (q.T @ yw)
        residual = float(np.sum((yw - Xw @ beta) ** 2))
        if residual <= 1e-20 * float(np.sum(yw**2)):
            raise NotEstimable("The regression fits every observation: nothing is left to measure noise by.")
        variance = residual / (n - k)
        determinants = np.log(np.diag(factor)).sum() + np.log(np.abs(np.diag(r))).sum()
        log_likelihoods.append(-0.5 * (n - k) * (math.log(2 * math.pi * variance) + 1) - determinants)
        coefficients.append(beta)
        covariances.append(variance * inverse @ inverse.T)
    weights = np.exp(np.array(log_likelihoods) - max(log_likelihoods))
    weights /= weights.sum()
    betas = np.array(coefficients)
    mean = weights @ betas
    between = betas - mean
    covariance = np.einsum("g,gij->ij", weights, np.array(covariances)) + (weights * between.T) @ between
    return _Fit(
        mean,
        covariance,
        n - k,
        X @ mean,
        float(max(log_likelihoods)),
        float(weights @ _AUTOCORRELATIONS),
        "restricted likelihood, AR(1)",
    )


def _newey_west_lags(n: int) -> int:
    return int(4 * (n / 100) ** (2 / 9))


def _fit_ols_hac(y: Floats, X: Floats) -> _Fit:
    lags = _newey_west_lags(len(y))
    fit = sm.OLS(y, X).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    covariance = np.asarray(fit.cov_params())
    return _Fit(
        np.asarray(fit.params),
        covariance,
        len(y) - X.shape[1],
        X @ fit.params,
        float(fit.llf),
        None,
        f"Newey-West, {lags} lags",
    )


def _fit_poisson_hac(v: Floats, X: Floats) -> _Fit:
    if (n_traded := int(np.sum(v > 0))) < X.shape[1] + MINIMUM_DEGREES_OF_FREEDOM:
        raise NotEstimable(
            f"Only {n_traded} of {len(v)} observations have a flow, too few for {X.shape[1]} coefficients."
        )
    lags = _newey_west_lags(len(v))
    scale = float(v.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            fit = sm.GLM(v / scale, X, family=sm.families.Poisson()).fit(
                maxiter=200, tol=1e-10, cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
            )
        except PerfectSeparationWarning as error:
            raise NotEstimable(
                "The zeros of the series are predicted perfectly: an effect has no finite size."
            ) from error
    if not fit.converged or not np.all(np.isfinite(fit.bse)) or np.min(fit.mu) < 1e-8:
        raise NotEstimable(
            "The Poisson regression does not settle: the zeros leave an effect without a finite size."
        )
    coefficients = np.asarray(fit.params).copy()
    coefficients[0] += math.log(scale)
    n, k = X.shape
    return _Fit(
        coefficients,
        np.asarray(fit.cov_params()),
        n - k,
        X @ coefficients,
        None,
        None,
        f"Newey-West, {lags} lags",
    )


def _fit_state_space(
    y: Floats,
    design: Floats,
    names: list[str],
    kept: NDArray[np.intp],
    *,
    seasonality: bool,
) -> _Fit:
    """Local level with a fixed drift; regressors are states with diffuse priors, as in REML.

    Months that are not ``kept`` count as missing.
    """
    regressors = [i for i, n in enumerate(names) if n.startswith(("step:", "slope:", "log "))]
    observed = np.full(len(y), np.nan)
    observed[kept] = np.log(y[kept])
    model = sm.tsa.UnobservedComponents(
        observed,
        level="lldtrend" if "trend" in names else "llevel",
        seasonal=12 if seasonality else None,
        stochastic_seasonal=False,
        exog=design[:, regressors],
        mle_regression=False,
        use_exact_diffuse=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = model.fit(disp=False, maxiter=500)
        if not fit.mle_retvals["converged"]:
            # the gradient search gives up where a variance tends to zero; the simplex does not
            fit = model.fit(fit.params, method="nm", disp=False, maxiter=5000)
    if not fit.mle_retvals["converged"]:
        raise NotEstimable("The state-space likelihood has no maximum that the search settles at.")
    fit = _at_the_maximum(model, fit)
    slopes = fit.regression_coefficients
    coefficients = np.zeros(len(names))
    covariance = np.zeros((len(names), len(names)))
    coefficients[regressors] = slopes.smoothed[:, -1]
    covariance[np.ix_(regressors, regressors)] = slopes.smoothed_cov[:, :, -1]
    signal = fit.level.smoothed + design[:, regressors] @ coefficients[regressors]
    if seasonality:
        signal = signal + fit.seasonal.smoothed
    n, k = len(kept), design.shape[1]
    return _Fit(
        coefficients, covariance, n - k, signal[kept], float(fit.llf), None, "smoothed state covariance"
    )


def _at_the_maximum(model: Any, fit: Any) -> Any:
    """The fit where the score is zero to the last digits, or as it was where no such place is near.

    The search stops where the likelihood is flat, at a place that depends on the processor's last bits.
    """
    before = model.untransform_params(fit.params)
    found = root(lambda params: model.score(params, transformed=False), before, tol=1e-12)
    better = model.smooth(found.x, transformed=False)
    return better if math.isfinite(better.llf) and better.llf >= fit.llf else fit


def _estimates(
    fit: _Fit,
    contrasts: list[tuple[str, Floats]],
    *,
    n_obs: int,
    estimator: str,
    sample: str,
    caveat: str,
    level: float,
) -> tuple[Estimate, ...]:
    """Linear combinations of the coefficients with their intervals."""
    method, citation = ESTIMATORS[estimator]
    found = []
    for term, weights in contrasts:
        variance = float(weights @ fit.covariance @ weights)
        if not variance > 0:
            continue
        value, error = float(weights @ fit.coefficients), math.sqrt(variance)
        lower, upper, p_value = wald_limits(
            value, error, level=level, degrees_of_freedom=fit.degrees_of_freedom
        )
        found.append(
            Estimate(
                term=term,
                estimate=value,
                standard_error=error,
                lower=lower,
                upper=upper,
                level=level,
                p_value=p_value,
                n_obs=n_obs,
                estimator=method,
                citation=citation,
                standard_error_type=fit.standard_error_type,
                log_likelihood=fit.log_likelihood,
                sample=sample,
                caveat=caveat,
            )
        )
    return tuple(found)


def _contrasts(
    names: list[str], labels: list[str], starts: list[date], months: list[date], design: Floats
) -> list[tuple[str, Floats]]:
    """The coefficients worth reporting, and the mean effect of each episode until the next."""
    unit = np.eye(len(names))
    effects = np.array([n.startswith(("step:", "slope:")) for n in names])
    reported = [
        (n.replace("log ", "elasticity: ") if n.startswith("log ") else n, unit[i])
        for i, n in enumerate(names)
        if n == "trend" or n.startswith(("step:", "slope:", "log "))
    ]
    for j, (start, label) in enumerate(zip(starts, labels, strict=True)):
        first = start.replace(day=1)
        end = starts[j + 1].replace(day=1) if j + 1 < len(starts) else date.max
        inside = np.array([first <= m < end for m in months])
        if inside.any():
            reported.append((f"mean effect: {label}", design[inside].mean(axis=0) * effects))
    return reported
