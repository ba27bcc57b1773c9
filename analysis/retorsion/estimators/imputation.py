"""Measures that reach units at different times: what those not yet reached say of those that are.

With adoption at different times and effects that grow, a regression on fixed effects of unit and period and
an indicator of treatment uses units already treated as controls: their growing effect passes for a common
movement, and the average may even have the wrong sign. Here the fixed effects are fitted on untreated
observations only, each treated one is set against what they predict for it, and the two are summed:
imputation for counts and flows (Wooldridge 2023, *Econometrics Journal* 26(3); in the linear model Borusyak,
Jaravel and Spiess 2024, *Review of Economic Studies* 91(6)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.event_study import JointTest
from retorsion.estimators.frames import Frame, as_polars, numbers
from retorsion.estimators.ppml import fit_ppml
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, estimates_frame, wald_limits

__all__ = ["ImputedEffect", "Leads", "imputed_effect", "untreated_leads"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

CITATION = (
    "Wooldridge 2023, Econometrics Journal 26(3); Borusyak, Jaravel and Spiess 2024, Review of Economic "
    "Studies 91(6); errors: MacKinnon, Nielsen and Webb 2023, Journal of Applied Econometrics 38(5)"
)

_RESTS_ON = (
    "In log points. Rests on parallel courses: without measures, flows under them would have moved like those under "
    "none. Trade that moved from the ones to the others counts as an effect."
)
_RESTS_ON_COVARIATES = (
    "In log points. Rests on parallel courses once covariates are allowed for, and on covariates that the measures "
    "do not change. Trade that moved from flows under measures to others counts as an effect."
)

#: Largest last change of a fixed effect, relative.
_TOLERANCE = 1e-11
_MAX_SWEEPS = 20_000
#: Steps of Newton's method for the coefficients of covariates, and the largest last change of a mean, relative.
_MAX_STEPS, _LAST_STEP = 100, 1e-9
#: Share of a covariate's spread that units and periods must leave for it to count as varying.
_VARIES = 1e-8


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
        covariates: change of the log of a flow with one unit of each covariate, among untreated flows.
    """

    average: Estimate
    path: tuple[Estimate, ...]
    without: pl.DataFrame
    n_untreated: int
    last_period: date
    covariates: tuple[Estimate, ...] = ()


_OF_COVARIATES = "In log points; of untreated flows alone."


@dataclass(frozen=True, eq=False)
class _Panel:
    """Units by periods."""

    units: list[str]
    periods: pl.Series
    flows: Floats
    untreated: Booleans
    treated: Booleans
    months_since: Floats
    covariates: Floats  # by units by periods


