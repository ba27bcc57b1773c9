"""Machine-coded events beside recorded acts: their series as other measures take it, and the agreement.

Events are never acts. They say how often and how severely the news spoke of one state towards another; a
period of which the source has no day is unknown, not calm.

Newey, W. and West, K. (1987), Econometrica 55(3); for days that are missing, Datta, D. and Du, W. (2012),
Nonparametric HAC estimation for time series data with missing observations, Federal Reserve IFDP 1060 (their
amplitude-modulated estimator); Künsch, H. (1989), Annals of Statistics 17(3), for the moving-block bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import statsmodels.api as sm
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.acts import Pair
from retorsion.escalation.intensity import Period, calendar
from retorsion.events.series import EVERY


def event_intensity(
    series: pl.DataFrame,
    covered: Sequence[date] | pl.Series,
    pair: Pair,
    start: date,
    end: date,
    *,
    period: Period,
    quads: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Events of each side in every period, as :func:`retorsion.escalation.intensity.intensity` gives acts.

    Args:
        series: table ``event_series`` of one source, with periods no longer than ``period``.
        covered: days of which the source has anything, of whichever states.
        pair: codes of the two states.
        start: first day of the window.
        end: last day, included.
        period: day, week, month or quarter.
        quads: classes to count; all if None.

    Returns:
        Frame period_start, n_days, n_covered, actor_code, addressee_code, scale, n_acts, sum, mean,
        cumulative: a row for every period and side. Where no day of a period is covered, number, sum and
            mean are null
        and ``cumulative`` stays; where some are, without events the sum is 0. Positive is hostile.

    Raises:
        ParameterError: unknown period, an empty window, or a series that is coarser than ``period``.
    """
    grid = calendar(start, end, period)
    given = series["period_type"].unique().to_list()
    order = list(EVERY)
    if any(order.index(p) > order.index(period) for p in given) or (
        "week" in given and period in ("month", "quarter")
    ):
        raise ParameterError(f"period {period!r}: the series is by {', '.join(given)}. Build it by day")
    days = pl.DataFrame({"day": pl.Series(covered, dtype=pl.Date)}).unique()
    days = days.filter(pl.col("day").is_between(start, end))
    n_covered = days.group_by(pl.col("day").dt.truncate(EVERY[period]).alias("period_start")).agg(
        pl.len().cast(pl.Int64).alias("n_covered")
    )
    grid = grid.join(n_covered, on="period_start", how="left").with_columns(pl.col("n_covered").fill_null(0))
    chosen = series.filter(pl.col("period_start").is_between(start, end))
    if quads is not None:
        chosen = chosen.filter(pl.col("quad_type").is_in(list(quads)))
    scale = "/".join(sorted(series["scale_type"].unique())) or "intensity"
    parts = []
    for actor, addressee in (pair, pair[::-1]):
        side = (
            chosen.filter((pl.col("actor_code") == actor) & (pl.col("target_code") == addressee))
            .with_columns(pl.col("period_start").dt.truncate(EVERY[period]))
            .sort("period_start", "quad_type")
            .group_by("period_start", maintain_order=True)
            .agg(
                pl.col("n_events").sum().alias("n_acts"),
                pl.col("n_scored").sum(),
                pl.col("intensity_sum").sum().alias("sum"),
            )
        )
        known = pl.col("n_covered") > 0
        parts.append(
            grid.join(side, on="period_start", how="left", maintain_order="left")
            .with_columns(
                pl.when(known).then(pl.col("n_acts").fill_null(0)).alias("n_acts"),
                pl.when(known).then(pl.col("sum").fill_null(0.0)).alias("sum"),
                pl.when(known & (pl.col("n_scored") > 0))
                .then(pl.col("sum") / pl.col("n_scored"))
                .alias("mean"),
            )
            .select(
                "period_start",
                "n_days",
                "n_covered",
                pl.lit(actor).alias("actor_code"),
                pl.lit(addressee).alias("addressee_code"),
                pl.lit(scale).alias("scale"),
                "n_acts",
                "sum",
                "mean",
                pl.col("sum").fill_null(0.0).cum_sum().alias("cumulative"),
            )
        )
    return pl.concat(parts)


