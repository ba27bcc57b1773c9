"""Finding: goods under measures against other goods, with the target against other areas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, get_args

import polars as pl

from retorsion.dates import months_later
from retorsion.errors import NotEstimable
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.imputation import imputed_effect
from retorsion.estimators.ppml import CITATION as PPML_CITATION
from retorsion.estimators.ppml import ESTIMATOR as PPML_NAME
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate
from retorsion.findings import NOT_ESTIMABLE, or_statement
from retorsion.impact.area_trade import AreaTrade, Flow, area_panel, largest_group, last_common
from retorsion.impact.fall_split import relative_by_year, split_of_fall
from retorsion.impact.findings import Found, json_rows, part_of, placebo_counts, ranked
from retorsion.impact.goods import Good, named_measures
from retorsion.impact.measure_paths import (
    common_course,
    effects_by_measure,
    over_areas,
    over_goods,
    path_around_measures,
    path_by_year,
)
from retorsion.impact.series import monthly_series
from retorsion.impact.triple_difference import measure_effect
from retorsion.params import ImpactCase, Params

#: What each estimate sets the target's goods under measures against.
BOTH, OTHER_GOODS, OTHER_AREAS = (
    "the same goods to other areas, and other goods",
    "other goods of the state under measures",
    "the same goods with other areas",
)
_PERMUTED = "Young 2019, Quarterly Journal of Economics 134(2)"
_BOUNDS = "Rambachan and Roth 2023, Review of Economic Studies 90(5)"


def find_area_goods(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    scope: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> Found:
    """Monthly trade by area and group of goods: what sets the target's goods under measures apart.

    Args:
        trade_flows: rows of the sources that the case names for this part, by month and by year.
        trade_measures: table of that name.
        scope: which goods the words of a measure name: layout ``scope`` of the ledger.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods by code.

    Returns:
        values by direction: effect, areas, goods, alike, by_year, split and counts; rows ``area_goods_estimators``,
        ``area_goods_by_measure``, ``area_goods_path``, ``area_goods_years``, ``area_goods_relative``,
        ``area_goods_placebos``, ``area_goods_split`` and ``area_goods_dates``, each with ``flow_type``.
    """
    part = part_of(asked, "area_goods")
    named = part.flows()
    found = {
        flow: _or_said(partial(_find_flow, trade_flows, trade_measures, scope, asked, params, goods, flow))
        for flow in named
    }
    rows = {
        name: pl.concat(
            [
                one.rows[name].select(pl.lit(flow).alias("flow_type"), pl.all())
                for flow, one in found.items()
                if name in one.rows
            ],
            how="diagonal",
        )
        for name in sorted({name for one in found.values() for name in one.rows})
    }
    values = {
        flow: found[flow].values
        if flow in found
        else {NOT_ESTIMABLE: f"The case names no groups of goods among the {flow}s by area."}
        for flow in get_args(Flow)
    }
    return Found(values, {f"area_goods_{name}": frame for name, frame in rows.items()})


def _measures_on(
    trade_measures: pl.DataFrame, scope: pl.DataFrame, asked: ImpactCase, flow: Flow, chosen: Sequence[Good]
) -> pl.DataFrame:
    """The first measure of either side that names each good: product_code, measure_id, start_date, end_date.

    A ban of the other side on its imports is a measure on the reporter's exports.
    """
    other = {"export": "import", "import": "export"}[flow]
    sides = asked.reporter, asked.target
    own, theirs = (
        (pl.col("imposer_code") == one) & (pl.col("target_code") == another)
        for one, another in (sides, sides[::-1])
    )
    kind = pl.col("flow_type")
    of_flow = trade_measures.filter(
        (own & kind.is_in([flow, "both"])) | (theirs & kind.is_in([other, "both"]))
    )
    known = scope.filter(pl.col("measure_id").is_in(of_flow["measure_id"].to_list()))
    named = named_measures(of_flow, known, {one.code: one.code for one in chosen})
    ends = of_flow.select("measure_id", pl.col("ended_date").alias("end_date")).unique("measure_id")
    return named.join(ends, on="measure_id", how="left", maintain_order="left")


def _or_said(compute: Any) -> Found:
    try:
        found = compute()
    except NotEstimable as reason:
        return Found({NOT_ESTIMABLE: str(reason)})
    assert isinstance(found, Found)
    return found


def _find_flow(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    scope: pl.DataFrame,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
    flow: Flow,
) -> Found:
    part, choices = part_of(asked, "area_goods"), params.impact.area_goods
    chosen = [goods[code] for code in part.flows()[flow].goods]
    measures = _measures_on(trade_measures, scope, asked, flow, chosen)
    monthly = area_panel(trade_flows, asked, part, flow, chosen, part.source)
    if monthly.is_empty():
        raise NotEstimable(f"{part.source} has no {flow}s of {asked.reporter} in these groups of goods.")
    yearly = (
        None
        if part.yearly is None
        else area_panel(trade_flows, asked, part, flow, chosen, part.yearly, whole_years=True)
    )
    last = last_common(monthly, measures, choices.minimum_untreated)
    one = AreaTrade(asked, part, params, flow, monthly, yearly, measures, last)
    effect, estimates, placebos = _effects(one)
    path = _around(one)
    by_year = _by_year(one, trade_flows)
    split = _split(one, trade_flows)
    labels = {good.code: good.label for good in chosen}
    return Found(
        {
            **effect,
            "by_year": by_year.values,
            "split": json_rows(split) if isinstance(split, pl.DataFrame) else split,
            **largest_group(one, labels),
            "n_groups": len(chosen),
            "n_named": measures["product_code"].n_unique(),
            "n_named_in_time": int((measures["start_date"] < months_later(last, 1)).sum()),
            "minimum_untreated": choices.minimum_untreated,
            "first_month": monthly["period_start"].min().isoformat(),  # type: ignore[union-attr]
            "last_month": last.isoformat(),
            "bin_months": choices.bin_months,
        },
        {
            "estimators": estimates,
            "placebos": placebos,
            "by_measure": _by_measure(one),
            **({"path": _without_p(path.frame())} if isinstance(path, EventPath) else {}),
            **by_year.rows,
            **({"split": split} if isinstance(split, pl.DataFrame) else {}),
            "dates": measures.with_columns(pl.col("product_code").replace(labels).alias("label")),
        },
    )


def _effects(one: AreaTrade) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    """The effect, all estimates of it, and those of other areas."""
    target, level, choices = one.case.target, one.params.level, one.params.impact.area_goods
    shared: dict[str, Any] = {
        "target_code": target,
        "by_good": True,
        "with_correction": False,
        "level": level,
    }
    estimate = partial(measure_effect, one.common, one.measures, **shared)
    # Student's interval has as many degrees of freedom as groups carry the estimate, often one: it tells nothing.
    main = _without_interval(estimate(comparison="both").plain)
    areas = partial(
        over_areas,
        one.common,
        one.measures,
        target_code=target,
        n_areas=choices.n_placebo_areas,
        minimum_share=choices.minimum_share,
    )
    drawn: dict[str, Any] = {"n_draws": choices.n_exchanges, "seed": one.params.seed}
    goods = partial(over_goods, one.common, one.measures, target_code=target, **drawn)
    placebos = areas()
    others = placebos.effects.filter(~pl.col("is_target")).drop_nulls("estimate")
    farthest = others.sort(pl.col("estimate").abs(), "target_code").tail(1)
    by_area = or_statement(lambda: _by_ranks(main, others["estimate"].to_list(), level).to_dict())
    exchange = or_statement(lambda: _exchanged(main, goods, one, level))
    alike = or_statement(lambda: _alike(main, goods, one))
    rows = [
        _row("triple difference, over areas", BOTH, by_area),
        _row("triple difference, over goods", BOTH, exchange),
        _row("every group of goods weighing alike", BOTH, alike),
        _row("imputed from months without a measure", BOTH, or_statement(lambda: _imputed(one).to_dict())),
        *(
            [_row("all months", BOTH, or_statement(lambda: _all_months(one)))]
            if one.last < one.monthly["period_start"].max()  # type: ignore[operator]
            else []
        ),
        _row("other goods only", OTHER_GOODS, or_statement(lambda: _without_course(estimate, goods))),
        _row("other areas only", OTHER_AREAS, or_statement(lambda: _without_goods(estimate, areas, level))),
    ]
    return (
        {
            "effect": main.to_dict(),
            "areas": {
                "p_value": placebos.p_value,
                **placebo_counts(placebos),
                "spread": others["estimate"].std(),
                "largest": next(iter(farthest["estimate"]), None),
                "largest_code": next(iter(farthest["target_code"]), None),
                "range": by_area,
            },
            "goods": exchange,
            "alike": alike,
        },
        pl.DataFrame(rows, schema=_ROW_SCHEMA),
        placebos.effects,
    )


_MEASURE_SCHEMA = pl.Schema(
    [
        ("measure_id", pl.String),
        ("start_date", pl.Date),
        ("n_goods", pl.Int64),
        ("not_estimable", pl.String),
        *ESTIMATE_SCHEMA.items(),
    ]
)
_ROW_SCHEMA = pl.Schema(
    [("label", pl.String), ("compares", pl.String), ("not_estimable", pl.String), *ESTIMATE_SCHEMA.items()]
)


def _row(label: str, compares: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": label, "compares": compares, **{k: v for k, v in found.items() if k in _ROW_SCHEMA}}


def _without_interval(effect: Estimate) -> Estimate:
    return replace(effect, lower=None, upper=None, p_value=None, degrees_of_freedom=None)


def _by_ranks(main: Estimate, placebos: Sequence[float], level: float) -> Estimate:
    return ranked(
        main.estimate,
        placebos,
        term=main.term,
        level=level,
        n_obs=main.n_obs,
        estimator=main.estimator,
        citation=main.citation,
        sample=main.sample,
    )


def _exchanged(main: Estimate, goods: Any, one: AreaTrade, level: float) -> dict[str, Any]:
    course = common_course(one.common, target_code=one.case.target)
    found = goods(course=course, level=level)
    return replace(
        main,
        lower=found.lower,
        upper=found.upper,
        level=level,
        p_value=found.test.p_value,
        degrees_of_freedom=None,
        standard_error_type=f"{found.test.n_assignments} exchanges of the measures among groups of goods",
        citation=f"{main.citation}; {_PERMUTED}",
    ).to_dict()


def _alike(main: Estimate, goods: Any, one: AreaTrade) -> dict[str, Any]:
    course = common_course(one.common, target_code=one.case.target)
    found = goods(course=course, by_size=False).test
    return Estimate(
        term=main.term,
        estimate=found.estimate,
        p_value=found.p_value,
        n_obs=main.n_obs,
        estimator="PPML, each group of goods divided by its mean",
        citation=f"{main.citation}; {_PERMUTED}",
        standard_error_type=f"{found.n_assignments} exchanges of the measures among groups of goods",
        sample=main.sample,
        caveat="In log points.",
    ).to_dict()


def _imputed(one: AreaTrade) -> Estimate:
    """The target's goods over the course of the same goods elsewhere, imputed from months without a measure."""
    course = common_course(one.monthly, target_code=one.case.target)
    units = (
        one.monthly.filter(pl.col("partner_code") == one.case.target)
        .join(course, on=["product_code", "period_start"])
        .with_columns(pl.col("value") / pl.col("course"))
        .rename({"product_code": "unit"})
    )
    mean = pl.col("course").mean().over("unit")
    units = units.with_columns(pl.col("value") * mean).select("unit", "period_start", "n_months", "value")
    choices = one.params.impact.area_goods
    return imputed_effect(
        units,
        one.measures.rename({"product_code": "unit"}),
        minimum_untreated=choices.minimum_untreated,
        bin_months=choices.bin_months,
        bins_after=choices.bins_after,
        level=one.params.level,
        called="groups of goods",
    ).average


