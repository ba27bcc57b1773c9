"""Measures that reach units at different times: what those not yet reached say of those that are.

With adoption at different times and effects that grow, a regression on fixed effects of unit and period and
an indicator of treatment uses units already treated as controls: their growing effect passes for a common
movement, and the average may even have the wrong sign. Here the fixed effects are fitted on untreated
observations only, each treated one is set against what they predict for it, and the two are summed:
imputation for counts and flows (Wooldridge 2023, *Econometrics Journal* 26(3); in the linear model Borusyak,
Jaravel and Spiess 2024, *Review of Economic Studies* 91(6)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.event_study import JointTest
from retorsion.estimators.frames import require_columns
from retorsion.estimators.ppml import fit_ppml
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, estimates_frame, wald_limits

__all__ = ["ImputedEffect", "Leads", "imputed_effect", "untreated_leads"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

CITATION = (
    "Wooldridge 2023, Econometrics Journal 26(3); Borusyak, Jaravel and Spiess 2024, Review of Economic "
    "Studies 91(6); errors: MacKinnon, Nielsen and Webb 2023, Journal of Applied Econometrics 38(5)"
)

#: Largest last change of a fixed effect, relative.
_TOLERANCE = 1e-11
_MAX_SWEEPS = 20_000


@dataclass(frozen=True, eq=False, kw_only=True)
class ImputedEffect:
    """The effect of measures on all flows under them, against what flows under none predict.

    Attributes:
        average: log of the sum of treated flows over the sum imputed for them.
        path: the same by time since the measure, after it; the term names the bin.
        without: left_out (unit), is_treated (ever, within the panel), n_treated (flows left), estimate (null
            where nothing can be imputed without the unit).
        n_untreated: units under no measure in the period used that has fewest.
        last_period: the last period used.
    """

    average: Estimate
    path: tuple[Estimate, ...]
    without: pl.DataFrame
    n_untreated: int
    last_period: date


@dataclass(frozen=True, eq=False)
class _Panel:
    """Units by periods."""

    units: list[str]
    periods: pl.Series
    flows: Floats
    untreated: Booleans
    treated: Booleans
    months_since: Floats


def imputed_effect(
    flows: pl.DataFrame,
    starts: pl.DataFrame,
    *,
    minimum_untreated: int,
    bin_months: int,
    bins_after: int,
    weighting: Literal["flows", "units"] = "flows",
    level: float = 0.95,
    called: str = "units",
) -> ImputedEffect:
    """Average effect of measures that reach units at different times, by imputation.

    Without a measure a flow is the product of an effect of its unit and of its period (Poisson
    pseudo-maximum likelihood, by iterative proportional fitting). Periods that a measure splits are neither
    treated nor untreated. Where few units are left under no measure, their own fortunes pass for the
    period's: such periods are left out.

    Intervals come from leaving out one unit at a time, with Student's t of as many degrees of freedom as
    there are units, less one. With few units of unequal size this jackknife nearly holds its level, where
    the usual clustered errors and a bootstrap over units are much too short.

    Args:
        flows: unit, period_start, n_months, value (0 or more), one row per unit and period; a pair without a
            row is unknown and enters neither side.
        starts: unit, start_date, one row per unit under a measure.
        minimum_untreated: units under no measure needed in a period.
        bin_months: months in a bin of time since the measure.
        bins_after: bins; later periods join the last.
        weighting: in the fit, ``flows`` as they are (Poisson), so that large units count more, or ``units``
            alike (each unit divided by its mean while untreated). The effect is a ratio of flows in both.
        level: of the intervals.
        called: what the units are, for the words.

    Raises:
        NotEstimable: no treated flow can be imputed, or a sum that is compared is zero.
        ParameterError: a column is absent, a row repeated, or a value negative or missing.
    """
    every = _panel(flows, starts)
    enough = every.untreated.sum(axis=0) >= minimum_untreated
    if not enough.any():
        raise NotEstimable(f"In no period are at least {minimum_untreated} units under no measure.")
    untreated, treated, y = every.untreated[:, enough], every.treated[:, enough], every.flows[:, enough]
    bins = np.clip(every.months_since[:, enough] // bin_months, None, bins_after - 1)
    periods = every.periods.filter(pl.Series(enough))
    n = len(y)
    own = np.where(untreated, y, 0.0).sum(axis=1) / np.maximum(untreated.sum(axis=1), 1)
    scale = np.where(own > 0, own, 1.0) if weighting == "units" else np.ones(n)
    # the first row counts every unit, the others leave one out
    imputed = scale[:, None] * _impute(y / scale[:, None], untreated, np.vstack([np.ones(n), 1 - np.eye(n)]))
    possible = treated & (own > 0)[:, None] & np.isfinite(imputed[0])
    if not possible.any():
        raise NotEstimable(
            f"No flow under a measure can be imputed from periods with {minimum_untreated} untreated units."
        )
    sample = (
        f"{int(possible.any(axis=1).sum())} {called} under measures, {int(possible.sum())} of their flows, "
        f"against {int(untreated.any(axis=1).sum())} {called} while under none, {len(periods)} periods from "
        f"{periods[0]:%Y-%m} to {periods[-1]:%Y-%m}, with at least {int(untreated.sum(axis=0).min())} "
        "under none in each"
    )

    def estimate(term: str, cells: Booleans) -> Estimate:
        ratios = _log_ratios(y, imputed, cells)
        if not np.isfinite(ratios[0]):
            raise NotEstimable(f"The flows of {term!r} are zero, so that their effect is infinite.")
        left = ratios[1:][np.isfinite(ratios[1:])]
        error = float(np.sqrt((n - 1) / n * np.sum((left - ratios[0]) ** 2)))
        lower, upper, p_value = wald_limits(float(ratios[0]), error, level=level, degrees_of_freedom=n - 1)
        return Estimate(
            term=term,
            estimate=float(ratios[0]),
            standard_error=error,
            lower=lower,
            upper=upper,
            level=level,
            p_value=p_value,
            n_obs=int(cells.sum() + untreated.sum()),
            estimator="imputation by PPML with fixed effects of unit and period",
            citation=CITATION,
            standard_error_type="jackknife over units",
            n_clusters=n,
            degrees_of_freedom=n - 1,
            sample=sample,
            caveat=(
                "In log points. Rests on parallel courses: without measures, flows under them would have "
                "moved like those under none. Trade that moved from the ones to the others counts as an "
                "effect."
            ),
        )

    average = estimate("average under measures", possible)
    numbers = sorted({int(number) for number in bins[possible]})
    everything = _log_ratios(y, imputed, possible)
    return ImputedEffect(
        average=average,
        path=tuple(
            estimate(str(number), inside)
            for number in numbers
            if y[inside := possible & (bins == number)].sum() > 0
        ),
        without=pl.DataFrame(
            {
                "left_out": every.units,
                "is_treated": every.treated.any(axis=1),
                "n_treated": [int(possible.sum() - possible[i].sum()) for i in range(n)],
                "estimate": [float(r) if np.isfinite(r) else None for r in everything[1:]],
            },
            schema_overrides={"estimate": pl.Float64},
        ),
        n_untreated=int(untreated.sum(axis=0).min()),
        last_period=periods[-1],
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Leads:
    """Movements before measures, from untreated observations only.

    Attributes:
        rows: period (bin of time before), phase_type (lead, reference) and the columns of an estimate.
        test: that all leads are zero; null without a lead.
    """

    rows: pl.DataFrame
    test: JointTest | None


def untreated_leads(
    flows: pl.DataFrame,
    starts: pl.DataFrame,
    *,
    minimum_untreated: int,
    bin_months: int,
    bins_before: int,
    level: float = 0.95,
) -> Leads:
    """Movements by bins before the measure, relative to the bin just before it.

    Fitted by PPML on untreated observations only, apart from the effect itself, so that no effect can pass
    for a lead (Borusyak, Jaravel and Spiess 2024).

    Args:
        flows: see :func:`imputed_effect`, as the following.
        starts: units and their dates.
        minimum_untreated: units under no measure needed in a period.
        bin_months: months in a bin.
        bins_before: bins, the last of which is the reference; earlier periods join the first.
        level: of the intervals.

    Raises:
        NotEstimable: as :func:`retorsion.estimators.ppml.fit_ppml`.
        ParameterError: as :func:`imputed_effect`.
    """
    panel = _panel(flows, starts)
    enough = panel.untreated.sum(axis=0) >= minimum_untreated
    unit, period = np.nonzero(panel.untreated & enough[None, :])
    bins = np.clip(panel.months_since[unit, period] // bin_months, -bins_before, None)
    numbers = [int(number) for number in sorted(set(bins[np.isfinite(bins)])) if number != -1]
    terms = {number: f"lead {number}" for number in numbers}
    reference = {"period": -1, "phase_type": "reference", "estimate": 0.0}
    shape = pl.Schema([("period", pl.Int64()), ("phase_type", pl.String()), *ESTIMATE_SCHEMA.items()])
    if not terms:
        return Leads(rows=pl.DataFrame([reference], schema=shape), test=None)
    frame = pl.DataFrame(
        {
            "unit": unit,
            "period": period,
            "value": panel.flows[unit, period],
            **{term: (bins == number).astype(np.float64) for number, term in terms.items()},
        }
    )
    fit = fit_ppml(
        frame,
        outcome="value",
        regressors=list(terms.values()),
        fixed_effects=[["unit"], ["period"]],
        clusters=[["unit"]],
    ).complete()
    found = estimates_frame(
        fit.estimates(level=level, sample=f"{len(frame)} untreated flows", few_clusters=True)
    )
    leads = found.select(
        pl.Series("period", numbers, dtype=pl.Int64), pl.lit("lead").alias("phase_type"), pl.all()
    )
    return Leads(
        rows=pl.concat([leads, pl.DataFrame([reference], schema=shape)]).sort("period"),
        test=fit.joint_test(list(terms.values())),
    )


def _panel(flows: pl.DataFrame, starts: pl.DataFrame) -> _Panel:
    """Flows and what is known of each as matrices of units by periods."""
    require_columns(flows, ["unit", "period_start", "n_months", "value"], "flows")
    require_columns(starts, ["unit", "start_date"], "starts")
    for frame, keys, what in ((flows, ["unit", "period_start"], "flows"), (starts, ["unit"], "starts")):
        if frame.select(keys).is_duplicated().any():
            raise ParameterError(f"a row of {' and '.join(keys)} is repeated in {what}: each has one")
    if flows["value"].null_count() or not (flows["value"].is_finite() & (flows["value"] >= 0)).all():
        raise ParameterError("a value is missing or negative: leave the row out, or give 0 for no flow")
    known = flows.sort("unit", "period_start").join(
        starts.select("unit", "start_date"), on="unit", how="left", maintain_order="left"
    )
    month = pl.col("period_start")
    end = month.dt.offset_by(pl.format("{}mo", pl.col("n_months").cast(pl.Int64)))
    start = pl.col("start_date")
    since = (month.dt.year() - start.dt.year()).cast(pl.Int64) * 12 + (
        month.dt.month().cast(pl.Int64) - start.dt.month().cast(pl.Int64)
    )
    marked = known.with_columns(
        (start.is_null() | (end <= start)).alias("untreated"),
        (month >= start).fill_null(value=False).alias("treated"),
        since.cast(pl.Float64).alias("since"),
    )
    units = marked["unit"].unique().sort()
    periods = marked["period_start"].unique().sort()
    at = (
        units.search_sorted(marked["unit"]).to_numpy(),
        periods.search_sorted(marked["period_start"]).to_numpy(),
    )
    shape = (len(units), len(periods))

    def matrix(column: str, empty: float) -> Floats:
        filled = np.full(shape, empty)
        filled[at] = marked[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return filled

    return _Panel(
        units=units.cast(pl.String).to_list(),
        periods=periods,
        flows=matrix("value", 0.0),
        untreated=matrix("untreated", 0.0) > 0,
        treated=matrix("treated", 0.0) > 0,
        months_since=matrix("since", np.nan),
    )


def _impute(y: Floats, untreated: Booleans, weights: Floats) -> Floats:
    """Means without a measure of all cells, for each row of weights of the units.

    Poisson fixed effects of unit and period on the untreated cells by iterative proportional fitting: sums
    of fitted flows equal those observed in each unit and, weighted, in each period.

    Args:
        y: units by periods.
        untreated: units by periods.
        weights: fits by units.

    Returns:
        fits by units by periods; NaN in periods without an untreated flow.
    """
    seen = untreated.astype(np.float64)
    observed = np.where(untreated, y, 0.0)
    of_units, of_periods = observed.sum(axis=1), weights @ observed
    period = np.ones_like(of_periods)
    for _ in range(_MAX_SWEEPS):
        exposure = period @ seen.T
        unit = np.divide(of_units, exposure, out=np.zeros_like(exposure), where=exposure > 0)
        total = (weights * unit) @ seen
        after = np.divide(of_periods, total, out=np.zeros_like(total), where=total > 0)
        change = np.abs(after - period).max(initial=0.0, where=after > 0) / max(
            after.max(initial=0.0), 1e-300
        )
        period = after
        if change < _TOLERANCE:
            return np.asarray(unit[:, :, None] * np.where(total > 0, period, np.nan)[:, None, :])
    raise NotEstimable(
        f"The fixed effects did not settle in {_MAX_SWEEPS} sweeps: too few untreated flows tie units to "
        "periods."
    )


def _log_ratios(y: Floats, imputed: Floats, cells: Booleans) -> Floats:
    """Log of observed over imputed sums of the cells: with every unit, then without each.

    A fit that cannot impute one of its cells has none.
    """
    n = len(y)
    inside = np.vstack([np.ones(n), 1 - np.eye(n)])[:, :, None] * cells[None, :, :] > 0
    observed = np.where(inside, y[None, :, :], 0.0).sum(axis=(1, 2))
    predicted = np.where(inside, imputed, 0.0).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(observed / predicted))
