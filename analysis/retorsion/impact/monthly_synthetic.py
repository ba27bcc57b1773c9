"""Findings of synthetic control: the target's flow against a weighted average of the other partners'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from retorsion.estimators.control_placebos import leave_one_out, placebos_in_space, placebos_in_time
from retorsion.estimators.results import Estimate
from retorsion.estimators.synthetic_control import (
    ControlFit,
    ControlPanel,
    control_panel,
    convex_control,
    synthetic_did,
)
from retorsion.findings import or_statement
from retorsion.impact.findings import Found, json_rows, ranked
from retorsion.impact.monthly_models import partner_months
from retorsion.params import SyntheticChoices
from retorsion.sources.states import state_name

#: Draws of the error that :func:`retorsion.estimators.synthetic_control.synthetic_did` gives and nothing here uses: the
#: interval comes from the ranks of placebos.
_FEWEST = 2

#: Names of the estimators in tables that set them beside others.
SYNTHETIC, SYNTHETIC_DIFFERENCES = "synthetic control", "synthetic differences"


def find_synthetic(
    series: pl.DataFrame,
    episodes: pl.DataFrame,
    *,
    target_code: str,
    anticipation_months: int,
    options: SyntheticChoices,
    level: float,
) -> tuple[Found, dict[str, tuple[Estimate, ...]]]:
    """Synthetic control from past outcomes, and synthetic differences.

    The outcome is the log of the flow less its mean before the measures, so that donors of any size can be
    weighed (Ferman and Pinto 2021, *Quantitative Economics* 12(4)); months split by a measure and the months
    of anticipation are left out.

    Args:
        series: partner_code, period_start, value of the target and its comparison partners.
        episodes: start_date and label, in time order.
        target_code: the partner under measures.
        anticipation_months: months before the first measure left out.
        options: section ``impact.monthly.synthetic``: seed, n_placebo_dates.
        level: of the intervals.

    Returns:
        values and rows ``paths``, ``control_gaps``, ``weights``, ``left_out``; and the estimates
        of each episode by name of the estimator.
    """
    rows = _log_outcomes(
        partner_months(series, episodes, target_code=target_code, anticipation_months=anticipation_months),
        before=episodes["start_date"][0],
    )
    panel = _panel(rows, target_code, episodes["start_date"][0])
    fit = _in_months(convex_control(panel), panel)
    placebos = placebos_in_space(panel, convex_control)
    n_before = panel.n_before
    dates = panel.periods[n_before - options.n_placebo_dates : n_before]
    in_time = placebos_in_time(panel, convex_control, dates)
    without = leave_one_out(panel, convex_control)
    spans = _spans(episodes)
    estimates = {SYNTHETIC: tuple(_by_episode(fit, placebos.gaps, target_code, spans, level))}
    differences, reasons = [], []
    for label, first, last in spans:
        found = or_statement(
            partial(_synthetic_differences, rows, target_code, episodes, label, first, last, options, level)
        )
        if "not_estimable" in found:
            reasons.append({"episode": label, **found})
        else:
            differences.extend(found["estimates"])
    if differences:
        estimates[SYNTHETIC_DIFFERENCES] = tuple(differences)
    ordered = without["estimate"]
    values = {
        "outcome": "log of the flow less its mean before the measures",
        "estimate": fit.estimate.to_dict(),
        "rmspe_before": fit.rmspe_before,
        "rmspe_ratio": fit.rmspe_ratio,
        "p_value": placebos.p_value,
        "p_value_of_estimate": placebos.p_value_of_estimate,
        "n_units": placebos.n_kept,
        "n_before": n_before,
        "weights": json_rows(fit.weights),
        "leave_one_out": {"lowest": ordered.min(), "highest": ordered.max(), "n": len(without) - 1},
        "placebos_in_time": json_rows(_dated(in_time)),
        "synthetic_differences_not_estimable": reasons,
        "by_episode": [one.to_dict() for found in estimates.values() for one in found],
    }
    return (
        Found(
            values,
            {
                "paths": _dated(fit.path),
                "control_gaps": _dated(placebos.gaps).join(
                    placebos.units.select("unit", "is_treated", "rmspe_before", "rmspe_ratio"), on="unit"
                ),
                "weights": fit.weights,
                "left_out": without,
            },
        ),
        estimates,
    )


def _log_outcomes(rows: pl.DataFrame, *, before: date) -> pl.DataFrame:
    """Log flows less their mean before a date; partners with a month without a flow are left out."""
    complete = rows.group_by("partner_code").agg((pl.col("value") > 0).all().alias("positive"))
    logs = rows.join(complete.filter("positive"), on="partner_code", how="semi").with_columns(
        pl.col("value").log().alias("log_value"), _period().alias("period")
    )
    earlier = pl.col("period_start") < before.replace(day=1)
    mean = pl.col("log_value").filter(earlier).mean().over("partner_code")
    return logs.with_columns((pl.col("log_value") - mean).alias("outcome")).sort("partner_code", "period")


def _period() -> pl.Expr:
    return pl.col("period_start").dt.year().cast(pl.Int64) * 12 + pl.col("period_start").dt.month() - 1


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.date(pl.col("period") // 12, pl.col("period") % 12 + 1, 1).alias("period_start")
    ).drop("period")


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _panel(rows: pl.DataFrame, target_code: str, start: date) -> ControlPanel:
    return control_panel(
        rows,
        unit="partner_code",
        period="period",
        outcome="outcome",
        treated=target_code,
        first_treated=_number(start),
    )


def _spans(episodes: pl.DataFrame) -> list[tuple[str, int, int]]:
    """Label, first and last period number of each episode."""
    starts: list[date] = episodes["start_date"].to_list()
    ends = [_number(day) - 1 for day in starts[1:]] + [_number(date.max)]
    return [
        (label, _number(start), end)
        for label, start, end in zip(episodes["label"].to_list(), starts, ends, strict=True)
    ]


def _by_episode(
    fit: ControlFit,
    gaps: pl.DataFrame,
    target_code: str,
    spans: Sequence[tuple[str, int, int]],
    level: float,
) -> list[Estimate]:
    """Mean gap of each episode, its interval from the ranks of the placebos' mean gaps."""
    found = []
    for label, first, last in spans:
        means = (
            gaps.filter(pl.col("period").is_between(first, last))
            .group_by("unit")
            .agg(pl.col("gap").mean(), pl.len().alias("n"))
            .sort("unit")
        )
        if means.is_empty():
            continue
        own = means.filter(pl.col("unit") == target_code).row(0, named=True)
        found.append(
            ranked(
                own["gap"],
                means.filter(pl.col("unit") != target_code)["gap"].to_list(),
                term=f"mean effect: {label}",
                level=level,
                n_obs=own["n"] * len(means),
                estimator=fit.estimate.estimator,
                citation=fit.estimate.citation,
                sample=fit.estimate.sample,
            )
        )
    return found