def _all_months(one: AreaTrade) -> dict[str, Any]:
    found = measure_effect(
        one.monthly,
        one.measures,
        target_code=one.case.target,
        comparison="both",
        by_good=True,
        with_correction=False,
        level=one.params.level,
    ).plain
    placebos = over_areas(
        one.monthly,
        one.measures,
        target_code=one.case.target,
        n_areas=one.params.impact.area_goods.n_placebo_areas,
        minimum_share=one.params.impact.area_goods.minimum_share,
    )
    values = placebos.effects.filter(~pl.col("is_target"))["estimate"].drop_nulls().to_list()
    return _by_ranks(found, values, one.params.level).to_dict()


def _without_course(estimate: Any, goods: Any) -> dict[str, Any]:
    main = _without_interval(estimate(comparison="goods").plain)
    found = goods(course=None).test
    return replace(
        main,
        p_value=found.p_value,
        standard_error_type=f"{found.n_assignments} exchanges of the measures among groups of goods",
        citation=f"{main.citation}; {_PERMUTED}",
    ).to_dict()


def _without_goods(estimate: Any, areas: Any, level: float) -> dict[str, Any]:
    main: Estimate = estimate(comparison="partners").plain
    placebos = areas(comparison="partners")
    values = placebos.effects.filter(~pl.col("is_target"))["estimate"].drop_nulls().to_list()
    return _by_ranks(main, values, level).to_dict()


