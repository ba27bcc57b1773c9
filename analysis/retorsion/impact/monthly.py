"""Findings on one state's monthly trade with the target around dated measures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal, get_args

import polars as pl

from retorsion.dates import months_between, months_later
from retorsion.errors import NotEstimable
from retorsion.estimators.interruptions import ESTIMATORS, measure_episodes
from retorsion.estimators.monthly_effects import EventStudy
from retorsion.estimators.results import Estimate
from retorsion.estimators.series import pre_period_statement
from retorsion.findings import NOT_ESTIMABLE
from retorsion.impact.findings import Found, dated_measures, json_rows, part_of, ranked
from retorsion.impact.goods import Good
from retorsion.impact.monthly_models import COMPARISON, disagreement, poisson_differences, side_by_side
from retorsion.impact.monthly_steps import LEVELS, in_foreign_currency, step_table, steps_of_groups
from retorsion.impact.monthly_synthetic import find_synthetic
from retorsion.impact.records import cross_rates
from retorsion.impact.series import (
    event_study_monthly,
    monthly_series,
    placebo_dates,
    with_context,
)
from retorsion.params import ImpactCase, Monthly, Params, StudiedMeasure, SyntheticChoices

Flow = Literal["export", "import"]

#: Short names of the estimators of an interrupted series.
SHORT_NAMES = {
    ESTIMATORS["reml_ar1"][0]: "AR(1) regression",
    ESTIMATORS["ols_hac"][0]: "log regression",
    ESTIMATORS["poisson_hac"][0]: "Poisson regression",
    ESTIMATORS["state_space"][0]: "state space",
}

_EVENT_CITATION = "Conley and Taber 2011, Review of Economics and Statistics 93(1)"


def find_monthly(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> Found:
    """Steps, event studies and placebos of the reporter's exports to and imports from the target.

    Args:
        trade_flows: monthly rows of one source, values in the column that the case names.
        trade_measures: table of that name.
        exchange_rates: table of that name.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods by code.

    Returns:
        values per flow; rows ``monthly_series``, ``monthly_steps``, ``monthly_groups``,
        ``monthly_event_study``, ``monthly_placebos``, ``monthly_estimators``, ``monthly_exchange_rate``
        and ``monthly_synthetic_*`` of :func:`retorsion.impact.monthly_synthetic.find_synthetic`.
    """
    monthly = part_of(asked, "monthly")
    flows = trade_flows.filter(~pl.col("is_aggregate") | (pl.col("partner_code") == asked.target))
    found = {
        flow: _find_flow(
            flows,
            trade_measures,
            exchange_rates,
            asked=asked,
            params=params,
            goods=goods,
            flow=flow,
        )
        for flow in monthly.flows()
    }
    if not found:
        raise NotEstimable("The case names no measure on exports or on imports.")
    first = next(iter(found.values()))
    months = first.rows["series"].select("period_start", n_months=pl.lit(1, dtype=pl.Int64)).unique()
    rates = cross_rates(
        exchange_rates,
        from_currency=monthly.foreign_currency,
        to_currency=monthly.currency,
        periods=months,
    )
    return Found(
        {
            **{
                flow: found[flow].values
                if flow in found
                else {NOT_ESTIMABLE: f"The case names no measure on {flow}s."}
                for flow in get_args(Flow)
            },
            "exchange_rate": {
                "pair": f"{monthly.currency} per {monthly.foreign_currency}",
                "first": rates["rate"][0],
                "last": rates["rate"][-1],
                "highest": rates["rate"].max(),
            },
            "price_level": {
                "not_estimable": (
                    "No monthly price index is among the sources, so values are not deflated. The "
                    "comparison with the other partners takes out what is common to all of them, such as the "
                    "currency and the general price level. It does not take out a change in the prices of "
                    "what the state under measures alone trades."
                )
            },
        },
        {
            **{
                f"monthly_{name}": pl.concat(
                    part.rows[name].select(pl.lit(flow).alias("flow_type"), pl.exclude("flow_type"))
                    for flow, part in found.items()
                    if name in part.rows
                )
                for name in sorted({name for part in found.values() for name in part.rows})
            },
            "monthly_exchange_rate": rates.select("period_start", "rate"),
        },
    )


def _find_flow(
    flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
    flow: Flow,
) -> Found:
    monthly, choices, level = part_of(asked, "monthly"), params.impact.monthly, params.level
    own = monthly.flows()[flow]
    measures = dated_measures(trade_measures, [(one.measure_id, one.label) for one in own.measures])
    marked = [*own.measures, *own.marks]
    marks = dated_measures(trade_measures, [(one.measure_id, one.label) for one in marked])
    target, comparison = _target_and_others(flows, measures["date"][0], asked, params, flow)
    shown = _with_rates(target, exchange_rates, monthly)
    steps = pl.concat(
        [
            step_table(target, measures, level=level),
            in_foreign_currency(shown, measures, currency=monthly.foreign_currency, level=level),
        ]
    )
    groups = steps_of_groups(flows, measures, asked, flow, [goods[code] for code in own.goods], params)
    chosen = {one.measure_id: one for one in own.measures}
    studied = [
        _study(target, comparison, measure, chosen[measure["measure_id"]], measures, params)
        for measure in measures.iter_rows(named=True)
        if chosen[measure["measure_id"]].event_study
    ]
    mean = mean_effects(target, comparison, measures, studies_of=own.measures, level=level)
    episodes = measure_episodes(measures)
    synthetic, others = _by_episode(
        target, comparison, episodes, asked.target, own.measures, choices.synthetic, level
    )
    together = side_by_side(steps, {"month by month": mean, **others}, SHORT_NAMES)
    series = shown.select("flow_type", "period_start", "value", "n_months", "exchange_rate", "value_foreign")
    if studied:
        course = _counterfactual(studied[0][0].effects)
        series = series.join(course, on="period_start", how="left", maintain_order="left")
    return Found(
        {
            "measures": json_rows(measures),
            "marks": json_rows(marks),
            "episodes": json_rows(episodes),
            **_months(target, measures["date"][0]),
            "levels": _levels(target, measures),
            "steps": json_rows(steps.filter(pl.col("specification") == LEVELS)),
            "mean_effects": [one.to_dict() for one in mean],
            "estimators": json_rows(together.filter(pl.col("family_type") == COMPARISON)),
            "disagreement": disagreement(together),
            "synthetic": synthetic.values,
            "event_studies": [summary for _, _, summary in studied],
            "n_comparison": comparison["partner_code"].n_unique(),
            "comparison": (
                f"other areas whose {flow} before the first measure averaged at least "
                f"{choices.comparison_minimum_share:g} times that of the state under measures"
            ),
            "groups_not_estimable": [] if groups is None else json_rows(_not_estimable(groups)),
        },
        {
            "series": series,
            "steps": steps,
            **({} if groups is None else {"groups": groups}),
            "event_study": pl.concat([rows[0] for _, rows, _ in studied]),
            "placebos": pl.concat([rows[1] for _, rows, _ in studied]),
            "estimators": together,
            **{f"synthetic_{name}": frame for name, frame in synthetic.rows.items()},
        },
    )


def _target_and_others(
    flows: pl.DataFrame, first: date, asked: ImpactCase, params: Params, flow: Flow
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All trade with the target, and with the other partners that are large enough before the first measure."""
    every = monthly_series(
        flows,
        reporter_code=asked.reporter,
        flow_type=flow,
        product_level="total",
        value_column=part_of(asked, "monthly").value_column,
    )
    target = every.filter(pl.col("partner_code") == asked.target)
    others = comparable(
        every.filter(pl.col("partner_code") != asked.target),
        target,
        before=first,
        minimum_share=params.impact.monthly.comparison_minimum_share,
    )
    return target, others


