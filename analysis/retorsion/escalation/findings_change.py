"""Findings on change: regimes, what follows what, and the ladder."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.intensity import intensity, whole_weeks
from retorsion.escalation.ladder import ladder_first, ladder_path
from retorsion.escalation.record import Part, Record
from retorsion.estimators.change_points import Regimes, bootstrap_changes, dispersion_within, regimes
from retorsion.estimators.sequences import Successor, transitions
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


def _rungs(record: Record) -> pl.DataFrame:
    """Types of acts with their rung and its label, null for a type that is on none."""
    labels = dict(enumerate(record.choices.rungs, start=1))
    return record.types.filter(
        pl.col("rung").is_not_null() | pl.col("act_type").is_in(record.counted["act_type"].to_list())
    ).select("act_type", "rung", pl.col("rung").replace_strict(labels, return_dtype=pl.String).alias("label"))


def transitions_part(record: Record) -> Part:
    """What follows what, on the rungs of the ladder, against a permutation of the kinds within each side.

    Returns:
        Number of transitions and those that differ from chance; frame ``transitions`` for the next act of
        either side and of the other side.
    """
    start, end = record.dense()
    acts = (
        record.hostile.filter(pl.col("act_date").is_between(start, end))
        .join(_rungs(record), on="act_type")
        .filter(pl.col("label").is_not_null() & (pl.col("date_precision") == "day"))
        .sort("act_id")
    )
    options = record.choices.transitions
    tables, numbers = [], {}
    successors: tuple[Successor, ...] = ("any", "other")
    for place, successor in enumerate(successors):
        fitted = transitions(
            acts,
            state="label",
            unit="actor_code",
            day="act_date",
            successor=successor,
            max_gap_days=options.max_gap_days,
            n_permutations=record.params.n_draws,
            rng=record.rng(5, place),
            min_events=options.min_acts,
        )
        table = fitted.table.rename({"state": "kind", "next_state": "next_kind"})
        tables.append(table.with_columns(pl.lit(successor).alias("successor")))
        numbers[successor] = {
            "n_acts": fitted.n,
            "n_transitions": fitted.n_transitions,
            "n_pairs": int(table["q_value"].is_not_null().sum()),
            "n_unlike_chance": int((table["q_value"] < 0.05).fill_null(False).sum()),
            "unlike_chance": table.filter(pl.col("q_value") < 0.05).select(
                "kind", "next_kind", "n", "expected", "ratio", "q_value"
            ),
        }
    method = "weights divided among acts of one day; kinds permuted within each side; Benjamini-Hochberg"
    return {"successor": numbers, "method": method}, {"transitions": pl.concat(tables)}


def ladder_part(record: Record) -> Part:
    """How far up the ladder each side went, who was first on each rung.

    Returns:
        First dates by rung and side, types on no rung; frame ``ladder`` (highest rung of each active day).
    """
    if record.hostile.is_empty():
        raise NotEstimable("No hostile act is recorded in the window, so nobody stands on the ladder.")
    rungs = _rungs(record)
    start, end = record.dense()
    acts = record.hostile.filter(pl.col("act_date").is_between(start, end))
    if acts.is_empty():
        raise NotEstimable(
            f"No hostile act is recorded from {start} to {end}, so nobody stands on the ladder."
        )
    path = ladder_path(acts, rungs)
    found = {
        "window": {"start": start, "end": end},
        "rungs": [
            {"rung": number, "label": label} for number, label in enumerate(record.choices.rungs, start=1)
        ],
        "first": ladder_first(acts, rungs),
        "on_no_rung": sorted(rungs.filter(pl.col("rung").is_null())["act_type"]),
        "highest": {
            side: {
                "rung": int(own["highest"].max()),  # type: ignore[arg-type]
                "date": own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0],
                "days_from_first_act": (
                    own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0]
                    - own["act_date"][0]
                ).days,
            }
            for side in record.pair
            if not (own := record.of(side, path)).is_empty()
        },
        "method": "highest rung of each active day; the order of rungs is a choice, stated in the parameters",
    }
    labelled = (
        acts.join(rungs, on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("act_date", "actor_code", "rung", "label")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"))
        .join(path.select("act_date", "actor_code", "highest"), on=["act_date", "actor_code"])
        .sort("act_date", "actor_code", "rung")
    )
    return found, {"ladder": labelled}
