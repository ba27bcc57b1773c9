"""Finding: how hard each side acted, and whether the scale matters.

Number, sum and mean are reported together: a sum confounds how often a side acts with how severe its acts are
(Goldstein 1992, Journal of Conflict Resolution 36; Schrodt 2007, annual meeting of the Peace Science
Society). Positive is hostile on every scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import combinations, product
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy import stats

from retorsion.dates import check_window
from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.acts import Pair
from retorsion.escalation.record import Part, Record
from retorsion.escalation.units import UNITS, in_units
from retorsion.findings import or_statement
from retorsion.sources.states import state_name

Period = Literal["day", "week", "month", "quarter"]
_EVERY = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}


def calendar(start: date, end: date, period: Period) -> pl.DataFrame:
    """Every period that touches the window.

    Args:
        start: first day of the window.
        end: last day, included.
        period: day, week (from Monday), month or quarter.

    Returns:
        Frame period_start, n_days: days of the period inside the window, which is less than a whole period
        at the two ends.

    Raises:
        ParameterError: unknown period, or the window ends before it starts.
    """
    check_window(start, end)
    if period not in _EVERY:
        raise ParameterError(f"period {period!r}: unknown. Choose one of {', '.join(_EVERY)}")
    days = pl.DataFrame({"day": pl.date_range(start, end, "1d", eager=True)})
    return (
        days.group_by(pl.col("day").dt.truncate(_EVERY[period]).alias("period_start"))
        .agg(pl.len().cast(pl.Int64).alias("n_days"))
        .sort("period_start")
    )


def intensity(
    acts: pl.DataFrame,
    pair: Pair,
    start: date,
    end: date,
    *,
    period: Period,
    scales: Sequence[str],
    coarse_dates: Literal["exclude", "include"] = "exclude",
) -> pl.DataFrame:
    """Number, sum, mean and running sum of the acts of each side on each scale.

    Args:
        acts: one row per act (see :func:`retorsion.escalation.acts.acts_between`).
        pair: codes of the two states.
        start: first day of the window.
        end: last day, included.
        period: day, week, month or quarter.
        scales: columns to aggregate.
        coarse_dates: what to do by day or week with acts of which only the month is known. Included, they
            stand on the first of their month. By month and quarter they are always counted. Acts of which
            only the year is known are treated alike at every period.

    Returns:
        Frame period_start, n_days, actor_code, addressee_code, scale, n_acts, sum, mean, cumulative with a
        row for every period, side and scale; without acts the sum is 0 and the mean null. Acts without a
        value on a scale count in ``n_acts`` and not in sum and mean.

    Raises:
        ParameterError: unknown period, scale, or window.
    """
    missing = [scale for scale in scales if scale not in acts.columns]
    if missing:
        raise ParameterError(f"scales {missing}: not columns of the acts. Choose among {acts.columns}")
    grid = calendar(start, end, period)
    chosen = acts.filter(pl.col("act_date").is_between(start, end)).sort("act_date", "act_id")
    if coarse_dates == "exclude" and "date_precision" in acts.columns:
        known = ["day"] if period in ("day", "week") else ["day", "month"]
        chosen = chosen.filter(pl.col("date_precision").is_in(known))
    chosen = chosen.with_columns(pl.col("act_date").dt.truncate(_EVERY[period]).alias("period_start"))
    starts = grid["period_start"].to_numpy()
    parts = []
    for actor, addressee in (pair, pair[::-1]):
        side = chosen.filter((pl.col("actor_code") == actor) & (pl.col("addressee_code") == addressee))
        place = np.searchsorted(starts, side["period_start"].to_numpy())
        n_acts = np.bincount(place, minlength=len(starts))
        for scale in scales:
            value = side[scale].cast(pl.Float64).to_numpy()
            known = ~np.isnan(value)
            # bincount adds in the order of the rows, so the float sum does not depend on threads
            total = np.bincount(place[known], weights=value[known], minlength=len(starts)).astype(np.float64)
            n_known = np.bincount(place[known], minlength=len(starts))
            mean = np.divide(total, n_known, out=np.full(len(starts), np.nan), where=n_known > 0)
            parts.append(
                grid.with_columns(
                    pl.lit(actor).alias("actor_code"),
                    pl.lit(addressee).alias("addressee_code"),
                    pl.lit(scale).alias("scale"),
                    pl.Series("n_acts", n_acts, dtype=pl.Int64),
                    pl.Series("sum", total),
                    pl.Series("mean", mean, nan_to_null=True),
                    pl.Series("cumulative", np.cumsum(total)),
                )
            )
    return pl.concat(parts)


def net_balance(series: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """What the first state did to the second, minus what the second did to the first.

    Args:
        series: as :func:`intensity` returns it.
        pair: codes of the two states.

    Returns:
        Frame period_start, scale, first_code, second_code, first_sum, second_sum, net, cumulative_net.
        Positive: the first side did more, or worse.
    """
    first, second = (
        series.filter(pl.col("actor_code") == actor).select(
            "period_start", "scale", pl.col("sum").alias(name)
        )
        for actor, name in zip(pair, ("first_sum", "second_sum"), strict=True)
    )
    return (
        first.join(second, on=["period_start", "scale"], validate="1:1", maintain_order="left")
        .with_columns(
            pl.lit(pair[0]).alias("first_code"),
            pl.lit(pair[1]).alias("second_code"),
            (pl.col("first_sum") - pl.col("second_sum")).alias("net"),
        )
        .with_columns(pl.col("net").cum_sum().over("scale", order_by="period_start").alias("cumulative_net"))
        .select(
            "period_start",
            "scale",
            "first_code",
            "second_code",
            "first_sum",
            "second_sum",
            "net",
            "cumulative_net",
        )
    )


def scale_agreement(series: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """Whether two scales order the periods alike and name the same side: does the scale matter.

    Args:
        series: as :func:`intensity` returns it, with two scales or more.
        pair: codes of the two states.

    Returns:
        A row for each pair of scales and each actor, and one with actor_code null for the net balance:
        scale, other_scale, actor_code, kendall_tau (tau-b of the period sums over periods in which either is
        not zero, null where one does not vary), n_periods, same_peak (both have their largest sum in the same
        period; null for the balance), n_sign_changes (periods in which the two have opposite signs),
        same_total_sign.

    Raises:
        NotEstimable: fewer than two scales.
    """
    scales = series["scale"].unique(maintain_order=True).to_list()
    if len(scales) < 2:
        raise NotEstimable("Agreement between scales needs two scales or more.")
    net = net_balance(series, pair)
    columns: dict[str | None, dict[str, np.ndarray]] = {
        actor: {
            scale: series.filter((pl.col("actor_code") == actor) & (pl.col("scale") == scale))[
                "sum"
            ].to_numpy()
            for scale in scales
        }
        for actor in pair
    }
    columns[None] = {scale: net.filter(pl.col("scale") == scale)["net"].to_numpy() for scale in scales}
    rows = []
    for actor, by_scale in columns.items():
        for one, other in combinations(scales, 2):
            x, y = by_scale[one], by_scale[other]
            active = (x != 0) | (y != 0)
            varies = active.sum() > 1 and np.ptp(x[active]) > 0 and np.ptp(y[active]) > 0
            rows.append(
                {
                    "scale": one,
                    "other_scale": other,
                    "actor_code": actor,
                    "kendall_tau": float(stats.kendalltau(x[active], y[active]).statistic)
                    if varies
                    else None,
                    "n_periods": int(active.sum()),
                    "same_peak": None
                    if actor is None or not active.any()
                    else bool(x.argmax() == y.argmax()),
                    "n_sign_changes": int(np.sum(x * y < 0)),
                    "same_total_sign": bool(np.sign(x.sum()) == np.sign(y.sum())),
                }
            )
    return pl.DataFrame(
        rows,
        schema={
            "scale": pl.String,
            "other_scale": pl.String,
            "actor_code": pl.String,
            "kendall_tau": pl.Float64,
            "n_periods": pl.Int64,
            "same_peak": pl.Boolean,
            "n_sign_changes": pl.Int64,
            "same_total_sign": pl.Boolean,
        },
    )


def whole_weeks(start: date, end: date) -> tuple[date, date]:
    """The part of a window that consists of whole weeks, Monday to Sunday.

    Raises:
        NotEstimable: the window holds no whole week.
    """
    check_window(start, end)
    first = start + timedelta(days=-start.weekday() % 7)
    last = end - timedelta(days=(end.weekday() + 1) % 7)
    if last < first:
        raise NotEstimable(f"The window {start} to {end} holds no whole week.")
    return first, last


#: Columns of the periods in which a side acted.
_PERIODS = (
    "period", "period_start", "n_days", "actor_code", "scale", "n_acts", "sum", "mean", "cumulative",
)  # fmt: skip


def intensity_part(record: Record) -> Part:
    """Intensity of each side by period and scale, the balance, and whether the scale matters.

    Returns:
        Totals by side and scale, share of the first side with a bootstrap interval over weeks, the same by unit and
        with provocations, peaks, agreement of scales; frames ``intensity`` (periods in which a side acted),
        ``intensity_with_provocations`` (the same by month, with events scored as what they are) and ``balance``
        (months in which either acted).
    """
    if record.counted.is_empty():
        raise NotEstimable(
            f"No act is recorded from {record.start} to {record.end}, so there is no intensity."
        )
    first, second = record.pair
    series = {period: _by_period(record, record.counted, period) for period in record.choices.periods}
    peaks = {period: _peaks(one) for period, one in series.items()}
    monthly = series["month"] if "month" in series else _by_period(record, record.counted, "month")
    balance = net_balance(monthly, record.pair)
    by_scale = {scale: own for (scale,), own in balance.group_by("scale", maintain_order=True)}
    final = {scale: float(own["cumulative_net"][-1]) for scale, own in by_scale.items()}
    ahead = {scale: first if net > 0 else second if net < 0 else None for scale, net in final.items()}
    agreement = [
        scale_agreement(one, record.pair).with_columns(pl.lit(period).alias("period"))
        for period, one in series.items()
        if len(record.scales) > 1
    ]
    found = {
        "totals": _totals(record),
        "share_of_first": {
            scale: or_statement(partial(share_of_first, record, record.hostile, scale))
            for scale in record.scales
        },
        "by_what_counts": by_what_counts(record),
        "n_provocations": {side: len(record.of(side, record.provocations)) for side in record.pair},
        "balance": final,
        "ahead": ahead,
        "same_side_ahead_on_all_scales": len(set(ahead.values())) == 1,
        "agreement": pl.concat([one for one in agreement if not one.is_empty()]) if agreement else [],
        "peaks": pl.concat(peaks.values()),
        "peak_agrees": {
            period: {
                side: chosen.filter(pl.col("actor_code") == side)["period_start"].n_unique() <= 1
                for side in record.pair
            }
            for period, chosen in peaks.items()
        },
        "n_months": balance["period_start"].n_unique(),
        "n_months_first_ahead": {scale: int((own["net"] > 0).sum()) for scale, own in by_scale.items()},
        "n_months_second_ahead": {scale: int((own["net"] < 0).sum()) for scale, own in by_scale.items()},
        "method": "sums per period on each scale; interval: bootstrap over weeks (percentiles)",
    }
    provoked = pl.concat(
        [record.counted.select(record.provocations.columns), record.provocations], how="vertical_relaxed"
    )
    acted = pl.col("n_acts") > 0
    return found, {
        "intensity": pl.concat(series.values()).filter(acted).select(_PERIODS),
        "intensity_with_provocations": _by_period(record, provoked, "month").filter(acted).select(_PERIODS),
        "balance": _shares_of_all(record, balance),
    }


def _by_period(record: Record, acts: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Intensity of acts by period, which it names."""
    series = intensity(acts, record.pair, record.start, record.end, period=period, scales=record.scales)
    return series.with_columns(pl.lit(period).alias("period"))