def _not_estimable(groups: pl.DataFrame) -> pl.DataFrame:
    return groups.filter(pl.col("not_estimable").is_not_null()).select("label", "not_estimable")


def _with_rates(target: pl.DataFrame, exchange_rates: pl.DataFrame, monthly: Monthly) -> pl.DataFrame:
    """The target's series with the exchange rate of each month."""
    rates = cross_rates(
        exchange_rates,
        from_currency=monthly.foreign_currency,
        to_currency=monthly.currency,
        periods=target.select("period_start", pl.lit(1, dtype=pl.Int64).alias("n_months")),
    )
    return with_context(target, exchange_rates=rates)


def _by_episode(
    target: pl.DataFrame,
    comparison: pl.DataFrame,
    episodes: pl.DataFrame,
    target_code: str,
    measures: Sequence[StudiedMeasure],
    options: SyntheticChoices,
    level: float,
) -> tuple[Found, dict[str, tuple[Estimate, ...]]]:
    """The synthetic control, and the effect of each episode by the estimators that compare with partners."""
    both = pl.concat([target, comparison])
    anticipation = _first_anticipation(episodes, measures)
    differences = poisson_differences(
        both, episodes, target_code=target_code, anticipation_months=anticipation, level=level
    )
    synthetic, controlled = find_synthetic(
        both,
        episodes,
        target_code=target_code,
        anticipation_months=anticipation,
        options=options,
        level=level,
    )
    return synthetic, {"Poisson differences": differences, **controlled}