def _by_measure(one: AreaTrade) -> pl.DataFrame:
    """The effect of each measure on its goods, with the ranks of other areas."""
    choices = one.params.impact.area_goods
    found = effects_by_measure(
        one.common,
        one.measures,
        target_code=one.case.target,
        n_areas=choices.n_placebo_areas,
        minimum_share=choices.minimum_share,
    )
    rows = []
    for code, placebos in found.items():
        own = one.measures.filter(pl.col("measure_id") == code)
        row = {"measure_id": code, "start_date": own["start_date"][0], "n_goods": len(own)}
        if isinstance(placebos, str):
            rows.append({**row, "not_estimable": placebos})
            continue
        value = placebos.effects["estimate"][0]
        others = placebos.effects.filter(~pl.col("is_target"))["estimate"].drop_nulls().to_list()
        plain = Estimate(
            term=code, estimate=value, n_obs=len(one.common), estimator=PPML_NAME, citation=PPML_CITATION
        )
        if len(others) < 2:
            rows.append({**row, **plain.to_dict()})
        else:
            rows.append({**row, **_by_ranks(plain, others, one.params.level).to_dict()})
    return pl.DataFrame(rows, schema=_MEASURE_SCHEMA)


def _around(one: AreaTrade) -> EventPath | dict[str, Any]:
    """The path by time from the measures, or the reason why there is none."""
    choices = one.params.impact.area_goods
    try:
        return path_around_measures(
            one.common,
            one.measures,
            target_code=one.case.target,
            bin_months=choices.bin_months,
            bins_before=choices.bins_before,
            bins_after=choices.bins_after,
            level=one.params.level,
        )
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}


