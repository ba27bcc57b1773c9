"""Month-by-month effects against the same calendar month of the year before a measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student_t

from retorsion.dates import months_between, months_later
from retorsion.errors import NotEstimable
from retorsion.estimators.frames import Frame, as_polars
from retorsion.estimators.plotting import Axes, plot_effects
from retorsion.estimators.results import rank_limits
from retorsion.estimators.series import by_unit, is_positive, log_series, pre_period_statement

__all__ = ["EventStudy", "monthly_event_study"]


Months = Mapping[date, float]
#: Lower limit, upper limit and p-value of the effect in one month of the window, by its place.
Limits = Callable[[int, float], tuple[float, float, float]]

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


@dataclass(frozen=True)
class EventStudy:
    """Monthly effects before and after one measure.

    Attributes:
        effects: event_month (0 holds the measure), period_start, phase_type (lead, reference, anticipation,
            after), value, reference_value, effect (log points), lower, upper, p_value, percent_change,
            is_shared (the month shares a source row with others). reference_value is the geometric mean of
            the same calendar months of the reference year, shifted as the comparison series moved. A month
            without a flow has percent_change -100 and null elsewhere.
        comparison: names of the comparison series used.
        left_out: the comparison series left out, with reason_type (zero_or_missing).
        statement: the design in words, with what the pre-period can bear.
        level: confidence level of the intervals.
    """

    effects: pl.DataFrame
    comparison: pl.DataFrame
    left_out: pl.DataFrame
    statement: str
    level: float

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the effects by month with their intervals; gives the axes of matplotlib."""
        drawn = plot_effects(
            axes,
            *(self.effects[name].to_list() for name in ("event_month", "effect", "lower", "upper")),
            label="effect, log points",
        )
        drawn.set_xlabel("months from the measure")
        return drawn


def monthly_event_study(
    series: Frame,
    measure_date: date,
    *,
    comparison: Frame | None = None,
    outcome: str = "value",
    period: str = "period_start",
    row: str | None = None,
    unit: Sequence[str] = (),
    months_before: int = 12,
    months_after: int = 24,
    anticipation_months: int = 0,
    level: float = 0.95,
) -> EventStudy:
    """Effects of a measure month by month, each against the same calendar month of a reference year.

    The reference year is the twelve months that end ``anticipation_months`` before the measure's month.
    With comparison series, their mean change over the same months is subtracted. The interval then comes
    from their deviations from one another in that month (Conley and Taber 2011, *Review of Economics and
    Statistics* 93(1)). That assumes that they are as noisy as the series itself. Without them, it comes
    from the year-on-year changes seen before the reference year, of which there must be at least three.

    Set ``anticipation_months`` to show whether the flow moved before the measure: those months are then
    estimated like leads, not used as reference.

    Args:
        series: one row for each month of one series.
        measure_date: the date of the measure; its month is event month 0, only partly exposed.
        comparison: other series over the same months, without ``series`` itself.
        outcome: column with the flow, 0 or more; null where it is unknown.
        period: column with the first day of each month.
        row: column with the first month of the source row, where rows cover several months.
        unit: columns that name a series; needed with ``comparison``.
        months_before: leads shown, as far as the series reaches.
        months_after: event months shown from 0 on.
        anticipation_months: months before the measure kept out of the reference year.
        level: confidence level asked for; few comparison series hold less.

    Raises:
        NotEstimable: the reference year is incomplete or has months without a flow, all flows are zero, or
            nothing measures the noise.
    """
    wanted = [*unit, period, outcome, *([row] if row else [])]
    series = as_polars(series, wanted, "series")
    comparison = None if comparison is None else as_polars(comparison, [*unit, period, outcome], "comparison")
    logs = log_series(series, outcome, period=period, unit=unit)
    zero_month = measure_date.replace(day=1)
    reference = _reference_year(logs, months_later(zero_month, -1 - anticipation_months))
    base = {m.month: logs[m] for m in reference}
    shown = range(-months_before - anticipation_months, months_after)
    window = [m for k in shown if (m := months_later(zero_month, k)) in logs]
    donors: dict[tuple[str, ...], list[float]] = {}
    left_out = _left_out([], unit)
    if comparison is None:
        limits, against = _limits_of_past(logs, base, reference[0], level)
        common, held = [0.0] * len(window), level
    else:
        donors, left_out = _comparison_gaps(comparison, outcome, period, unit, reference, window)
        matrix = np.array(list(donors.values()))
        limits, against, held = _limits_of_donors(matrix, level)
        common = [float(np.mean(matrix[:, i])) for i in range(len(window))]
    values = dict(series.select(period, outcome).iter_rows())
    shared = set(series.filter(pl.col(row).is_duplicated())[period]) if row else set()
    rows = []
    for i, month in enumerate(window):
        phase = _phase(month, zero_month, reference)
        effect = logs[month] - base[month.month] - common[i]
        is_known = math.isfinite(effect)
        has_limits = is_known and phase != "reference"
        lower, upper, p_value = limits(i, effect) if has_limits else (None, None, None)
        rows.append(
            {
                "event_month": months_between(zero_month, month),
                "period_start": month,
                "phase_type": phase,
                "value": values[month],
                "reference_value": math.exp(base[month.month] + common[i]),
                "effect": effect if is_known else None,
                "lower": lower,
                "upper": upper,
                "p_value": p_value,
                "percent_change": 100 * math.expm1(effect)
                if is_known
                else (-100.0 if values[month] == 0 else None),
                "is_shared": month in shared,
            }
        )
    n_before = sum(m < zero_month and math.isfinite(v) for m, v in logs.items())
    n_after = sum(m >= zero_month and math.isfinite(v) for m, v in logs.items())
    return EventStudy(
        effects=pl.DataFrame(rows, schema=_EVENT_SCHEMA),
        comparison=pl.DataFrame(list(donors), schema=dict.fromkeys(unit, pl.String), orient="row"),
        left_out=left_out,
        statement=(
            f"Each month against the same month of {reference[0]:%Y-%m} to {reference[-1]:%Y-%m}, {against}. "
            + pre_period_statement(n_before, n_after)
        ),
        level=held,
    )