def _months(target: pl.DataFrame, first: date) -> dict[str, Any]:
    """Which months are known, and how many of them lie before the first measure."""
    known = target.filter(pl.col("value").is_not_null())["period_start"]
    n_before = int((known < first.replace(day=1)).sum())
    return {
        "pre_period": pre_period_statement(n_before, len(known) - n_before),
        "n_months_before": n_before,
        "first_month": known.min().isoformat(),  # type: ignore[union-attr]
        "last_month": known.max().isoformat(),  # type: ignore[union-attr]
    }


def comparable(
    others: pl.DataFrame, target: pl.DataFrame, *, before: date, minimum_share: float
) -> pl.DataFrame:
    """Series whose mean flow before a date is at least a share of the target's: smaller ones are noisier.

    Args:
        others: series of the other partners from :func:`retorsion.impact.series.monthly_series`.
        target: the target's series.
        before: months before this one's month count.
        minimum_share: of the target's mean flow.

    Raises:
        NotEstimable: nobody is left.
    """
    earlier = pl.col("period_start") < before.replace(day=1)
    floor = target.filter(earlier)["value"].mean()
    if not isinstance(floor, float):
        raise NotEstimable(f"No month before {before} has a flow to compare sizes by.")
    large = (
        others.filter(earlier)
        .group_by("partner_code")
        .agg(pl.col("value").mean())
        .filter(pl.col("value") >= minimum_share * floor)
    )
    if large.is_empty():
        raise NotEstimable(
            f"No other partner's flow reached {minimum_share:g} times that of the state under measures."
        )
    return others.join(large.select("partner_code"), on="partner_code", how="semi", maintain_order="left")


def _study(
    target: pl.DataFrame,
    comparison: pl.DataFrame,
    measure: Mapping[str, Any],
    chosen: StudiedMeasure,
    measures: pl.DataFrame,
    params: Params,
) -> tuple[EventStudy, tuple[pl.DataFrame, pl.DataFrame], dict[str, Any]]:
    anticipation = chosen.anticipation_months
    study = event_study_monthly(
        target,
        measure["date"],
        comparison=comparison,
        months_before=chosen.months_before,
        months_after=params.impact.monthly.months_after,
        anticipation_months=anticipation,
        level=params.level,
    )
    study = replace(study, effects=study.effects.filter(pl.col("period_start").is_in(_firsts(target))))
    others = [day for day in measures["date"].to_list() if day != measure["date"]]
    placebo = placebo_dates(
        target,
        measure["date"],
        comparison=comparison,
        window_months=params.impact.monthly.placebo_window_months,
        anticipation_months=anticipation,
        other_dates=others,
    )
    label = pl.lit(measure["label"]).alias("measure")
    summary = {
        "measure": measure["label"],
        "measure_id": measure["measure_id"],
        "date": measure["date"].isoformat(),
        "statement": study.statement,
        "level": study.level,
        "citation": _EVENT_CITATION,
        "anticipation_months": anticipation,
        "anticipation": json_rows(
            study.effects.filter(pl.col("phase_type") == "anticipation").select(
                "period_start", "effect", "lower", "upper", "p_value"
            )
        ),
        "leads": json_rows(
            study.effects.filter(pl.col("phase_type") == "lead").select(
                "period_start", "effect", "lower", "upper", "p_value"
            )
        ),
        "placebo": {
            "actual": placebo.actual,
            "p_value_time": placebo.p_value_time,
            "p_value_space": placebo.p_value_space,
            "n_time": placebo.n_time,
            "n_space": placebo.n_space,
            "statement": placebo.statement,
            "citation": "Abadie, Diamond and Hainmueller 2015, American Journal of Political Science 59(2)",
        },
    }
    rows = (
        study.effects.select(label, pl.all()).with_columns(
            pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
            for name in ("effect", "lower", "upper", "p_value")
        ),
        placebo.placebos.select(label, pl.all()),
    )
    return study, rows, summary


