"""Findings on mutual excitation: whose acts set off whose, with and without a shared driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import daily_counts
from retorsion.escalation.calendars import driver_days
from retorsion.escalation.intensity import intensity, whole_weeks
from retorsion.escalation.link_tests import compared, link_test
from retorsion.escalation.record import Part, Record
from retorsion.estimators import drivers
from retorsion.estimators.daily_hawkes import DailyData, DailyFit, DailyModel, branching_name, fit_daily
from retorsion.estimators.daily_inference import (
    bootstrap_daily,
    daily_residual_tests,
    profile_intervals,
    timing_power,
    timing_test,
)
from retorsion.estimators.reciprocity import granger
from retorsion.estimators.results import plain
from retorsion.findings import or_statement, rounded, rounded_frame
from retorsion.params import Variant

#: What a search for a maximum can promise on a flat likelihood: processors differ beyond it.
SEARCH_DIGITS = 3
#: The same of a likelihood at the maximum, which is flat there.
SCORE_DIGITS = 5


def _driver(record: Record, name: str, start: date, end: date) -> np.ndarray:
    """One daily covariate from the context events."""
    options = record.asked.drivers[name]
    if options.calendars:
        dates = pl.Series(driver_days(record, options.calendars), dtype=pl.Date)
    else:
        dates = record.events.filter(
            pl.col("event_type").is_in(options.event_types) & (pl.col("date_precision") == "day")
        )["event_date"].sort()
    if options.shape == "around":
        return drivers.days_around(
            dates.to_list(), start, end, before=options.days_before, after=options.days_after
        )
    if options.shape == "decay":
        return drivers.decaying_response(dates.to_list(), start, end, half_life_days=options.half_life_days)
    return drivers.since(dates[0], start, end) if len(dates) else np.zeros((end - start).days + 1)


def daily_data(record: Record, *, start: date | None = None, active_days: bool = False) -> DailyData:
    """Hostile acts of known day as daily counts of both sides on the dense span, with all drivers.

    Args:
        record: the record.
        start: another first day than that of the dense span.
        active_days: 1 for a day with any act.

    Raises:
        NotEstimable: no day or no act.
    """
    first, last = record.dense()
    first = max(start, record.start) if start else first
    if last < first:
        raise NotEstimable(f"The window ends on {last}, before {first}, so nothing can be said about timing.")
    dated = record.hostile.filter(pl.col("date_precision") == "day")
    return DailyData(
        record.pair,
        first,
        daily_counts(dated, record.pair, first, last, active_days=active_days),
        {name: _driver(record, name, first, last) for name in record.asked.drivers},
    )


def variant_model(record: Record, variant: Variant, **changes: Any) -> DailyModel:
    """The model of one variant of the options, with single terms changed."""
    low, high = record.choices.excitation.half_life_limits
    given: dict[str, Any] = {
        "covariates": tuple(variant.drivers),
        "family": variant.family,
        "decay_sharing": variant.half_life,
        "half_life_limits": (float(low), float(high)),
    }
    return DailyModel(**(given | changes))


def variant_data(record: Record, variant: Variant) -> DailyData:
    """The counts that one variant of the options is fitted to."""
    start = variant.start
    return daily_data(record, start=start, active_days=variant.family == "bernoulli")


def fit_variant(record: Record, data: DailyData, model: DailyModel) -> DailyFit:
    """Fit a model unless a side acts too rarely; raises NotEstimable then."""
    return fit_daily(data, model, min_acts=_least(record, "min_acts"), min_days=_least(record, "min_days"))


def _least(record: Record, key: str) -> int:
    return int(getattr(record.choices.excitation, key))


def _link_rows(name: str, data: DailyData, fit: DailyFit, level: float) -> list[dict[str, Any]]:
    """Branching ratios and half-lives of one variant with profile intervals."""
    limits = profile_intervals(data, fit, level=level, only=["branching", "half-life"])
    ends: dict[str, tuple[str | None, str | None]] = {
        branching_name(source, receiver): (source, receiver)
        for source in data.sides
        for receiver in data.sides
    }
    ends |= {f"half-life {side}": (None, side) for side in data.sides}
    kept = ("estimate", "lower", "upper", "level", "lower_is_bound", "upper_is_bound", "method")
    rows = []
    for row in limits.iter_rows(named=True):
        parameter = row["parameter"]
        source, receiver = ends.get(parameter, (None, None))
        rows.append(
            {
                "variant": name,
                "quantity": "branching" if source else "half_life_days",
                "source_code": source,
                "receiver_code": receiver,
                **{key: row[key] for key in kept},
                "n_acts": int(data.counts.sum()),
                "aic": fit.aic,
                "bic": fit.bic,
                "is_converged": fit.is_converged,
                "is_on_limit": parameter in fit.on_limit,
            }
        )
    return rows


def excitation_part(record: Record) -> Part:
    """Who excites whom: discrete-time self- and mutual excitation with and without outside events.

    Returns:
        Branching ratios, half-lives and tests for every variant; frames ``branching`` (variants by links,
        profile intervals) and ``models`` (comparison with baselines).
    """
    data = daily_data(record)
    main, free = record.asked.with_driver, record.asked.without_driver
    fitted = fit_variant(record, data, variant_model(record, record.asked.variants[main]))
    branching, notes = _branching(record)
    told = [name for name in (main, free) if name not in notes]
    timed = _each_way(
        record,
        lambda source, receiver: {
            name: _value(partial(_timing, record, data, name, source, receiver)) for name in (main, free)
        },
    )
    redrawn = or_statement(partial(_redrawn, record, data, fitted))
    residuals = daily_residual_tests(
        data,
        fitted,
        lags=record.choices.excitation.residual_lags,
        n_draws=record.params.n_bootstrap - 1,
        rng=record.rng(3, 1),
    )
    models, scores = (
        rounded_frame(frame, SCORE_DIGITS) for frame in _comparison(record, data, record.asked.variants[main])
    )
    found = {
        "window": {"start": data.start, "end": data.end},
        "n_acts": _by_side(data, data.counts.sum(axis=0).astype(np.int64)),
        "n_active_days": _by_side(data, (data.counts > 0).sum(axis=0)),
        "with_driver": main,
        "without_driver": free,
        "drivers": {
            name: rounded(_by_side(data, fitted.parameters.effects[:, place + 1]), SEARCH_DIGITS)
            for place, name in enumerate(fitted.model.covariates)
        },
        "links": {
            f"{source}->{receiver}": {name: _link(branching, name, source, receiver) for name in told}
            for source in record.pair
            for receiver in record.pair
        },
        "half_life_days": {
            name: _half_lives(branching, name, redrawn if name == main else None) for name in told
        },
        "spectral_radius": rounded(fitted.parameters.spectral_radius, SEARCH_DIGITS),
        "told": _each_way(record, partial(_told, branching, timed, main, free)),
        "timing": timed,
        "power": _each_way(record, partial(_power, record, data, fitted)),
        "likelihood_ratio": _each_way(
            record,
            lambda source, receiver: _value(partial(link_test, record, data, fitted, source, receiver)),
        ),
        "residuals": rounded(residuals.to_dict(), SEARCH_DIGITS),
        "bootstrap": redrawn,
        "variants_not_estimable": notes,
        "granger": _granger(record),
        "method": "discrete-time Hawkes process of daily counts; profile likelihood; Newey-West",
        "best_aic": models.sort("aic")["model"][0],
        "best_bic": models.sort("bic")["model"][0],
    }
    return found, {"branching": branching, "models": models, "scores": scores}


def _each_way(record: Record, estimate: Callable[[str, str], Any]) -> dict[str, Any]:
    """What is found of each side's acts as set off by the other's."""
    return {f"{one}->{other}": estimate(one, other) for one, other in (record.pair, record.pair[::-1])}


def _value(estimate: Callable[[], Any]) -> Any:
    """An estimate to the digits that a search gives, or the statement why there is none."""
    return rounded(plain(or_statement(estimate)), SEARCH_DIGITS)


def _branching(record: Record) -> tuple[pl.DataFrame, dict[str, str]]:
    """Links of all variants, and why a variant has none."""
    rows: list[dict[str, Any]] = []
    notes = {}
    for name, variant in record.asked.variants.items():
        try:
            own = variant_data(record, variant)
            fit = fit_variant(record, own, variant_model(record, variant))
            rows += _link_rows(name, own, fit, record.level)
        except NotEstimable as reason:
            notes[name] = str(reason)
    table = pl.DataFrame(rows, infer_schema_length=None)
    return table.with_columns(pl.col("estimate", "lower", "upper").round_sig_figs(SEARCH_DIGITS)), notes


def _timing(record: Record, data: DailyData, variant: str, source: str, receiver: str) -> Any:
    """Whether the receiver's acts lie closer behind the source's than moved acts would."""
    return timing_test(
        data,
        variant_model(record, record.asked.variants[variant]),
        source=source,
        receiver=receiver,
        blocks=record.blocks(data.start, data.n_days),
        half_lives=record.choices.excitation.timing_half_lives,
        n_shifts=record.params.n_draws,
        rng=record.rng(3, 2),
        min_acts=_least(record, "min_acts"),
        min_days=_least(record, "min_days"),
    )


def _redrawn(record: Record, data: DailyData, fitted: DailyFit) -> pl.DataFrame:
    """Intervals of the main model's parameters by redrawing."""
    n_draws = record.params.n_bootstrap
    table = bootstrap_daily(data, fitted, n_draws=n_draws, rng=record.rng(3, 3), level=record.level).table
    return rounded_frame(table, SEARCH_DIGITS)


