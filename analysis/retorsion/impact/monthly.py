"""Monthly flows around dated measures: interrupted series, event study, placebo dates.

Effects are in log points: an effect ``b`` is a change of ``100 (exp(b) - 1)`` per cent. A source row that
covers several months enters an interrupted series as one observation (the average month of the period, with
the design averaged over the same months); elsewhere its months carry the average and are flagged.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import linalg
from scipy.stats import t as student_t
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import require_columns
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, estimates_frame, rank_limits, wald_limits
from retorsion.months import months_between, months_later

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

_SERIES = ["reporter_code", "partner_code", "flow_type", "product_level", "product_code"]

#: Monthly autocorrelations of the errors that are averaged over.
_AUTOCORRELATIONS = np.round(np.arange(-0.5, 0.99, 0.04), 2)

#: Fewest observations left over after the coefficients for which an interval is given.
MINIMUM_DEGREES_OF_FREEDOM = 5


def monthly_series(
    trade_flows: pl.DataFrame,
    *,
    reporter_code: str,
    flow_type: Literal["export", "import"],
    partner_codes: Collection[str] | None = None,
    product_codes: Collection[str] | None = None,
    product_level: str | None = None,
    value_column: str = "value_thousand_jpy",
    absent: Literal["missing", "zero"] = "missing",
) -> pl.DataFrame:
    """Regular monthly series of one reporter's flows, one per partner and product.

    Args:
        trade_flows: rows of the table of that name, monthly or covering a few months each.
        reporter_code: the state whose statistics are read.
        flow_type: export or import.
        partner_codes: keep these partners only.
        product_codes: keep these products only.
        product_level: keep this level only.
        value_column: the column carried on as ``value``.
        absent: what it means that a series has no row in a month for which the reporter published others:
            no trade (``zero``) or unknown (``missing``).

    Returns:
        reporter_code, partner_code, flow_type, product_level, product_code, period_start (every month from
        the reporter's first to its last), value (of an average month of the source row; null where
        unknown), row_start and n_months (of the source row). Months with ``n_months`` above 1 share one
        row: their own values are not known, only their average.

    Raises:
        NotEstimable: no row is left.
        ParameterError: two rows of a series cover the same month, or a row covers more than 3 months.
    """
    require_columns(trade_flows, [*_SERIES, "period_start", "n_months", value_column], "trade_flows")
    reported = trade_flows.filter(
        (pl.col("reporter_code") == reporter_code) & (pl.col("flow_type") == flow_type)
    )
    chosen = reported
    for column, codes in (
        ("partner_code", partner_codes),
        ("product_code", product_codes),
        ("product_level", None if product_level is None else [product_level]),
    ):
        if codes is not None:
            chosen = chosen.filter(pl.col(column).is_in(sorted(set(codes))))
    if chosen.is_empty():
        raise NotEstimable(
            f"No {flow_type} of {reporter_code} with the chosen partners and products is recorded."
        )
    if (longest := max(chosen["n_months"].to_list())) > 3:
        raise ParameterError(f"a row covers {longest} months: monthly series need rows of at most 3")
    months = _months_of(chosen).select(
        *_SERIES,
        "period_start",
        (pl.col(value_column).cast(pl.Float64) / pl.col("n_months")).alias("value"),
        "row_start",
        pl.col("n_months").cast(pl.Int64),
    )
    twice = months.filter(pl.struct(*_SERIES, "period_start").is_duplicated()).sort(*_SERIES, "period_start")
    if not twice.is_empty():
        raise ParameterError(
            f"two rows of {twice.select('partner_code', 'product_code').row(0)} cover "
            f"{twice['period_start'][0]:%Y-%m}: keep one source"
        )
    published = _months_of(reported).select("period_start").unique().with_columns(published=True)
    first, last = published["period_start"].min(), published["period_start"].max()
    grid = pl.DataFrame({"period_start": pl.date_range(first, last, "1mo", eager=True)})  # type: ignore[arg-type]
    full = (
        chosen.select(_SERIES)
        .unique()
        .join(grid, how="cross")
        .join(months, on=[*_SERIES, "period_start"], how="left")
        .join(published, on="period_start", how="left")
    )
    no_trade = pl.col("n_months").is_null() & pl.col("published") & pl.lit(absent == "zero")
    return full.select(
        *_SERIES,
        "period_start",
        pl.when(no_trade).then(0.0).otherwise("value").alias("value"),
        pl.col("row_start").fill_null(pl.col("period_start")),
        pl.col("n_months").fill_null(1),
    ).sort(*_SERIES, "period_start")


def _months_of(flows: pl.DataFrame) -> pl.DataFrame:
    """Each row once per month it covers: ``period_start`` the month, ``row_start`` the row's period."""
    return (
        flows.with_columns(
            pl.col("period_start").alias("row_start"),
            pl.date_ranges(
                "period_start",
                pl.col("period_start").dt.offset_by(pl.format("{}mo", pl.col("n_months").cast(pl.Int64) - 1)),
                interval="1mo",
            ).alias("__month"),
        )
        .explode("__month")
        .with_columns(pl.col("__month").alias("period_start"))
        .drop("__month")
    )


