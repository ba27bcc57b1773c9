"""Findings on intensity: how hard each side acted, and whether the scale matters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.intensity import intensity, net_balance, scale_agreement
from retorsion.escalation.record import Part, Record
from retorsion.findings import or_statement
from retorsion.sources.states import state_name


def intensity_part(record: Record) -> Part:
    """Intensity of each side by period and scale, the balance, and whether the scale matters.

    Returns:
        Totals by side and scale, share of the first side with a bootstrap interval over weeks, peaks,
        agreement of scales; frames ``intensity`` (periods in which a side acted) and ``balance`` (months in
        which either did).
    """
    if record.counted.is_empty():
        raise NotEstimable(
            f"No act is recorded from {record.start} to {record.end}, so there is no intensity."
        )
    first, second = record.pair
    parts, agreement, peaks = [], [], []
    monthly = None
    for period in record.choices.periods:
        series = intensity(
            record.counted, record.pair, record.start, record.end, period=period, scales=record.scales
        ).with_columns(pl.lit(period).alias("period"))
        parts.append(series)
        agreement.append(
            scale_agreement(series, record.pair).with_columns(pl.lit(period).alias("period"))
            if len(record.scales) > 1
            else pl.DataFrame()
        )
        peaks.append(
            series.filter(pl.col("n_acts") > 0)
            .sort("actor_code", "scale", "sum", "period_start", descending=[False, False, True, False])
            .unique(["actor_code", "scale"], keep="first", maintain_order=True)
            .select("period", "actor_code", "scale", "period_start", "n_acts", "sum", "mean")
        )
        if period == "month":
            monthly = series
    if monthly is None:
        monthly = intensity(
            record.counted, record.pair, record.start, record.end, period="month", scales=record.scales
        )
    balance = net_balance(monthly, record.pair)
    total = {scale: float(record.hostile[scale].sum()) for scale in record.scales}
    totals = [
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
    shares = {scale: or_statement(partial(_share_of_first, record, scale)) for scale in record.scales}
    final = {
        scale: float(values["cumulative_net"][-1])
        for (scale,), values in balance.group_by("scale", maintain_order=True)
    }
    ahead = {scale: first if net > 0 else second if net < 0 else None for scale, net in final.items()}
    agreed = (
        pl.concat([frame for frame in agreement if not frame.is_empty()]) if len(record.scales) > 1 else None
    )
    found = {
        "totals": totals,
        "share_of_first": shares,
        "balance": final,
        "ahead": ahead,
        "same_side_ahead_on_all_scales": len(set(ahead.values())) == 1,
        "agreement": agreed if agreed is not None else [],
        "peaks": pl.concat(peaks),
        "peak_agrees": {
            period: {
                side: chosen.filter(pl.col("actor_code") == side)["period_start"].n_unique() <= 1
                for side in record.pair
            }
            for period, chosen in zip(record.choices.periods, peaks, strict=True)
        },
        "n_months": balance["period_start"].n_unique(),
        "n_months_first_ahead": {
            scale: int((values["net"] > 0).sum())
            for (scale,), values in balance.group_by("scale", maintain_order=True)
        },
        "n_months_second_ahead": {
            scale: int((values["net"] < 0).sum())
            for (scale,), values in balance.group_by("scale", maintain_order=True)
        },
        "method": "sums per period on each scale; interval: bootstrap over weeks (percentiles)",
    }
    written = balance.with_columns(
        (pl.col("cumulative_net") / pl.col("scale").replace_strict(total, return_dtype=pl.Float64))
        .fill_nan(None)
        .alias("cumulative_net_share")
    ).filter((pl.col("first_sum") != 0) | (pl.col("second_sum") != 0))
    columns = [
        "period",
        "period_start",
        "n_days",
        "actor_code",
        "scale",
        "n_acts",
        "sum",
        "mean",
        "cumulative",
    ]
    return found, {
        "intensity": pl.concat(parts).filter(pl.col("n_acts") > 0).select(columns),
        "balance": written,
    }


def _weekly(record: Record, scale: str) -> np.ndarray:
    """Hostile sums per week of the recorded spans, shape (weeks, 2); weeks without acts included."""
    parts = []
    for start, end in record.spans():
        series = intensity(
            record.hostile, record.pair, start, end, period="week", scales=[scale], coarse_dates="include"
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


def _share_of_first(record: Record, scale: str) -> dict[str, Any]:
    """Share of the first side in the intensity of both, hostile acts only."""
    check_both_act(record)
    weekly = _weekly(record, scale)
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
        "n": len(record.hostile),
        "n_weeks": len(weekly),
    }