def _by_year(one: AreaTrade, trade_flows: pl.DataFrame) -> Found:
    """The years before the measures, and what they allow of the effect after."""
    if one.yearly is None:
        return Found({NOT_ESTIMABLE: "No yearly trade by area and goods is recorded."})
    first = one.measures["start_date"].min()
    assert isinstance(first, date)
    reference = first.year - 1
    named = one.measures.filter(pl.col("start_date") < months_later(one.last, 1))["product_code"].to_list()
    within = one.yearly.filter(pl.col("period_start").dt.year() <= one.last.year)
    n_years = within["period_start"].n_unique()
    lasting = within.filter(pl.col("period_start").n_unique().over("product_code") == n_years)
    choices = one.params.impact.area_goods
    relative = _or_said(lambda: _relative(one, trade_flows, reference))
    try:
        path, beyond = path_by_year(
            lasting,
            [code for code in named if code in set(lasting["product_code"])],
            target_code=one.case.target,
            reference_year=reference,
            level=one.params.level,
        )
    except NotEstimable as reason:
        return Found({NOT_ESTIMABLE: str(reason), "relative": relative.values}, relative.rows)
    leads = [e.estimate for p, e in zip(path.periods, path.effects, strict=True) if p in path.leads]
    return Found(
        {
            "reference_year": reference,
            "n_leads": len(leads),
            "largest_lead": max(leads, key=abs, default=None),
            "statement": path.statement,
            "after": or_statement(lambda: replace(path.average_after(), p_value=None).to_dict()),
            "beyond_trend": replace(beyond, p_value=None).to_dict(),
            "bounds": [
                {"relative_magnitude": m, **or_statement(partial(_bounds, path, relative_magnitude=m))}
                for m in choices.relative_magnitudes
            ],
            "smooth_bounds": [
                {"smoothness": m, **or_statement(partial(_bounds, path, smoothness=m))}
                for m in choices.smoothness
            ],
            "citation": _BOUNDS,
            "relative": relative.values,
        },
        {"years": _without_p(path.frame()), **relative.rows},
    )