def _peaks(series: pl.DataFrame) -> pl.DataFrame:
    """The period in which each side acted hardest on each scale, the first where several are alike."""
    return (
        series.filter(pl.col("n_acts") > 0)
        .sort("actor_code", "scale", "sum", "period_start", descending=[False, False, True, False])
        .unique(["actor_code", "scale"], keep="first", maintain_order=True)
        .select("period", "actor_code", "scale", "period_start", "n_acts", "sum", "mean")
    )


def _totals(record: Record) -> list[dict[str, Any]]:
    """Number, sum and mean of each side's acts on each scale."""
    return [
        {
            "actor_code": side,
            "scale": scale,
            "n_acts": len(own := record.of(side, record.counted)),
            "sum": own[scale].sum(),
            "mean": own[scale].mean(),
        }
        for scale in record.scales
        for side in record.pair
    ]


def _shares_of_all(record: Record, balance: pl.DataFrame) -> pl.DataFrame:
    """The months in which a side acted, with the balance so far as a share of all hostile intensity."""
    total = {scale: float(record.hostile[scale].sum()) for scale in record.scales}
    share = pl.col("cumulative_net") / pl.col("scale").replace_strict(total, return_dtype=pl.Float64)
    acted = (pl.col("first_sum") != 0) | (pl.col("second_sum") != 0)
    return balance.with_columns(share.fill_nan(None).alias("cumulative_net_share")).filter(acted)