def difference_on_act_days(
    days: pl.DataFrame,
    act_dates: Sequence[date] | pl.Series,
    *,
    level: float,
    n_bootstrap: int,
    seed: int,
    block_days: int | None = None,
    min_act_days: int = 5,
) -> dict[str, Any]:
    """Mean score on days of recorded acts against other days, with two intervals.

    Args:
        days: ``event_date``, ``score``: one row a day; null, or no row between the first and the last, where
            nothing is known of the day. The sign is the source's.
        act_dates: days of recorded acts.
        level: of the intervals.
        n_bootstrap: draws.
        seed: of the draws.
        block_days: length of the blocks, and bandwidth of the other interval; by default the cube root of the
            number of days, but at least 7, because news has weeks.
        min_act_days: fewer days with acts and a score are too few.

    Returns:
        ``n_act_days``, ``n_other_days``, ``n_missing_days``, ``n_act_days_missing``, ``mean_act_days``,
        ``mean_other_days``, ``difference``, ``lower`` and ``upper`` (heteroskedasticity and autocorrelation
        consistent, missing days as zero moments), ``p_value``, ``bootstrap_lower`` and ``bootstrap_upper``
        (moving blocks of days, percentiles), ``block_days``.

    Raises:
        NotEstimable: too few days with acts, or with none, have a score.
        ParameterError: a day occurs twice.
    """
    if days["event_date"].n_unique() != len(days):
        raise ParameterError("days: a day occurs twice. Add its scores up first")
    known = days.drop_nulls("score")
    if known.is_empty():
        raise NotEstimable("No day has a score.")
    first, last = known["event_date"].min(), known["event_date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    every = pl.DataFrame({"event_date": pl.date_range(first, last, eager=True)})
    score = (
        every.join(known.select("event_date", "score"), on="event_date", how="left", maintain_order="left")[
            "score"
        ]
        .cast(pl.Float64)
        .to_numpy()
    )
    acted = every["event_date"].is_in(pl.Series(act_dates, dtype=pl.Date).unique().implode()).to_numpy()
    has = ~np.isnan(score)
    n_act, n_other = int((acted & has).sum()), int((~acted & has).sum())
    if min(n_act, n_other) < max(min_act_days, 2):
        raise NotEstimable(
            f"Of {int(has.sum())} days with a score {n_act} have a recorded act and {n_other} have none: "
            "too few to "
            "compare."
        )
    block = max(7, round(len(score) ** (1 / 3))) if block_days is None else block_days
    y = np.where(has, score, 0.0)
    design = np.column_stack([has, acted & has]).astype(np.float64)
    # A missing day is a row of zeros: it moves no estimate, and its place keeps the lags of the others apart.
    fit = sm.OLS(y, design).fit(cov_type="HAC", cov_kwds={"maxlags": block, "use_correction": False})
    z = float(stats.norm.ppf(0.5 + level / 2))
    difference, error = float(fit.params[1]), float(fit.bse[1])
    drawn = _block_differences(y, design, block, n_bootstrap, np.random.default_rng(seed))
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail])
    return {
        "n_act_days": n_act,
        "n_other_days": n_other,
        "n_missing_days": int((~has).sum()),
        "n_act_days_missing": int((acted & ~has).sum()),
        "mean_act_days": float(score[acted & has].mean()),
        "mean_other_days": float(score[~acted & has].mean()),
        "difference": difference,
        "lower": difference - z * error,
        "upper": difference + z * error,
        "p_value": float(2 * stats.norm.sf(abs(difference / error))) if error > 0 else None,
        "bootstrap_lower": float(lower),
        "bootstrap_upper": float(upper),
        "block_days": block,
    }