def imputed_effect(
    flows: Frame,
    starts: Frame,
    *,
    minimum_untreated: int,
    bin_months: int,
    bins_after: int,
    covariates: Sequence[str] = (),
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

    Covariates that vary within units over time enter the model of untreated flows, and what it imputes for
    treated ones (Borusyak, Jaravel and Spiess 2024, assumption 1'). Their coefficients come from untreated flows
    alone, and anew without each unit. They must be unaffected by the measures: what a measure does through a
    covariate is not counted as its effect. Covariates enter as they are; give the log of a size for an elasticity.

    Args:
        flows: unit, period_start, n_months, value (0 or more) and the covariates, one row per unit and period; a
            pair without a row is unknown and enters neither side.
        starts: unit, start_date, one row per unit under a measure.
        minimum_untreated: units under no measure needed in a period.
        bin_months: months in a bin of time since the measure.
        bins_after: bins; later periods join the last.
        covariates: columns of numbers in ``flows``, without a missing value; neither their unit nor their zero
            matters.
        weighting: in the fit, ``flows`` as they are (Poisson), so that large units count more, or ``units``
            alike (each unit divided by its mean while untreated). The effect is a ratio of flows in both.
        level: of the intervals.
        called: what the units are, for the words.

    Raises:
        NotEstimable: no treated flow can be imputed, a sum that is compared is zero, or a covariate does not
            vary among untreated flows beyond what units and periods have in common, or only in one unit.
        ParameterError: a column is absent, a row repeated, or a value negative, missing or no number.
    """
    every = _panel(flows, starts, covariates)
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
    weights = np.vstack([np.ones(n), 1 - np.eye(n)])
    model = _Covariates(covariates, every.covariates[:, :, enough], untreated, every.units)
    imputed, slopes = model.impute(y / scale[:, None], weights)
    imputed = scale[:, None] * imputed
    possible = treated & (own > 0)[:, None] & np.isfinite(imputed[0])
    if not possible.any():
        raise NotEstimable(
            f"No flow under a measure can be imputed from periods with {minimum_untreated} untreated units."
        )
    sample = _sample(possible, untreated, periods, called)

    jackknifed = partial(_jackknifed, level=level, covariates=covariates, sample=sample)

    def estimate(term: str, cells: Booleans) -> Estimate:
        ratios = _log_ratios(y, imputed, cells)
        if not np.isfinite(ratios[0]):
            raise NotEstimable(f"The flows of {term!r} are zero, so that their effect is infinite.")
        caveat = _RESTS_ON_COVARIATES if covariates else _RESTS_ON
        return jackknifed(term, ratios, n_obs=int(cells.sum() + untreated.sum()), caveat=caveat)

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
        covariates=tuple(
            jackknifed(name, slopes[:, j], n_obs=int(untreated.sum()), caveat=_OF_COVARIATES)
            for j, name in enumerate(covariates)
        ),
    )


def _sample(possible: Booleans, untreated: Booleans, periods: pl.Series, called: str) -> str:
    """Which flows are compared with which, in words."""
    return (
        f"{int(possible.any(axis=1).sum())} {called} under measures, {int(possible.sum())} of their flows, "
        f"against {int(untreated.any(axis=1).sum())} {called} while under none, {len(periods)} periods from "
        f"{periods[0]:%Y-%m} to {periods[-1]:%Y-%m}, with at least {int(untreated.sum(axis=0).min())} "
        "under none in each"
    )


def _jackknifed(
    term: str, found: Floats, *, n_obs: int, level: float, covariates: Sequence[str], sample: str, caveat: str
) -> Estimate:
    """The first of the numbers, with the interval that the others, each without one unit, give it."""
    n = len(found) - 1
    left = found[1:][np.isfinite(found[1:])]
    error = float(np.sqrt((n - 1) / n * np.sum((left - found[0]) ** 2)))
    lower, upper, p_value = wald_limits(float(found[0]), error, level=level, degrees_of_freedom=n - 1)
    return Estimate(
        term=term,
        estimate=float(found[0]),
        standard_error=error,
        lower=lower,
        upper=upper,
        level=level,
        p_value=p_value,
        n_obs=n_obs,
        estimator="imputation by PPML with fixed effects of unit and period"
        + (f" and the covariates {', '.join(covariates)}" if covariates else ""),
        citation=CITATION,
        standard_error_type="jackknife over units",
        n_clusters=n,
        degrees_of_freedom=n - 1,
        sample=sample,
        caveat=caveat,
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
    flows: Frame,
    starts: Frame,
    *,
    minimum_untreated: int,
    bin_months: int,
    bins_before: int,
    covariates: Sequence[str] = (),
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
        covariates: as there.
        level: of the intervals.

    Raises:
        NotEstimable: as :func:`retorsion.estimators.ppml.fit_ppml`.
        ParameterError: as :func:`imputed_effect`.
    """
    panel = _panel(flows, starts, covariates)
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
            **{name: panel.covariates[j, unit, period] for j, name in enumerate(covariates)},
        }
    )
    fit = fit_ppml(
        frame,
        outcome="value",
        regressors=[*terms.values(), *covariates],
        fixed_effects=[["unit"], ["period"]],
        clusters=[["unit"]],
    ).complete()
    found = estimates_frame(
        fit.estimates(level=level, sample=f"{len(frame)} untreated flows", few_clusters=True)
    ).head(len(terms))
    leads = found.select(
        pl.Series("period", numbers, dtype=pl.Int64), pl.lit("lead").alias("phase_type"), pl.all()
    )
    return Leads(
        rows=pl.concat([leads, pl.DataFrame([reference], schema=shape)]).sort("period"),
        test=fit.joint_test(list(terms.values())),
    )