def _without_p(path: pl.DataFrame) -> pl.DataFrame:
    """A path without p-values: errors clustered by goods are too small where few goods carry it."""
    return path.with_columns(pl.lit(None, dtype=pl.Float64).alias("p_value"))


def _bounds(path: EventPath, **allowed: Any) -> dict[str, Any]:
    """Limits where trends may differ after the measures, by what is seen before or by a change of slope."""
    lower, upper = path.robust_interval(**allowed)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        raise NotEstimable("The bounds have no finite limits.")
    return {"lower": lower, "upper": upper}


def _relative(one: AreaTrade, trade_flows: pl.DataFrame, reference: int) -> Found:
    """All trade with the target against that with comparable partners, by year."""
    totals = trade_flows.filter(
        (pl.col("source_id") == one.part.yearly)
        & (pl.col("reporter_code") == one.case.reporter)
        & (pl.col("flow_type") == one.flow)
        & (pl.col("product_level") == "total")
        & (pl.col("n_months") == 12)
        & ~pl.col("is_aggregate")
    ).select("partner_code", "period_start", pl.col(one.part.value_column).cast(pl.Float64).alias("value"))
    rows = relative_by_year(
        totals,
        target_code=one.case.target,
        reference_year=reference,
        minimum_share=one.params.impact.monthly.comparison_minimum_share,
    )
    steps = rows.with_columns((pl.col("gap") - pl.col("gap").shift(1)).alias("step"))
    deepest = steps.filter(pl.col("year") <= reference).drop_nulls("step").sort("step", "year").head(1)
    return Found(
        {
            "deepest_step": deepest["step"].to_list()[0] if len(deepest) else None,
            "deepest_year": deepest["year"].to_list()[0] if len(deepest) else None,
            "last_year": rows["year"].max(),
            "last_gap": rows["gap"].to_list()[-1],
            "n_partners": rows["n_partners"].to_list()[0],
        },
        {"relative": rows},
    )


def _split(one: AreaTrade, trade_flows: pl.DataFrame) -> pl.DataFrame | dict[str, Any]:
    """The fall by what was under measures, over three spans."""
    first = one.measures["start_date"].min()
    assert isinstance(first, date)
    begin = months_later(first.replace(day=1), 0 if first.day == 1 else 1)
    own = trade_flows.filter(pl.col("source_id") == one.part.source)
    series = partial(
        monthly_series,
        own,
        reporter_code=one.case.reporter,
        flow_type=one.flow,
        partner_codes=[one.case.target],
        value_column=one.part.value_column,
    )
    try:
        total = series(product_level="total")
        goods = series(product_codes=one.measures["product_code"].to_list())
        shown = total.drop_nulls("value")["period_start"]
        last = shown.max()
        assert isinstance(last, date)
        early = months_later(begin, one.params.impact.area_goods.first_months - 1)
        spans = [("the first months", begin, min(early, last))]
        if one.last > early:
            spans.append(("to the last common month", begin, one.last))
        if last > one.last:
            spans.append(("all months", begin, last))
        return split_of_fall(
            goods.select("product_code", "period_start", "value"),
            total.select("period_start", "value"),
            one.measures,
            first_month=first.replace(day=1),
            spans=spans,
        )
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}