def with_context(
    series: pl.DataFrame,
    *,
    exchange_rates: pl.DataFrame | None = None,
    price_levels: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put the exchange rate and the price level beside each month.

    Args:
        series: from :func:`monthly_series`.
        exchange_rates: period_start (month), rate, for instance from
            :func:`retorsion.impact.mirror.cross_rates` with one-month periods: units of the currency of
            ``value`` for one unit of the foreign currency.
        price_levels: period_start (month), price_level (index, any base).

    Returns:
        ``series`` with exchange_rate and value_foreign (value over rate), and with price_level and
        value_real (value at the prices of the first month that has an index); months without a rate or an
        index have null.
    """
    shown = series
    if exchange_rates is not None:
        require_columns(exchange_rates, ["period_start", "rate"], "exchange_rates")
        rates = exchange_rates.select("period_start", pl.col("rate").alias("exchange_rate"))
        shown = shown.join(rates, on="period_start", how="left", maintain_order="left").with_columns(
            (pl.col("value") / pl.col("exchange_rate")).alias("value_foreign")
        )
    if price_levels is not None:
        require_columns(price_levels, ["period_start", "price_level"], "price_levels")
        levels = price_levels.select("period_start", "price_level")
        shown = shown.join(levels, on="period_start", how="left", maintain_order="left")
        indexed = shown.drop_nulls("price_level").sort("period_start")
        if indexed.is_empty():
            raise NotEstimable("No month of the series has a price level.")
        shown = shown.with_columns(
            (pl.col("value") / pl.col("price_level") * indexed["price_level"][0]).alias("value_real")
        )
    return shown


def measure_episodes(measures: pl.DataFrame, *, minimum_gap_months: int = 3) -> pl.DataFrame:
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
    require_columns(measures, ["measure_id", "date", "label"], "measures")
    if measures.is_empty():
        raise NotEstimable("No measure is given, so that there is no date to look at.")
    ordered = measures.sort("date", "measure_id")
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


def pre_period_statement(n_before: int, n_after: int) -> str:
    """What a monthly series with this many months before the first measure can and cannot bear."""
    years = n_before // 12
    if n_before < 12:
        season = "less than one year: no calendar month is seen before the measure in full"
    elif n_before < 24:
        twice = n_before - 12
        season = (
            f"{twice or 'no'} calendar month{' is' if twice == 1 else 's are'} seen twice before the measure "
            "and the others once, so that the seasonal pattern rests on the months after it and is assumed "
            "not to have changed"
        )
    else:
        season = f"each calendar month is seen at least {years} times before the measure"
    trend = (
        "a trend drawn from them may be continued a few months, not years: read the step, not the slope or "
        "the distant counterfactual"
        if n_before < 24
        else "a trend drawn from them may be continued for about as long as they last"
    )
    return f"{n_before} months before the first measure and {n_after} from it on; {season}; {trend}."


@dataclass(frozen=True)
class InterruptedSeries:
    """An interrupted-series estimate.

    Attributes:
        estimates: for each episode ``step`` (log points, at its start), ``slope`` (change of the trend, log
            points a year) and ``mean effect`` (average distance from the course without any measure, from the
            episode's start to the next one's), then the pre-existing ``trend`` and the covariates
            (elasticities).
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
    series: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    estimator: Estimator = "reml_ar1",
    value_column: str = "value",
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
        series: one series of :func:`monthly_series`, possibly through :func:`with_context`.
        measures: measure_id, date, label; gathered by :func:`measure_episodes`.
        estimator: ``reml_ar1`` and ``ols_hac`` need positive flows; ``poisson_hac`` takes zeros, and its
            intervals, like those of ``ols_hac``, are too narrow in short series; ``state_space`` needs
            positive flows, lets the level wander and leaves the months of a shared row out.
        value_column: ``value``, or ``value_real`` or ``value_foreign`` of :func:`with_context`.
        seasonality: fixed effects of the calendar months.
        trend: a linear trend that runs through the whole series.
        slope_change: a change of slope with each episode, which needs ``trend``.
        covariates: positive columns of ``series`` entering in logs, such as exchange_rate.
        minimum_gap_months: see :func:`measure_episodes`.
        minimum_before: months needed before the first measure.
        level: confidence level.

    Raises:
        ParameterError: several series, an unknown covariate, or a slope change without a trend.
        NotEstimable: no flow, zero flows where logs are needed, too few months before or after, a flow that
            stops altogether, or effects that the months cannot tell apart.
    """
    if slope_change and not trend:
        raise ParameterError("slope_change without trend: a change of slope needs a slope to change")
    rows = _single_series(series, value_column, covariates)
    episodes = measure_episodes(measures, minimum_gap_months=minimum_gap_months)
    starts: list[date] = episodes["start_date"].to_list()
    labels: list[str] = episodes["label"].to_list()
    months = rows["period_start"].to_list()
    y = rows[value_column].to_numpy()
    known = np.isfinite(y)
    first_month = starts[0].replace(day=1)
    n_before = int(sum(k and m < first_month for m, k in zip(months, known, strict=True)))
    n_after = int(known.sum()) - n_before
    if n_before < minimum_before:
        raise NotEstimable(
            f"Only {n_before} month(s) with data precede {starts[0]}, fewer than {minimum_before}: the "
            "course without the measure is unknown."
        )
    if n_after < 3:
        raise NotEstimable(
            f"Only {n_after} month(s) with data follow {starts[0]}: there is no course after it."
        )
    _require_usable(y[known], months, known, starts, positive=estimator != "poisson_hac")

    names, design = _design(
        months,
        starts,
        labels,
        rows,
        covariates,
        seasonality=seasonality,
        trend=trend,
        slope_change=slope_change,
    )
    # rows of the source as averages of their months
    row_starts = rows["row_start"].to_list()
    groups = {
        s: [i for i, r in enumerate(row_starts) if r == s and known[i]] for s in sorted(set(row_starts))
    }
    groups = {s: members for s, members in groups.items() if members}
    average = np.zeros((len(groups), len(months)))
    for i, members in enumerate(groups.values()):
        average[i, members] = 1 / len(members)
    X, v = average @ design, average @ np.where(known, y, 0.0)
    _require_identified(X, names)
    kept = list(groups)
    if estimator == "state_space":
        single = np.array([len(members) == 1 for members in groups.values()])
        X, v = X[single], v[single]
        kept = [start for start, alone in zip(groups, single, strict=True) if alone]
        fit = _fit_state_space(
            y, design, names, np.array([groups[start][0] for start in kept]), seasonality=seasonality
        )
    elif estimator == "reml_ar1":
        fit = _fit_reml_ar1(np.log(v), X, average)
    elif estimator == "ols_hac":
        fit = _fit_ols_hac(np.log(v), X)
    else:
        fit = _fit_poisson_hac(v, X)
    pre_period = pre_period_statement(n_before, n_after)
    who = rows.select(_SERIES).row(0, named=True)
    estimates = _estimates(
        fit,
        _contrasts(
            names, labels, starts, [m for m, k in zip(months, known, strict=True) if k], design[known]
        ),
        n_obs=len(v),
        estimator=estimator,
        sample=(
            f"{value_column} of {who['flow_type']}s of {who['reporter_code']}, "
            f"partner {who['partner_code']}, {who['product_code']}, {kept[0]:%Y-%m} to {kept[-1]:%Y-%m}, "
            f"{len(v)} observations"
        ),
        caveat=(
            "Log points. Anything else that changed on the same dates is part of the effect. "
            + ("Newey-West intervals are too narrow in short series. " if estimator.endswith("hac") else "")
            + pre_period
        ),
        level=level,
    )
    effects = [i for i, name in enumerate(names) if name.startswith(("step:", "slope:"))]
    without = fit.fitted_log - X[:, effects] @ fit.coefficients[effects]
    fitted = pl.DataFrame(
        {
            "period_start": kept,
            "n_months": [len(groups[start]) for start in kept],
            "value": v,
            "fitted": np.exp(fit.fitted_log),
            "counterfactual": np.exp(without),
        },
        schema_overrides={"period_start": pl.Date, "n_months": pl.Int64},
    )
    return InterruptedSeries(
        estimates=estimates,
        fitted=fitted,
        episodes=episodes,
        pre_period=pre_period,
        error_autocorrelation=fit.autocorrelation,
    )


@dataclass(frozen=True)
class _Fit:
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    degrees_of_freedom: float
    fitted_log: NDArray[np.float64]
    log_likelihood: float | None
    autocorrelation: float | None
    standard_error_type: str


def _single_series(series: pl.DataFrame, value_column: str, covariates: Sequence[str]) -> pl.DataFrame:
    require_columns(
        series, [*_SERIES, "period_start", "row_start", "n_months", value_column, *covariates], "series"
    )
    if series.is_empty():
        raise NotEstimable("The series is empty.")
    if (n := series.select(_SERIES).n_unique()) != 1:
        raise ParameterError(f"{n} series were given: filter to one partner and product")
    rows = series.sort("period_start").with_columns(
        pl.col(value_column).cast(pl.Float64).fill_null(float("nan"))
    )
    for name in covariates:
        if rows[name].null_count() or (rows[name] <= 0).any():
            raise NotEstimable(
                f"The covariate {name} is missing or not positive in some month of the series."
            )
    return rows


def _require_usable(
    values: NDArray[np.float64],
    months: list[date],
    known: NDArray[np.bool_],
    starts: list[date],
    *,
    positive: bool,
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


def _exposure(months: list[date], start: date) -> NDArray[np.float64]:
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
) -> tuple[list[str], NDArray[np.float64]]:
    """Monthly design matrix: constant, trend, steps and slopes, covariates, months of the year."""
    n = len(months)
    columns: dict[str, NDArray[np.float64]] = {"constant": np.ones(n)}
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


def _require_identified(X: NDArray[np.float64], names: list[str]) -> None:
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


def _fit_reml_ar1(y: NDArray[np.float64], X: NDArray[np.float64], average: NDArray[np.float64]) -> _Fit:
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


def _fit_ols_hac(y: NDArray[np.float64], X: NDArray[np.float64]) -> _Fit:
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


def _fit_poisson_hac(v: NDArray[np.float64], X: NDArray[np.float64]) -> _Fit:
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
    y: NDArray[np.float64],
    design: NDArray[np.float64],
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


def _estimates(
    fit: _Fit,
    contrasts: list[tuple[str, NDArray[np.float64]]],
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
    names: list[str], labels: list[str], starts: list[date], months: list[date], design: NDArray[np.float64]
) -> list[tuple[str, NDArray[np.float64]]]:
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


def interruptions_by_series(
    series: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    estimator: Estimator = "reml_ar1",
    zero_estimator: Estimator | None = "poisson_hac",
    **options: Any,
) -> pl.DataFrame:
    """:func:`interrupted_series` of each series in turn, with a reason where none can be estimated.

    Args:
        series: any number of series from :func:`monthly_series`.
        measures: measure_id, date, label.
        estimator: for series without zero flows.
        zero_estimator: for series with zero flows; None states that they are not estimable.
        options: passed on to :func:`interrupted_series`.

    Returns:
        the series' keys, n_zero (months without a flow), not_estimable (the reason, null where estimated),
        and the columns of :data:`retorsion.estimators.results.ESTIMATE_SCHEMA`; a series that cannot be
        estimated has one row with null estimates.
    """
    value_column = str(options.get("value_column", "value"))
    require_columns(series, [*_SERIES, "period_start", value_column], "series")
    if series.is_empty():
        raise NotEstimable("There is no series.")
    parts = []
    for group in series.sort(*_SERIES, "period_start").partition_by(_SERIES, maintain_order=True):
        n_zero = int((group[value_column] == 0).sum())
        reason, found = None, ESTIMATE_SCHEMA.to_frame(eager=True)
        chosen: Estimator = zero_estimator if n_zero and zero_estimator is not None else estimator
        try:
            found = interrupted_series(group, measures, estimator=chosen, **options).frame()
        except NotEstimable as why:
            reason = str(why)
            found = pl.DataFrame({"term": [None]}, schema={"term": pl.String}).join(
                found, on="term", how="left"
            )
        parts.append(
            found.select(
                *(pl.lit(group[key][0], dtype=pl.String).alias(key) for key in _SERIES),
                pl.lit(n_zero, dtype=pl.Int64).alias("n_zero"),
                pl.lit(reason, dtype=pl.String).alias("not_estimable"),
                *ESTIMATE_SCHEMA.names(),
            )
        )
    return pl.concat(parts)


@dataclass(frozen=True)
class EventStudy:
    """Monthly effects before and after one measure.

    Attributes:
        effects: event_month (0 holds the measure), period_start, phase_type (lead, reference, anticipation,
            after), value, reference_value (geometric mean of the same calendar months of the reference
            year, shifted as the comparison series moved), effect (log points), lower, upper, p_value,
            percent_change, is_shared (the month shares a source row with others). A month without a flow
            has percent_change -100 and null elsewhere.
        comparison: reporter and partner keys and product of the comparison series used.
        left_out: the comparison series left out, with reason_type (zero_or_missing).
        statement: the design in words, with what the pre-period can bear.
        level: confidence level of the intervals.
    """

    effects: pl.DataFrame
    comparison: pl.DataFrame
    left_out: pl.DataFrame
    statement: str
    level: float


def event_study_monthly(
    series: pl.DataFrame,
    measure_date: date,
    *,
    comparison: pl.DataFrame | None = None,
    months_before: int = 12,
    months_after: int = 24,
    anticipation_months: int = 0,
    value_column: str = "value",
    level: float = 0.95,
) -> EventStudy:
    """Month-by-month effects against the same calendar month of the year before the measure.

    The reference year is the twelve months that end ``anticipation_months`` before the measure's month.
    With comparison series, the mean change of theirs over the same months is subtracted, and the interval
    comes from their own deviations from one another in that month (Conley and Taber 2011, *Review of
    Economics and Statistics* 93(1)), which assumes that they are as noisy as the series itself. Without
    them, it comes from the year-on-year changes seen before the reference year, of which there must be at
    least three.

    Set ``anticipation_months`` to show whether trade moved before the measure: those months are then
    estimated like leads, not used as reference.

    Args:
        series: one series of :func:`monthly_series`.
        measure_date: the date of the measure; its month is event month 0, only partly exposed.
        comparison: other series of the same reporter and months, without ``series`` itself.
        months_before: leads shown, as far as the series reaches.
        months_after: event months shown from 0 on.
        anticipation_months: months before the measure kept out of the reference year.
        value_column: the column with values.
        level: confidence level asked for; few comparison series hold less.

    Raises:
        NotEstimable: the reference year is incomplete or has months without a flow, all flows are zero, or
            nothing measures the noise.
    """
    target = _log_series(series, value_column)
    zero_month = measure_date.replace(day=1)
    last = months_later(zero_month, -1 - anticipation_months)
    reference = [months_later(last, -i) for i in range(11, -1, -1)]
    if bad := [m for m in reference if not np.isfinite(target.get(m, math.nan))]:
        raise NotEstimable(
            f"The reference year {reference[0]:%Y-%m} to {reference[-1]:%Y-%m} lacks a positive flow in "
            f"{len(bad)} month(s), the first {bad[0]:%Y-%m}: there is no pre-period to compare with."
        )
    base = {m.month: target[m] for m in reference}
    window = [months_later(zero_month, k) for k in range(-months_before - anticipation_months, months_after)]
    window = [m for m in window if m in target]
    gaps = {m: target[m] - base[m.month] for m in window}

    donors, left_out = _comparison_gaps(comparison, value_column, reference, window)
    if comparison is not None and len(donors) < 3:
        raise NotEstimable(
            f"{len(donors)} comparison series have a positive flow in every month of the window, fewer "
            "than 3: nothing measures the noise."
        )
    earlier = sorted(m for m in target if m < reference[0])
    noise = [target[m] - base[m.month] for m in earlier if np.isfinite(target[m])]
    if comparison is None and len(noise) < 3:
        raise NotEstimable(
            f"{len(noise)} month(s) precede the reference year, fewer than 3: the usual year-on-year change "
            "is unknown. Give comparison series or a longer pre-period."
        )
    matrix = np.array([[gap[m] for m in window] for gap in donors.values()])
    low, high, held = (0, 0, level) if comparison is None else rank_limits(len(donors), level)
    rows = []
    half = (
        float(student_t(len(noise)).ppf(0.5 + level / 2)) * float(np.sqrt(np.mean(np.square(noise))))
        if (comparison is None)
        else 0.0
    )
    by_month = {r["period_start"]: r for r in series.iter_rows(named=True)}
    for i, month in enumerate(window):
        k = months_between(zero_month, month)
        phase = (
            "after"
            if k >= 0
            else "anticipation"
            if month > last
            else "reference"
            if month >= reference[0]
            else "lead"
        )
        common = 0.0 if comparison is None else float(np.mean(matrix[:, i]))
        effect = gaps[month] - common
        lower = upper = p_value = None
        if np.isfinite(effect) and phase != "reference":
            if comparison is None:
                lower, upper = effect - half, effect + half
                scale = float(np.sqrt(np.mean(np.square(noise))))
                p_value = 2 * float(student_t(len(noise)).sf(abs(effect) / scale))
            else:
                # each donor against the mean of the others, as the series is against the mean of all
                n = len(matrix)
                deviations = np.sort((matrix[:, i] - common) * n / (n - 1))
                lower = effect - float(deviations[high - 1])
                upper = effect - float(deviations[low - 1])
                p_value = (1 + int(np.sum(np.abs(deviations) >= abs(effect)))) / (1 + n)
        is_known = np.isfinite(effect)
        stopped = by_month[month][value_column] == 0
        rows.append(
            {
                "event_month": k,
                "period_start": month,
                "phase_type": phase,
                "value": by_month[month][value_column],
                "reference_value": math.exp(base[month.month] + common),
                "effect": effect if is_known else None,
                "lower": lower,
                "upper": upper,
                "p_value": p_value,
                "percent_change": 100 * math.expm1(effect) if is_known else (-100.0 if stopped else None),
                "is_shared": by_month[month]["n_months"] > 1,
            }
        )
    n_before = sum(m < zero_month and np.isfinite(v) for m, v in target.items())
    n_after = sum(m >= zero_month and np.isfinite(v) for m, v in target.items())
    against = (
        f"less the mean change of {len(donors)} comparison series, intervals from their own deviations"
        + (f" (so few that they hold {held:.0%}, not {level:.0%})" if held < level else "")
        if comparison is not None
        else f"intervals from {len(noise)} year-on-year changes before the reference year"
    )
    return EventStudy(
        effects=pl.DataFrame(rows, schema=_EVENT_SCHEMA),
        comparison=pl.DataFrame(list(donors), schema=dict.fromkeys(_SERIES, pl.String), orient="row"),
        left_out=left_out,
        statement=(
            f"Each month against the same month of {reference[0]:%Y-%m} to {reference[-1]:%Y-%m}, {against}. "
            + pre_period_statement(n_before, n_after)
        ),
        level=held,
    )


_EVENT_SCHEMA = pl.Schema(
    {
        "event_month": pl.Int64,
        "period_start": pl.Date,
        "phase_type": pl.String,
        "value": pl.Float64,
        "reference_value": pl.Float64,
        "effect": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "p_value": pl.Float64,
        "percent_change": pl.Float64,
        "is_shared": pl.Boolean,
    }
)


def _log_series(series: pl.DataFrame, value_column: str) -> dict[date, float]:
    """Month to log value, NaN where there is no flow or no data."""
    rows = _single_series(series, value_column, ())
    values = rows[value_column].to_numpy()
    if not np.any(values > 0):
        raise NotEstimable("All flows of the series are zero or unknown.")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)
    return dict(zip(rows["period_start"].to_list(), logs.tolist(), strict=True))


def _comparison_gaps(
    comparison: pl.DataFrame | None, value_column: str, reference: list[date], window: list[date]
) -> tuple[dict[tuple[str, ...], dict[date, float]], pl.DataFrame]:
    schema = {**dict.fromkeys(_SERIES, pl.String), "reason_type": pl.String}
    donors: dict[tuple[str, ...], dict[date, float]] = {}
    dropped = []
    if comparison is not None:
        for group in comparison.sort(*_SERIES, "period_start").partition_by(_SERIES, maintain_order=True):
            key = group.select(_SERIES).row(0)
            values = dict(group.select("period_start", value_column).iter_rows())
            if all((values.get(m) or 0) > 0 for m in {*reference, *window}):
                base = {m.month: math.log(values[m]) for m in reference}
                donors[key] = {m: math.log(values[m]) - base[m.month] for m in window}
            else:
                dropped.append((*key, "zero_or_missing"))
    return donors, pl.DataFrame(dropped, schema=schema, orient="row")


@dataclass(frozen=True)
class PlaceboDates:
    """The change at the actual date beside the changes at dates and in series where nothing happened.

    Attributes:
        actual: change at the actual date, log points.
        placebos: placebo_type (time: this series, earlier dates; space: a comparison series, the actual
            date), partner_code, product_code, period_start (the placebo's first month), statistic.
        p_value_time: share of the actual and earlier dates with a change at least as large; null if none.
        p_value_space: the same over comparison series; null if none.
        n_time: number of placebo dates; the smallest attainable p-value is 1 / (1 + n).
        n_space: number of comparison series.
        statement: the statistic in words.
    """

    actual: float
    placebos: pl.DataFrame
    p_value_time: float | None
    p_value_space: float | None
    n_time: int
    n_space: int
    statement: str


def placebo_dates(
    series: pl.DataFrame,
    measure_date: date,
    *,
    comparison: pl.DataFrame | None = None,
    window_months: int = 3,
    anticipation_months: int = 0,
    other_dates: Collection[date] = (),
    value_column: str = "value",
) -> PlaceboDates:
    """Placebo test in time, and with comparison series in space.

    The statistic at a month d is the mean log flow over the ``window_months`` from d on minus the mean over
    as many months before d. With comparison series the mean of theirs is subtracted first, which removes
    what is common, seasonality included; without them year-on-year changes are used, which needs a year
    more. Placebo dates are all those whose window ends before the measure (less the anticipation), so none
    is touched by it; their windows overlap, so the p-value is a description, not an exact test. Abadie,
    Diamond and Hainmueller 2015, *American Journal of Political Science* 59(2).

    Args:
        series: one series of :func:`monthly_series`.
        measure_date: date of the measure. Its month is left out when the measure comes after the first day.
        comparison: other series of the same reporter and months.
        window_months: months on either side.
        anticipation_months: months before the measure left out.
        other_dates: dates of other measures; a placebo window that holds one of them is not used.
        value_column: the column with values.

    Raises:
        NotEstimable: the actual change cannot be computed, or there is no placebo at all.
    """
    target = _log_series(series, value_column)
    zero_month = measure_date.replace(day=1)
    first_after = zero_month if measure_date.day == 1 else months_later(zero_month, 1)
    last_before = months_later(zero_month, -1 - anticipation_months)
    donors = {}
    if comparison is not None:
        needed = sorted(target)
        for group in comparison.sort(*_SERIES, "period_start").partition_by(_SERIES, maintain_order=True):
            logs = _log_series(group, value_column) if (group[value_column] > 0).any() else {}
            if all(np.isfinite(logs.get(m, math.nan)) for m in needed):
                donors[group.select(_SERIES).row(0)] = logs
        if len(donors) < 3:
            raise NotEstimable(
                f"{len(donors)} comparison series have a positive flow in every month of the series, fewer "
                "than 3: a mean of them would stand for too little."
            )

    def outcome(unit: dict[date, float], others: list[dict[date, float]]) -> dict[date, float]:
        if comparison is not None:
            return {m: unit[m] - float(np.mean([o[m] for o in others])) for m in target}
        return {m: unit[m] - unit.get(months_later(m, -12), math.nan) for m in unit}

    def statistic(values: dict[date, float], before_end: date, after_start: date) -> float:
        after = [values.get(months_later(after_start, i), math.nan) for i in range(window_months)]
        before = [values.get(months_later(before_end, -i), math.nan) for i in range(window_months)]
        return float(np.mean(after) - np.mean(before))

    own = outcome(target, list(donors.values()))
    actual = statistic(own, last_before, first_after)
    if not np.isfinite(actual):
        raise NotEstimable(
            f"The {window_months} months on either side of {measure_date} are not all known and positive"
            + ("." if comparison is not None else ", nor those a year earlier.")
        )
    rows = []
    partner, product = series["partner_code"][0], series["product_code"][0]
    skipped = months_between(last_before, first_after)
    for month in sorted(target):
        earliest = months_later(month, -skipped - window_months + 1)
        latest = months_later(month, window_months - 1)
        if latest > last_before or any(earliest <= other.replace(day=1) <= latest for other in other_dates):
            continue
        value = statistic(own, months_later(month, -skipped), month)
        if np.isfinite(value):
            rows.append(("time", partner, product, month, value))
    for key, logs in donors.items():
        others = [o for k, o in donors.items() if k != key]
        value = statistic(outcome(logs, others), last_before, first_after)
        rows.append(("space", key[1], key[4], first_after, value))
    if not rows:
        raise NotEstimable(
            f"No placebo date fits between the start of the series and {measure_date}, and no comparison "
            "series is given."
        )
    placebos = pl.DataFrame(
        rows,
        schema={
            "placebo_type": pl.String,
            "partner_code": pl.String,
            "product_code": pl.String,
            "period_start": pl.Date,
            "statistic": pl.Float64,
        },
        orient="row",
    )

    def p_value(kind: str) -> tuple[float | None, int]:
        values = placebos.filter(pl.col("placebo_type") == kind)["statistic"].to_numpy()
        if len(values) == 0:
            return None, 0
        return (1 + int(np.sum(np.abs(values) >= abs(actual)))) / (1 + len(values)), len(values)

    (p_time, n_time), (p_space, n_space) = p_value("time"), p_value("space")
    relative = "relative to the mean of the comparison series" if comparison is not None else "year on year"
    return PlaceboDates(
        actual=actual,
        placebos=placebos,
        p_value_time=p_time,
        p_value_space=p_space,
        n_time=n_time,
        n_space=n_space,
        statement=(
            f"Mean log flow, {relative}, over {window_months} months from {first_after:%Y-%m} minus the same "
            f"to {last_before:%Y-%m}, beside {n_time} earlier dates and {n_space} other series; the smallest "
            f"p-values attainable are {1 / (1 + n_time):.3f} and {1 / (1 + n_space):.3f}."
        ),
    )
