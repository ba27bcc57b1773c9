"""Finding: regimes, and the days on which the number of hostile acts changed."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.intensity import intensity, whole_weeks
from retorsion.escalation.record import Part, Record
from retorsion.estimators.change_points import Regimes, bootstrap_changes, dispersion_within, regimes
from retorsion.findings import NOT_ESTIMABLE, or_statement


def _regime_series(record: Record, side: str, period: str) -> tuple[np.ndarray, list[date]]:
    start, end = record.dense()
    if period == "week":
        start, end = whole_weeks(start, end)
    series = record.of(
        side,
        intensity(record.hostile, record.pair, start, end, period=period, scales=record.scales[:1]),  # type: ignore[arg-type]
    )
    return series["n_acts"].to_numpy().astype(np.float64), series["period_start"].to_list()


def _regimes(
    record: Record, side: str, *, period: str, dispersion: float | None = None
) -> tuple[Regimes, list[date]]:
    options = record.choices.regimes
    counts, starts = _regime_series(record, side, period)
    size = {"max_changes": options.max_changes, "min_size": options.min_size}
    if dispersion is None:
        dispersion = dispersion_within(counts, size["max_changes"], min_size=size["min_size"])
    fitted = regimes(
        counts, starts, dispersion=dispersion, level=record.level, min_acts=options.min_acts, **size
    )
    return fitted, starts


def regimes_part(record: Record) -> Part:
    """Change points of each side's number of hostile acts, with uncertainty.

    Returns:
        Changes and regimes by side, the same under other choices; frames ``regimes`` (segments of both
        sides) and ``changes``.
    """
    record.dense()
    period = record.choices.regimes.period
    segments, changes = [], []
    by_side: dict[str, Any] = {}
    for place, side in enumerate(record.pair):
        try:
            fitted, starts = _regimes(record, side, period=period)
        except NotEstimable as reason:
            by_side[side] = {NOT_ESTIMABLE: str(reason)}
            continue
        segments.append(fitted.segments.with_columns(pl.lit(side).alias("actor_code")))
        found = {
            "n_acts": fitted.n_acts,
            "n_periods": fitted.n_periods,
            "dispersion": fitted.dispersion,
            "n_changes": fitted.n_changes,
            "segments": fitted.segments,
            "other_choices": _changes_otherwise(record, side),
        }
        if fitted.n_changes:
            drawn = bootstrap_changes(
                fitted,
                starts,
                n_draws=record.params.n_bootstrap,
                rng=record.rng(4, place),
                min_size=record.choices.regimes.min_size,
                level=record.level,
            )
            limits = drawn.table.select(
                "change",
                pl.col("lower").alias("bootstrap_lower"),
                pl.col("upper").alias("bootstrap_upper"),
            )
            placed = fitted.changes.join(limits, on="change", maintain_order="left")
            changes.append(placed.with_columns(pl.lit(side).alias("actor_code")))
            found |= {"changes": placed, "share_of_draws_with_as_many": drawn.same_number}
        by_side[side] = found
    if not segments:
        raise NotEstimable(" ".join(dict.fromkeys(part[NOT_ESTIMABLE] for part in by_side.values())))
    method = (
        "Poisson change points by exact segmentation, likelihood divided by the dispersion; sets by the "
        "posterior of each change given its neighbours and by parametric bootstrap"
    )
    frames = {"regimes": pl.concat(segments)} | ({"changes": pl.concat(changes)} if changes else {})
    return {"period": period, "by_side": by_side, "method": method}, frames


def _changes_otherwise(record: Record, side: str) -> dict[str, Any]:
    """Dates of the changes by other periods, and with every package taken for independent acts."""
    choices: dict[str, tuple[str, float | None]] = {
        "weeks": ("week", None),
        "weeks, no overdispersion": ("week", 1.0),
        "months": ("month", None),
        "months, no overdispersion": ("month", 1.0),
    }

    def dates(period: str, dispersion: float | None) -> list[date]:
        fitted, _ = _regimes(record, side, period=period, dispersion=dispersion)
        return _change_dates(fitted)

    return {name: or_statement(partial(dates, *choice)) for name, choice in choices.items()}


def _change_dates(fitted: Regimes) -> list[date]:
    return fitted.changes["period_start"].to_list()
