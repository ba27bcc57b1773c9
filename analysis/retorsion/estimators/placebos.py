"""The change at the date of a measure beside changes at dates and in series where nothing happened."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from retorsion.dates import months_between, months_later
from retorsion.errors import NotEstimable
from retorsion.estimators.frames import Frame, as_polars
from retorsion.estimators.series import by_unit, log_series

__all__ = ["PlaceboDates", "placebo_dates"]


Months = Mapping[date, float]


@dataclass(frozen=True)
class PlaceboDates:
    """The change at the actual date beside the changes at dates and in series where nothing happened.

    Attributes:
        actual: change at the actual date, log points.
        placebos: placebo_type (time: this series, earlier dates; space: a comparison series, the actual
            date), the columns of ``unit``, period_start (the placebo's first month), statistic.
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
    series: Frame,
    measure_date: date,
    *,
    comparison: Frame | None = None,
    outcome: str = "value",
    period: str = "period_start",
    unit: Sequence[str] = (),
    window_months: int = 3,
    anticipation_months: int = 0,
    other_dates: Collection[date] = (),
) -> PlaceboDates:
    """Placebo test in time, and with comparison series in space.

    The statistic at a month d is the mean log flow over the ``window_months`` from d on minus the mean over
    as many months before d. With comparison series the mean of theirs is subtracted first, which removes
    what is common, seasonality included; without them year-on-year changes are used, which needs a year
    more.

    Placebo dates are all those whose window ends before the measure (less the anticipation), so none
    is touched by it; their windows overlap, so the p-value is a description, not an exact test. Abadie,
    Diamond and Hainmueller 2015, *American Journal of Political Science* 59(2).

    Args:
        series: one row for each month of one series.
        measure_date: date of the measure. Its month is left out when the measure comes after the first day.
        comparison: other series over the same months.
        outcome: column with the flow, 0 or more; null where it is unknown.
        period: column with the first day of each month.
        unit: columns that name a series; needed with ``comparison``.
        window_months: months on either side.
        anticipation_months: months before the measure left out.
        other_dates: dates of other measures; a placebo window that holds one of them is not used.

    Raises:
        NotEstimable: the actual change cannot be computed, or there is no placebo at all.
    """
    wanted = [*unit, period, outcome]
    series = as_polars(series, wanted, "series")
    comparison = None if comparison is None else as_polars(comparison, wanted, "comparison")
    own_logs = log_series(series, outcome, period=period, unit=unit)
    zero_month = measure_date.replace(day=1)
    first_after = zero_month if measure_date.day == 1 else months_later(zero_month, 1)
    last_before = months_later(zero_month, -1 - anticipation_months)
    donors = {} if comparison is None else _donors(comparison, outcome, period, unit, sorted(own_logs))
    own = _relative(own_logs, list(donors.values()))
    actual = _change(own, last_before, first_after, window_months)
    if not math.isfinite(actual):
        raise NotEstimable(
            f"The {window_months} months on either side of {measure_date} are not all known and positive"
            + ("." if donors else ", nor those a year earlier.")
        )
    rows: list[tuple[object, ...]] = []
    name = series.select(unit).row(0) if unit else ()
    skipped = months_between(last_before, first_after)
    for month in sorted(own_logs):
        earliest = months_later(month, -skipped - window_months + 1)
        latest = months_later(month, window_months - 1)
        if latest > last_before or any(earliest <= other.replace(day=1) <= latest for other in other_dates):
            continue
        value = _change(own, months_later(month, -skipped), month, window_months)
        if math.isfinite(value):
            rows.append(("time", *name, month, value))
    for key, logs in donors.items():
        others = [o for k, o in donors.items() if k != key]
        value = _change(_relative(logs, others), last_before, first_after, window_months)
        rows.append(("space", *key, first_after, value))
    if not rows:
        raise NotEstimable(
            f"No placebo date fits between the start of the series and {measure_date}, and no comparison "
            "series is given."
        )
    named = dict.fromkeys(("placebo_type", *unit), pl.String)
    schema = {**named, "period_start": pl.Date, "statistic": pl.Float64}
    placebos = pl.DataFrame(rows, schema=schema, orient="row")
    (p_time, n_time), (p_space, n_space) = (
        _p_value(placebos.filter(pl.col("placebo_type") == kind)["statistic"], actual)
        for kind in ("time", "space")
    )
    relative = "relative to the mean of the comparison series" if donors else "year on year"
    return PlaceboDates(
        actual=actual,
        placebos=placebos,
        p_value_time=p_time,
        p_value_space=p_space,
        n_time=n_time,
        n_space=n_space,
        statement=(
            f"Mean log flow, {relative}, over {window_months} months from {first_after:%Y-%m} minus the same "
            f"to {last_before:%Y-%m}, beside {n_time} earlier dates and {n_space} other series. The smallest "
            f"p-values attainable are {1 / (1 + n_time):.3f} and {1 / (1 + n_space):.3f}."
        ),
    )


def _donors(
    comparison: pl.DataFrame, outcome: str, period: str, unit: Sequence[str], months: Sequence[date]
) -> dict[tuple[str, ...], Months]:
    """Logs of the comparison series that have a positive flow in every month."""
    donors: dict[tuple[str, ...], Months] = {}
    for key, group in by_unit(comparison, unit, period):
        logs = log_series(group, outcome, period=period) if (group[outcome] > 0).any() else {}
        if all(math.isfinite(logs.get(m, math.nan)) for m in months):
            donors[key] = logs
    if len(donors) < 3:
        raise NotEstimable(
            f"{len(donors)} comparison series have a positive flow in every month of the series, fewer "
            "than 3: a mean of them would stand for too little."
        )
    return donors


def _relative(logs: Months, others: Sequence[Months]) -> dict[date, float]:
    """A series less the mean of others, or less itself a year earlier where there is none."""
    if others:
        shared = [m for m in logs if all(m in other for other in others)]
        return {m: logs[m] - float(np.mean([other[m] for other in others])) for m in shared}
    return {m: value - logs.get(months_later(m, -12), math.nan) for m, value in logs.items()}


def _change(values: Months, before_end: date, after_start: date, n_months: int) -> float:
    """Mean over the months from one date on less the mean over as many months up to another."""
    after = [values.get(months_later(after_start, i), math.nan) for i in range(n_months)]
    before = [values.get(months_later(before_end, -i), math.nan) for i in range(n_months)]
    return float(np.mean(after) - np.mean(before))


def _p_value(values: pl.Series, actual: float) -> tuple[float | None, int]:
    n = len(values)
    if n == 0:
        return None, 0
    return (1 + int((values.abs() >= abs(actual)).sum())) / (1 + n), n