def _reference_year(logs: Months, last: date) -> list[date]:
    """The twelve months up to ``last``."""
    reference = [months_later(last, -i) for i in range(11, -1, -1)]
    if bad := [m for m in reference if not math.isfinite(logs.get(m, math.nan))]:
        raise NotEstimable(
            f"The reference year {reference[0]:%Y-%m} to {reference[-1]:%Y-%m} lacks a positive flow in "
            f"{len(bad)} month(s), the first {bad[0]:%Y-%m}: there is no pre-period to compare with."
        )
    return reference


def _phase(month: date, zero_month: date, reference: Sequence[date]) -> str:
    if month >= zero_month:
        return "after"
    if month > reference[-1]:
        return "anticipation"
    return "reference" if month >= reference[0] else "lead"


def _limits_of_past(
    logs: Months, base: Mapping[int, float], first_reference: date, level: float
) -> tuple[Limits, str]:
    """Limits from the year-on-year changes before the reference year."""
    noise = [logs[m] - base[m.month] for m in sorted(logs) if m < first_reference and math.isfinite(logs[m])]
    if len(noise) < 3:
        raise NotEstimable(
            f"{len(noise)} month(s) precede the reference year, fewer than 3: the usual year-on-year change "
            "is unknown. Give comparison series or a longer pre-period."
        )
    scale = float(np.sqrt(np.mean(np.square(noise))))
    if scale == 0:
        raise NotEstimable(
            "The series never changed from year to year before the reference year: its usual change is unknown. "
            "Give comparison series."
        )
    law = student_t(len(noise))
    half = float(law.ppf(0.5 + level / 2)) * scale

    def limits(_: int, effect: float) -> tuple[float, float, float]:
        return effect - half, effect + half, 2 * float(law.sf(abs(effect) / scale))

    return limits, f"intervals from {len(noise)} year-on-year changes before the reference year"


def _limits_of_donors(matrix: NDArray[np.float64], level: float) -> tuple[Limits, str, float]:
    """Limits from the deviations of comparison series (rows) from one another in the same month (columns)."""
    n = len(matrix)
    if n < 3:
        raise NotEstimable(
            f"{n} comparison series have a positive flow in every month of the window, fewer "
            "than 3: nothing measures the noise."
        )
    low, high, held = rank_limits(n, level)

    def limits(i: int, effect: float) -> tuple[float, float, float]:
        # each donor against the mean of the others, as the series is against the mean of all
        deviations = np.sort((matrix[:, i] - float(np.mean(matrix[:, i]))) * n / (n - 1))
        p_value = (1 + int(np.sum(np.abs(deviations) >= abs(effect)))) / (1 + n)
        return effect - float(deviations[high - 1]), effect - float(deviations[low - 1]), p_value

    against = f"less the mean change of {n} comparison series, intervals from their own deviations" + (
        f" (so few that they hold {held:.0%}, not {level:.0%})" if held < level else ""
    )
    return limits, against, held


def _left_out(rows: Sequence[tuple[str, ...]], unit: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema={**dict.fromkeys(unit, pl.String), "reason_type": pl.String}, orient="row"
    )


def _comparison_gaps(
    comparison: pl.DataFrame,
    outcome: str,
    period: str,
    unit: Sequence[str],
    reference: Sequence[date],
    window: Sequence[date],
) -> tuple[dict[tuple[str, ...], list[float]], pl.DataFrame]:
    """Change of each comparison series in each month of the window, and the series left out."""
    donors: dict[tuple[str, ...], list[float]] = {}
    dropped = []
    for key, group in by_unit(comparison, unit, period):
        values = dict(group.select(period, outcome).iter_rows())
        if all(is_positive(values.get(m)) for m in {*reference, *window}):
            base = {m.month: math.log(values[m]) for m in reference}
            donors[key] = [math.log(values[m]) - base[m.month] for m in window]
        else:
            dropped.append((*key, "zero_or_missing"))
    return donors, _left_out(dropped, unit)