def _panel(flows: Frame, starts: Frame, covariates: Sequence[str]) -> _Panel:
    """Flows and what is known of each as matrices of units by periods."""
    flows, starts = _checked(flows, starts, covariates)
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
        covariates=np.array([matrix(name, 0.0) for name in covariates]).reshape(-1, *shape),
    )


def _checked(flows: Frame, starts: Frame, covariates: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The columns that are needed, each of its type and complete."""
    own = ["unit", "period_start", "n_months", "value"]
    if len({*own, *covariates}) < len(own) + len(covariates):
        raise ParameterError(f"covariates {list(covariates)}: name each once, and none of {own}")
    flows = as_polars(flows, [*own, *covariates], "flows")
    starts = as_polars(starts, ["unit", "start_date"], "starts")
    for frame, keys, day, what in (
        (flows, ["unit", "period_start"], "period_start", "flows"),
        (starts, ["unit"], "start_date", "starts"),
    ):
        if (
            frame[day].dtype not in (pl.Date, pl.Null)
            or frame.select(keys[0], day).null_count().sum_horizontal()[0]
        ):
            raise ParameterError(
                f"{what}: {day} holds {frame[day].dtype} or a row has none; each needs a date"
            )
        if frame.select(keys).is_duplicated().any():
            raise ParameterError(f"a row of {' and '.join(keys)} is repeated in {what}: each has one")
    if flows.is_empty():
        raise NotEstimable("There are no flows, so nothing can be imputed.")
    flows = flows.with_columns(numbers(flows, name) for name in ("n_months", "value", *covariates))
    if not (flows["value"].is_finite() & (flows["value"] >= 0)).fill_null(value=False).all():
        raise ParameterError("a value is missing or negative: leave the row out, or give 0 for no flow")
    if not (flows["n_months"] >= 1).fill_null(value=False).all():
        raise ParameterError("n_months is missing or less than 1: give the months that each flow covers")
    for name in covariates:
        n = len(flows) - int(flows[name].is_finite().fill_null(value=False).sum())
        if n:
            raise ParameterError(
                f"covariate {name!r} is missing or infinite in {n} of {len(flows)} rows: fill it or leave those out"
            )
    return flows, starts.with_columns(pl.col("unit").cast(flows["unit"].dtype))


class _Covariates:
    """Covariates of the model without measures, measured in their own spread among untreated flows."""

    def __init__(
        self, names: Sequence[str], values: Floats, untreated: Booleans, units: Sequence[str]
    ) -> None:
        """Take covariates by units by periods.

        Raises:
            NotEstimable: one does not vary among untreated flows, given units, periods and those before it, or
                only in one unit.
        """
        self.untreated = untreated
        inside = values[:, untreated]
        spread = inside.std(axis=1, keepdims=True)[:, :, None]
        self.spread = np.where(spread > 0, spread, 1.0)
        self.values = (values - inside.mean(axis=1)[:, None, None]) / self.spread
        seen = untreated.astype(np.float64)
        for j, name in enumerate(names):
            if self._rank(seen, j + 1) <= j:
                raise NotEstimable(
                    f"The covariate {name!r} does not vary among flows under no measure beyond what units, periods "
                    "and the covariates before it have in common: leave it out."
                )
        for k, unit in enumerate(units):
            if self._rank(seen * (np.arange(len(seen)) != k)[:, None], len(names)) < len(names):
                raise NotEstimable(
                    f"Without {unit!r} the covariates {list(names)} no longer vary among flows under no measure, so "
                    "that their error cannot be told: leave them out."
                )

    def _rank(self, weights: Floats, n: int) -> int:
        """How many of the first covariates vary beyond units, periods and each other."""
        inside = weights > 0
        rest = _within(self.values[:n], weights)[:, inside]
        return int(np.linalg.matrix_rank(rest, tol=_VARIES * np.sqrt(inside.sum()))) if n else 0

    def impute(self, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Means without a measure by fits, units and periods, and coefficients by fits and covariates.

        Args:
            y: units by periods.
            weights: fits by units.
        """
        if not len(self.values):
            return _impute(y, self.untreated, weights, np.ones_like(y)), np.empty((len(weights), 0))
        fits = [self._fit(y, row[None, :]) for row in weights]
        return np.array([means for means, _ in fits]), np.array(
            [slopes / self.spread[:, 0, 0] for _, slopes in fits]
        )

    def _fit(self, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """One fit by Newton's method for the coefficients, with the fixed effects at their best for each."""
        inside = self.untreated & (weights.T > 0)
        slopes, change = np.zeros(len(self.values)), np.zeros(len(self.values))
        means, height = self._at(y, weights, inside, slopes)
        for _ in range(_MAX_STEPS):
            rest = _within(self.values, np.where(inside, np.nan_to_num(means), 0.0))[:, inside]
            curvature = (rest * means[inside]) @ rest.T
            change = np.linalg.lstsq(curvature, self.values[:, inside] @ (y - means)[inside], rcond=None)[0]
            if np.abs(change @ rest).max(initial=0.0) < _LAST_STEP:
                return means, slopes
            for _ in range(30):  # half the way where the likelihood falls
                tried, reached = self._at(y, weights, inside, slopes + change)
                if reached >= height - 1e-12 * abs(height):
                    break
                change = change / 2
            slopes, means, height = slopes + change, tried, reached
        raise NotEstimable(f"The coefficients of covariates did not settle in {_MAX_STEPS} steps.")

    def _at(self, y: Floats, weights: Floats, inside: Booleans, slopes: Floats) -> tuple[Floats, float]:
        """Means and the log-likelihood, up to what does not change, at given coefficients."""
        exposure = np.exp(np.clip(np.tensordot(slopes, self.values, 1), -500, 500))
        means = _impute(y, self.untreated, weights, exposure)[0]
        some = inside & (y > 0)
        return means, float(y[some] @ np.log(means[some]))


def _within(values: Floats, weights: Floats) -> Floats:
    """What units and periods leave of values by units by periods, at the least weighted sum of squares."""
    of_units, of_periods = weights.sum(axis=1), weights.sum(axis=0)
    each = np.divide(1.0, of_units, out=np.zeros_like(of_units), where=of_units > 0)
    normal = np.diag(of_periods) - (weights * each[:, None]).T @ weights
    rest = np.empty_like(values)
    for j, value in enumerate(values):
        sums = (weights * value).sum(axis=1) * each
        period = np.linalg.lstsq(normal, (weights * value).sum(axis=0) - weights.T @ sums, rcond=None)[0]
        rest[j] = value - (sums - (weights @ period) * each)[:, None] - period[None, :]
    return rest


def _impute(y: Floats, untreated: Booleans, weights: Floats, exposure: Floats) -> Floats:
    """Means without a measure of all cells, for each row of weights of the units.

    Poisson fixed effects of unit and period on the untreated cells by iterative proportional fitting: sums
    of fitted flows equal those observed in each unit and, weighted, in each period.

    Args:
        y: units by periods.
        untreated: units by periods.
        weights: fits by units.
        exposure: units by periods, what multiplies the effects; ones without covariates.

    Returns:
        fits by units by periods; NaN in periods without an untreated flow.
    """
    seen = untreated * exposure
    observed = np.where(untreated, y, 0.0)
    of_units, of_periods = observed.sum(axis=1), weights @ observed
    period = np.ones_like(of_periods)
    for _ in range(_MAX_SWEEPS):
        met = period @ seen.T
        unit = np.divide(of_units, met, out=np.zeros_like(met), where=met > 0)
        total = (weights * unit) @ seen
        after = np.divide(of_periods, total, out=np.zeros_like(total), where=total > 0)
        change = np.abs(after - period).max(initial=0.0, where=after > 0) / max(
            after.max(initial=0.0), 1e-300
        )
        period = after
        if change < _TOLERANCE:
            effects = unit[:, :, None] * np.where(total > 0, period, np.nan)[:, None, :]
            return np.asarray(effects * exposure)
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