def _block_differences(
    y: np.ndarray, design: np.ndarray, block: int, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Differences of means in series put together from blocks of days, missing days with the others."""
    n = len(y)
    starts = rng.integers(0, n - block + 1, (n_draws, -(-n // block)))
    days = (starts[:, :, None] + np.arange(block)).reshape(n_draws, -1)[:, :n]
    on, has, values = design[:, 1][days], design[:, 0][days], y[days]
    n_on, n_off = on.sum(axis=1), (has - on).sum(axis=1)
    ok = (n_on > 0) & (n_off > 0)
    return np.asarray(
        (values * on).sum(axis=1)[ok] / n_on[ok] - (values * (has - on)).sum(axis=1)[ok] / n_off[ok]
    )


def daily_scores(
    series: pl.DataFrame,
    covered: Sequence[date] | pl.Series,
    sides: Sequence[Pair],
    start: date,
    end: date,
) -> pl.DataFrame:
    """Summed intensity of every day over one or both directions of a pair; null on days that are not covered.

    Args:
        series: table ``event_series`` of one source by day.
        covered: days of which the source has anything.
        sides: directions to add up.
        start: first day.
        end: last day, included.

    Returns:
        Frame event_date, score: 0 on a covered day without events.
    """
    found = pl.concat(
        [
            event_intensity(series, covered, pair, start, end, period="day").filter(
                pl.col("actor_code") == pair[0]
            )
            for pair in sides
        ]
    )
    total = pl.when(pl.col("sum").is_not_null().any()).then(pl.col("sum").sum())
    return (
        found.group_by("period_start", maintain_order=True)
        .agg(total.alias("score"))
        .rename({"period_start": "event_date"})
        .sort("event_date")
    )


def day_agreement(
    days: pl.DataFrame, act_dates: Sequence[date] | pl.Series, *, window_days: int = 1
) -> dict[str, Any]:
    """How often the source has a hostile day where an act is recorded, and how often elsewhere.

    Args:
        days: ``event_date``, ``score`` (positive is hostile; null is unknown).
        act_dates: days of recorded hostile acts.
        window_days: the news may be so many days late.

    Returns:
        ``n_act_days`` and ``n_other_days`` of which anything is known, ``share_act_days`` and
        ``share_other_days`` with a hostile score on the day or within the window after it, ``lift`` (their
        ratio; null without hostile other days).

    Raises:
        NotEstimable: no day of an act, or no other, is covered.
    """
    ordered = days.sort("event_date")
    hostile = dict(ordered.select("event_date", pl.col("score") > 0).iter_rows())
    acted = set(act_dates)
    seen: dict[bool, list[bool]] = {True: [], False: []}
    for day in hostile:
        after = [hostile.get(day + timedelta(days=n)) for n in range(window_days + 1)]
        known = [h for h in after if h is not None]
        if known:
            seen[day in acted].append(any(known))
    if not seen[True] or not seen[False]:
        raise NotEstimable("No day of a recorded act, or no other day, is covered by the source.")
    on, off = float(np.mean(seen[True])), float(np.mean(seen[False]))
    return {
        "n_act_days": len(seen[True]),
        "n_other_days": len(seen[False]),
        "share_act_days": on,
        "share_other_days": off,
        "lift": on / off if off > 0 else None,
    }


def period_agreement(events: pl.DataFrame, acts: pl.DataFrame, pair: Pair) -> dict[str, Any]:
    """Whether events and recorded acts order the periods alike, for each side.

    Args:
        events: as :func:`event_intensity` gives it.
        acts: as :func:`retorsion.escalation.intensity.intensity` gives it, on one scale and the same periods.
        pair: codes of the two states.

    Returns:
        Each side to ``kendall_tau`` (tau-b of the sums over covered periods; null where one does not vary)
        and ``n_periods``.
    """
    found: dict[str, Any] = {}
    for side in pair:
        both = (
            events.filter((pl.col("actor_code") == side) & pl.col("sum").is_not_null())
            .select("period_start", pl.col("sum").alias("events"))
            .join(
                acts.filter(pl.col("actor_code") == side).select("period_start", pl.col("sum").alias("acts")),
                on="period_start",
            )
            .sort("period_start")
        )
        x, y = both["events"].to_numpy(), both["acts"].to_numpy()
        varies = len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
        found[side] = {
            "kendall_tau": float(stats.kendalltau(x, y).statistic) if varies else None,
            "n_periods": len(both),
        }
    return found
