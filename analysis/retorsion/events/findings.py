"""Findings: machine-coded events of a pair beside its recorded acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import Pair, acts_between
from retorsion.escalation.intensity import intensity, net_balance
from retorsion.escalation.record import Part
from retorsion.events import compare as coded
from retorsion.findings import NOT_ESTIMABLE


def event_findings(
    acts: pl.DataFrame,
    series: pl.DataFrame,
    covered: pl.Series,
    *,
    pair: Pair,
    start: date,
    end: date,
    options: Mapping[str, Any],
) -> Part:
    """How machine-coded events of a pair run, and how well they agree with its recorded acts.

    Args:
        acts: table ``acts``.
        series: table ``event_series`` of one source by day.
        covered: days of which the source has anything.
        pair: codes of the two states.
        start: first day of the window.
        end: last day.
        options: ``period``, ``scale`` (of the acts), ``level``, ``n_bootstrap``, ``seed``, ``window_days``,
            ``quads`` (classes to count, or null for all), ``recorded`` (spans with ``start`` and ``end`` in
            which acts were looked for; outside them events and acts are not compared).

    Returns:
        The finding, and the rows behind it: ``events`` (intensity by period, events and acts) and
        ``event_days``.

    Raises:
        NotEstimable: the source covers no day of the window.
    """
    inside = covered.filter(covered.is_between(start, end))
    if inside.is_empty():
        raise NotEstimable(f"The source has no day from {start} to {end}.")
    first, last = inside.min(), inside.max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    period, scale = options["period"], options["scale"]
    by_period = coded.event_intensity(
        series, inside, pair, first, last, period=period, quads=options.get("quads")
    )
    comparable = inside.filter(_in_spans(inside, options.get("recorded") or []))
    compared = coded.event_intensity(
        series, comparable, pair, first, last, period=period, quads=options.get("quads")
    )
    recorded = acts_between(acts, pair, first, last)
    by_acts = intensity(recorded, pair, first, last, period=period, scales=[scale])
    dated = recorded.filter((pl.col("date_precision") == "day") & (pl.col(scale) > 0))
    found: dict[str, Any] = {
        "source_id": series["source_id"].unique().sort().to_list(),
        "first_day": str(first),
        "last_day": str(last),
        "n_days_covered": inside.n_unique(),
        "n_days_missing": (last - first).days + 1 - inside.n_unique(),
        "n_events": {
            side: int(by_period.filter(pl.col("actor_code") == side)["n_acts"].sum()) for side in pair
        },
        "agreement": coded.period_agreement(compared, by_acts, pair),
        "net_cumulative": net_balance(by_period.with_columns(pl.col("sum").fill_null(0.0)), pair)[
            "cumulative_net"
        ][-1],
        "sides": {},
        "method": "Newey-West and moving-block intervals of the difference of daily means",
    }
    rows = []
    for actor, addressee in (pair, pair[::-1]):
        days = coded.daily_scores(series, comparable, [(actor, addressee)], first, last)
        on = dated.filter(pl.col("actor_code") == actor)["act_date"]
        found["sides"][actor] = _compared(days, on, options)
        rows.append(
            days.select(
                pl.lit(actor).alias("actor_code"),
                "event_date",
                "score",
                pl.col("event_date").is_in(on.unique().implode()).alias("has_act"),
            )
        )
    both = by_period.join(
        by_acts.select(
            "period_start",
            "actor_code",
            pl.col("n_acts").alias("n_recorded"),
            pl.col("sum").alias("recorded_sum"),
        ),
        on=["period_start", "actor_code"],
        how="left",
        maintain_order="left",
    ).with_columns(pl.lit(period).alias("period"))
    return found, {"events": both, "event_days": pl.concat(rows)}


def _in_spans(days: pl.Series, spans: Sequence[Mapping[str, Any]]) -> pl.Series:
    """Whether each day lies in a span; all do if none is stated."""
    if not spans:
        return pl.Series([True] * len(days))
    day = pl.col("day")
    within = pl.any_horizontal(day.is_between(s["start"], s["end"]) for s in spans)
    return days.alias("day").to_frame().select(within).to_series()


def _compared(days: pl.DataFrame, on: pl.Series, options: Mapping[str, Any]) -> dict[str, Any]:
    """Each comparison, or why it cannot be made."""
    comparisons: dict[str, Callable[[], dict[str, Any]]] = {
        "difference": lambda: coded.difference_on_act_days(
            days,
            on,
            level=float(options["level"]),
            n_bootstrap=int(options["n_bootstrap"]),
            seed=int(options["seed"]),
        ),
        "days": lambda: coded.day_agreement(days, on, window_days=int(options["window_days"])),
    }
    made: dict[str, Any] = {}
    for name, compare in comparisons.items():
        try:
            made[name] = compare()
        except NotEstimable as reason:
            made[name] = {NOT_ESTIMABLE: str(reason)}
    return made
