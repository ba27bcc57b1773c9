"""One monthly series, and others to compare it with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers, require_columns

__all__ = ["by_unit", "is_positive", "log_series", "one_series", "pre_period_statement"]


def pre_period_statement(n_before: int, n_after: int) -> str:
    """What a monthly series with this many months before the first measure can and cannot bear."""
    years = n_before // 12
    if n_before < 12:
        season = "Less than one year: no calendar month is seen before the measure in full"
    elif n_before < 24:
        twice = n_before - 12
        season = (
            f"{twice or 'No'} calendar month{' is' if twice == 1 else 's are'} seen twice before the measure "
            "and the others once, so the seasonal pattern rests on the months after it and is assumed "
            "not to have changed"
        )
    else:
        season = f"Each calendar month is seen at least {years} times before the measure"
    trend = (
        "A trend drawn from them may be continued a few months, not years: read the step, not the slope or "
        "the distant counterfactual"
        if n_before < 24
        else "A trend drawn from them may be continued for about as long as they last"
    )
    return f"{n_before} months before the first measure and {n_after} from it on. {season}. {trend}."


def one_series(
    series: Frame,
    outcome: str,
    *,
    period: str,
    unit: Sequence[str] = (),
    row: str | None = None,
    covariates: Sequence[str] = (),
) -> pl.DataFrame:
    """The rows of a single monthly series in order of time, the outcome as floats, NaN where unknown.

    Args:
        series: one row for each month.
        outcome: column with the flow.
        period: column with the first day of each month.
        unit: columns that name the series.
        row: column with the first month of the source row, where there is one.
        covariates: columns that must be positive everywhere.

    Raises:
        ParameterError: a column is absent, or there are several series.
        NotEstimable: there is no row, or a covariate is missing or not positive.
    """
    table = as_polars(series, [*unit, period, *([row] if row else []), outcome, *covariates], "series")
    if table.is_empty():
        raise NotEstimable("The series is empty.")
    if unit and (n := table.select(unit).n_unique()) != 1:
        raise ParameterError(f"{n} series were given: filter to one ({', '.join(unit)})")
    if table.schema[period] != pl.Date or (table[period].dt.day() != 1).any():
        raise ParameterError(f"column {period!r}: does not hold the first days of months. Give them as dates")
    if table[period].is_duplicated().any():
        month = table.filter(pl.col(period).is_duplicated())[period].sort()[0]
        raise ParameterError(f"column {period!r}: several rows for {month}. Give one series, one row a month")
    rows = table.with_columns(numbers(table, outcome).fill_null(float("nan"))).sort(period)
    if rows[outcome].is_infinite().any():
        raise ParameterError(f"column {outcome!r}: holds infinite values. Correct them or make them null")
    for name in covariates:
        if rows[name].null_count() or (rows[name] <= 0).any():
            raise NotEstimable(
                f"The covariate {name} is missing or not positive in some month of the series."
            )
    return rows


def log_series(series: Frame, outcome: str, *, period: str, unit: Sequence[str] = ()) -> dict[date, float]:
    """Logarithm of the flow of each month, NaN where there is no flow or no data.

    Args:
        series: one row for each month of one series.
        outcome: column with the flow.
        period: column with the first day of each month.
        unit: columns that name the series.

    Raises:
        NotEstimable: no flow is positive.
        ParameterError: a flow is negative.
    """
    rows = one_series(series, outcome, period=period, unit=unit)
    values = rows[outcome].to_numpy()
    if np.any(values < 0):
        raise ParameterError(
            f"column {outcome!r}: a flow is negative. Give 0 where there is none, null where unknown"
        )
    if not np.any(values > 0):
        raise NotEstimable("All flows of the series are zero or unknown.")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)
    return dict(zip(rows[period].to_list(), logs.tolist(), strict=True))


def by_unit(
    series: pl.DataFrame, unit: Sequence[str], period: str
) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The series of each unit in time, in the order of their names."""
    if not unit:
        raise ParameterError("unit: name the columns that tell the comparison series apart")
    require_columns(series, [*unit, period], "comparison")
    groups = series.sort(*unit, period).partition_by(list(unit), maintain_order=True)
    return [(group.select(unit).row(0), group) for group in groups]


def is_positive(value: float | None) -> bool:
    """Whether a flow is known and above zero."""
    return value is not None and math.isfinite(value) and value > 0