def _weekly(record: Record, acts: pl.DataFrame, scale: str) -> np.ndarray:
    """Sums of some acts per week of the recorded spans, shape (weeks, 2); weeks without acts included."""
    parts = []
    for start, end in record.spans():
        series = intensity(
            acts, record.pair, start, end, period="week", scales=[scale], coarse_dates="include"
        )
        parts.append(np.column_stack([record.of(side, series)["sum"].to_numpy() for side in record.pair]))
    if not parts:
        raise NotEstimable(f"No recorded span lies in the window {record.start} to {record.end}.")
    return np.concatenate(parts)


def check_both_act(record: Record) -> None:
    """Raise NotEstimable unless each side has a hostile act."""
    for side in record.pair:
        if record.of(side).is_empty():
            raise NotEstimable(
                f"{state_name(side)} has no hostile act from {record.start} to {record.end}, so there are not two "
                "sides to compare."
            )


def share_of_first(record: Record, acts: pl.DataFrame, scale: str) -> dict[str, Any]:
    """Share of the first side in the intensity of both, with a bootstrap interval over weeks.

    Args:
        record: gives the pair, the spans and the draws.
        acts: what is summed: hostile acts, with or without provocations, in any unit.
        scale: which scale.

    Raises:
        NotEstimable: a side has nothing to sum.
    """
    weekly = _weekly(record, acts, scale)
    for place, side in enumerate(record.pair):
        if not weekly[:, place].any():
            raise NotEstimable(
                f"{state_name(side)} has no hostile act in the spans that were searched, so there are not two sides to "
                "compare."
            )
    total = weekly.sum()
    draws = record.rng(1).integers(0, len(weekly), (record.params.n_bootstrap, len(weekly)))
    drawn = weekly[draws].sum(axis=1)
    known = drawn.sum(axis=1) > 0
    tail = (1 - record.level) / 2
    lower, upper = np.quantile(drawn[known, 0] / drawn[known].sum(axis=1), [tail, 1 - tail])
    return {
        "estimate": weekly[:, 0].sum() / total,
        "lower": lower,
        "upper": upper,
        "ratio": weekly[:, 0].sum() / weekly[:, 1].sum(),
        "n": len(acts),
        "n_weeks": len(weekly),
    }


def by_what_counts(record: Record) -> list[dict[str, Any]]:
    """The first side's share on the main scale by what is counted as one act, without and with provocations.

    Returns:
        Records unit, provocations, estimate, lower, upper, ratio (of the first side's sum to the second's), n, n_weeks;
        or the statement why there is no share.
    """
    scale = record.scales[0]
    rows = []
    for provocations, unit in product((False, True), UNITS):
        acts = in_units(record.scored(provocations=provocations), unit, record.scales)
        share = or_statement(partial(share_of_first, record, acts, scale))
        rows.append({"unit": unit, "provocations": provocations, **share})
    return rows