def _power(
    record: Record, data: DailyData, fitted: DailyFit, source: str, receiver: str
) -> list[dict[str, Any]]:
    """How often effects of some sizes would be seen in records drawn from the main model."""
    options = record.choices.excitation
    rows = []
    for number, ratio in enumerate(options.power.effects):
        seen = partial(
            timing_power,
            data,
            fitted,
            source=source,
            receiver=receiver,
            ratio=ratio,
            blocks=record.blocks(data.start, data.n_days),
            half_lives=options.timing_half_lives,
            n_draws=options.power.n_draws,
            n_shifts=options.power.n_shifts,
            rng=record.rng(3, 4, record.pair.index(source), number),
            level=record.level,
            min_acts=_least(record, "min_acts"),
            min_days=_least(record, "min_days"),
        )
        rows.append({"ratio": ratio, **plain(or_statement(seen))})
    return rows


def _by_side(data: DailyData, values: np.ndarray) -> dict[str, Any]:
    return dict(zip(data.sides, plain(values), strict=True))


def _link(branching: pl.DataFrame, variant: str, source: str, receiver: str) -> dict[str, Any]:
    row = branching.filter(
        (pl.col("variant") == variant)
        & (pl.col("source_code") == source)
        & (pl.col("receiver_code") == receiver)
    ).row(0, named=True)
    return {key: row[key] for key in ("estimate", "lower", "upper", "lower_is_bound", "n_acts")}