def mean_effects(
    target: pl.DataFrame,
    comparison: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    studies_of: Sequence[StudiedMeasure],
    level: float,
) -> tuple[Estimate, ...]:
    """Mean distance from the comparison series in each episode, against the year before the first measure.

    The months of an episode are those from its first full one to the month before the next measure. The
    interval and the p-value come from the same mean of each comparison series against the others (Conley
    and Taber 2011, *Review of Economics and Statistics* 93(1)).

    Args:
        target: series with the measures.
        comparison: series without.
        measures: measure_id, date, label in time order.
        studies_of: the parameters of the measures, for anticipation_months of the first.
        level: of the intervals.
    """
    episodes = measure_episodes(measures)
    first = episodes["start_date"][0]
    anticipation = _first_anticipation(episodes, studies_of)
    months = target.filter(pl.col("value").is_not_null())["period_start"]
    span = months_between(first, months.max()) + 1  # type: ignore[arg-type]

    def course(series: pl.DataFrame, others: pl.DataFrame) -> dict[date, float]:
        effects = event_study_monthly(
            series,
            first,
            comparison=others,
            months_before=0,
            months_after=span,
            anticipation_months=anticipation,
            level=level,
        ).effects
        return dict(effects.select("period_start", "effect").iter_rows())

    firsts = set(_firsts(target))
    own = {month: effect for month, effect in course(target, comparison).items() if month in firsts}
    placebos = []
    for partner in comparison["partner_code"].unique().sort():
        is_it = pl.col("partner_code") == partner
        try:
            placebos.append(course(comparison.filter(is_it), comparison.filter(~is_it)))
        except NotEstimable:
            continue
    starts = episodes["start_date"].to_list()
    found = []
    for i, (start, label) in enumerate(zip(starts, episodes["label"], strict=True)):
        begin = start if start.day == 1 else months_later(start, 1)
        end = starts[i + 1].replace(day=1) if i + 1 < len(starts) else date.max
        inside = [month for month in sorted(own) if begin <= month < end]
        means = [mean for course_of in placebos if math.isfinite(mean := _mean(course_of, inside))]
        value = _mean(own, inside)
        if not math.isfinite(value) or len(means) < 3:
            continue
        found.append(
            ranked(
                value,
                means,
                term=f"mean effect: {label}",
                level=level,
                n_obs=len(inside) * (1 + len(means)),
                estimator="difference from the mean of comparison series, by calendar month",
                citation=_EVENT_CITATION,
                sample=f"{inside[0]:%Y-%m} to {inside[-1]:%Y-%m}, {len(means)} comparison series",
            )
        )
    return tuple(found)


def _firsts(series: pl.DataFrame) -> list[date]:
    """Months at which a row of the source begins: months that share a row are one observation."""
    return series.filter(pl.col("period_start") == pl.col("row_start"))["period_start"].to_list()


def _first_anticipation(episodes: pl.DataFrame, chosen: Sequence[StudiedMeasure]) -> int:
    first = episodes["measure_ids"][0][0]
    return next(one for one in chosen if one.measure_id == first).anticipation_months


def _mean(course: Mapping[date, float | None], months: Sequence[date]) -> float:
    values = [course.get(month) for month in months]
    if not values or any(v is None or not math.isfinite(v) for v in values):
        return math.nan
    return math.fsum(v for v in values if v is not None) / len(values)


def _counterfactual(effects: pl.DataFrame) -> pl.DataFrame:
    """Course without the measure: the value less its effect, with the limits of the effect."""
    known = pl.col("phase_type").is_in(["anticipation", "after"])
    return effects.filter(known & (pl.col("value") > 0)).select(
        "period_start",
        (pl.col("value") / pl.col("effect").exp()).alias("counterfactual"),
        (pl.col("value") / pl.col("upper").exp()).alias("counterfactual_lower"),
        (pl.col("value") / pl.col("lower").exp()).alias("counterfactual_upper"),
    )


def _levels(target: pl.DataFrame, measures: pl.DataFrame) -> dict[str, Any]:
    """Mean monthly flow before, between and after the measures, split months left out, and by year."""
    starts = measure_episodes(measures)["start_date"].to_list()
    edges = [date.min, *starts, date.max]
    periods = []
    for begin, end in pairwise(edges):
        after = begin if begin.day == 1 else months_later(begin, 1) if begin != date.min else begin
        inside = target.filter(
            (pl.col("period_start") >= after)
            & (pl.col("period_start") < end.replace(day=1))
            & pl.col("value").is_not_null()
        )
        if len(inside):
            periods.append(
                {
                    "first_month": inside["period_start"].min().isoformat(),  # type: ignore[union-attr]
                    "last_month": inside["period_start"].max().isoformat(),  # type: ignore[union-attr]
                    "mean_value": inside["value"].mean(),
                    "n_months": len(inside),
                }
            )
    years = (
        target.filter(pl.col("value").is_not_null())
        .group_by(pl.col("period_start").dt.year().alias("year"), maintain_order=True)
        .agg(pl.col("value").sum(), pl.len().alias("n_months"))
        .filter(pl.col("n_months") == 12)
        .select("year", "value")
    )
    return {"periods": periods, "years": years.to_dicts()}