def _synthetic_differences(
    rows: pl.DataFrame,
    target_code: str,
    episodes: pl.DataFrame,
    label: str,
    first: int,
    last: int,
    options: SyntheticChoices,
    level: float,
) -> dict[str, Any]:
    start: date = episodes["start_date"][0]
    inside = (pl.col("period") < _number(start)) | pl.col("period").is_between(first, last)
    panel = _panel(rows.filter(inside), target_code, start)
    control = partial(synthetic_did, n_replicates=_FEWEST, seed=options.seed, level=level)
    fit, placebos = _in_months(control(panel), panel), placebos_in_space(panel, control)
    return {"estimates": _by_episode(fit, placebos.gaps, target_code, [(label, first, last)], level)}


def _in_months(fit: ControlFit, panel: ControlPanel) -> ControlFit:
    """A fit whose sample is told in months, not in numbers of months."""
    first, last = (date(n // 12, n % 12 + 1, 1) for n in (panel.periods[0], panel.periods[-1]))
    sample = (
        f"{state_name(panel.treated)} and {len(panel.units) - 1} other partners, {len(panel.periods)} months from "
        f"{first:%Y-%m} to {last:%Y-%m}, {panel.n_before} of them before the measures"
    )
    return replace(fit, estimate=replace(fit.estimate, sample=sample))