def _half_lives(branching: pl.DataFrame, variant: str, redrawn: Any) -> dict[str, Any]:
    """Half-life by receiving side; under "both" where there is one for all.

    The profile of a half-life on a limit of the search is cut off there; ``redrawn``, the table of the
    bootstrap where there is one, says besides how far refits to series drawn from the model scatter.
    """
    scatter: dict[str | None, dict[str, float]] = {}
    if isinstance(redrawn, pl.DataFrame):
        for row in redrawn.filter(pl.col("parameter").str.starts_with("half-life")).iter_rows(named=True):
            side = row["parameter"].removeprefix("half-life").strip() or None
            scatter[side] = {"bootstrap_lower": row["lower"], "bootstrap_upper": row["upper"]}
    rows = branching.filter((pl.col("variant") == variant) & (pl.col("quantity") == "half_life_days"))
    kept = ("estimate", "lower", "upper", "lower_is_bound", "upper_is_bound", "is_on_limit")
    return {
        row["receiver_code"] or "both": {key: row[key] for key in kept}
        | scatter.get(row["receiver_code"], {})
        for row in rows.iter_rows(named=True)
    }


def _told(
    branching: pl.DataFrame,
    timing: Mapping[str, Mapping[str, Mapping[str, Any]]],
    main: str,
    free: str,
    source: str,
    receiver: str,
) -> dict[str, Any]:
    """What can be told of one direction: the interval without zero, and the timing not by chance."""
    rows = branching.filter((pl.col("source_code") == source) & (pl.col("receiver_code") == receiver)).select(
        "variant", "lower"
    )
    above = {name: bool(lower > 0) for name, lower in rows.iter_rows()}
    p_value = timing[f"{source}->{receiver}"][main].get("p_value")
    return {
        "with_driver": above.get(main, False),
        "without_driver": above.get(free, False),
        "n_variants": len(above),
        "n_variants_above_zero": sum(above.values()),
        "timing_p_value": p_value,
        "is_told": above.get(main, False) and p_value is not None and p_value < 0.05,
    }


def _comparison(record: Record, data: DailyData, variant: Variant) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The model against Poisson baselines and against itself with less; gains out of sample."""
    bare: dict[str, Any] = {"covariates": ()}
    model = partial(variant_model, record, variant)
    driven = bool(variant.drivers)
    driver = "driver and " if driven else ""
    alone = "driver" if driven else "constant rate"
    models = {
        "constant rate, Poisson": model(family="poisson", links="none", **bare),
        "constant rate": model(links="none", **bare),
        **({"driver, Poisson": model(family="poisson", links="none")} if driven else {}),
        **({"driver": model(links="none")} if driven else {}),
        f"{driver}own acts": model(links="own"),
        f"{driver}the other's acts": model(links="other"),
        **({"all acts, no driver": model(**bare)} if driven else {}),
        f"{driver}all acts": model(),
        f"{driver}all acts, Poisson": model(family="poisson"),
    }
    against = {
        **({"driver": ["constant rate"]} if driven else {}),
        f"{driver}own acts": [alone],
        f"{driver}the other's acts": [alone],
        f"{driver}all acts": [alone, f"{driver}own acts"],
    }
    return compared(record, data, models, against)


def _granger(record: Record) -> list[dict[str, Any]]:
    """Granger tests of the weekly sums on each scale, both directions."""
    rows = []
    for scale in record.scales:
        for cause, effect in (record.pair, record.pair[::-1]):

            def test(c: str = cause, e: str = effect, s: str = scale) -> dict[str, Any]:
                start, end = whole_weeks(*record.dense())
                series = intensity(record.hostile, record.pair, start, end, period="week", scales=[s])
                wide = pl.DataFrame({side: record.of(side, series)["sum"] for side in record.pair})
                lags = record.choices.excitation.granger_lags
                return granger(
                    wide, cause=c, effect=e, lags=lags, covariance="HC1", level=record.level
                ).to_dict()

            rows.append({"scale": scale, "cause": cause, "effect": effect, **or_statement(test)})
    return rows
