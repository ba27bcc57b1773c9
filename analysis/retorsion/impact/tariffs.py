"""Finding: what the tariffs of two states did to the trade between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.results import Estimate
from retorsion.estimators.specifications import specification_curve
from retorsion.findings import or_statement
from retorsion.impact import tariff_effects as effects
from retorsion.impact import tariff_imports as bought
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.impact.tariff_panel import TIMINGS, Timing, monthly_rates, rates_between, trade_panel
from retorsion.params import ImpactCase, Params, TariffExports, TariffImports

#: How the specification curve names its choices, the plain one first.
_ANTICIPATION = ("kept", "left out")
_PRODUCTS = ("all", "without the largest")


@dataclass(frozen=True)
class TariffTables:
    """What the finding reads.

    Attributes:
        trade_flows: rows of the sources that the case names.
        rates: table ``tariff_rates``.
        changes: table ``tariff_changes``.
        duties: table ``import_duties``.
        sections: sections of the Harmonized System.
        averages: published averages of tariffs, if the case names any.
        estimates: published effects, if the case names any.
    """

    trade_flows: pl.DataFrame
    rates: pl.DataFrame
    changes: pl.DataFrame
    duties: pl.DataFrame
    sections: pl.DataFrame
    averages: pl.DataFrame | None = None
    estimates: pl.DataFrame | None = None


def find_tariffs(tables: TariffTables, *, asked: ImpactCase, params: Params) -> Found:
    """What tariffs did to exports by product, to imports by partner, and what was paid.

    Args:
        tables: what the finding reads.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.

    Returns:
        values: exports (elasticity, outcomes, specifications, placebo, steps, chapters), imports (shares,
        elasticity, paid, control), lines (of each step), averages; rows ``tariffs_specifications``,
        ``tariffs_sections``, ``tariffs_steps``, ``tariffs_published``, ``tariffs_shares``,
        ``tariffs_replaced``, ``tariffs_paid``, ``tariffs_control``, ``tariffs_lines``, ``tariffs_averages``.
    """
    part = part_of(asked, "tariffs")
    rows: dict[str, pl.DataFrame] = {}
    values: dict[str, Any] = {}
    for name, one, find in (
        ("exports", part.exports, _exports),
        ("imports", part.imports, _imports),
    ):
        values[name] = (
            or_statement(partial(_gathered, find, tables, one, params, rows))
            if one is not None
            else {"not_estimable": f"The case leaves tariffs.{name} out."}
        )
    sides = [asked.reporter, asked.target]
    rows["tariffs_lines"] = lines_of_steps(tables.changes, sides)
    values["lines"] = json_rows(rows["tariffs_lines"])
    if tables.averages is not None:
        rows["tariffs_averages"] = averages_beside(tables, part.exports, part.imports)
        values["averages"] = json_rows(rows["tariffs_averages"])
    if tables.estimates is not None:
        rows["tariffs_published"] = _published(tables.estimates, values)
    return Found(values, rows)


def _gathered(
    find: Any, tables: TariffTables, one: Any, params: Params, rows: dict[str, pl.DataFrame]
) -> Any:
    values, own = find(tables, one, params)
    rows |= own
    return values


def _exports(
    tables: TariffTables, asked: TariffExports, params: Params
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    rates = rates_between(tables.rates, imposer_code=asked.imposer, target_code=asked.exporter)
    choices, level = params.impact.tariffs, params.level
    panels = {timing: _panel(tables, asked, rates, timing, choices.minimum_value_kusd) for timing in TIMINGS}
    panel = panels["days"]
    largest = effects.largest_products(panel, choices.n_largest)
    curve = specification_curve(
        partial(
            _one_choice,
            panels,
            largest=largest,
            anticipation_months=choices.anticipation_months,
            level=level,
        ),
        {
            "design": effects.DESIGNS,
            "timing": TIMINGS[:2],
            "anticipation": _ANTICIPATION,
            "products": _PRODUCTS,
        },
    )
    first = additional_days(tables.changes, imposer=asked.imposer, target=asked.exporter)
    paths, told = _steps(panel, tables.changes, asked, level)
    sections = effects.by_section(panel, tables.sections, level=level)
    elasticity = partial(effects.elasticity, panel, level=level)
    placebo = partial(effects.placebo_in_time, panel, design="destinations", level=level)
    chapters = partial(effects.chapter_regression, panel, base_year=asked.base_year, level=level)
    values = {
        "exporter_code": asked.exporter,
        "imposer_code": asked.imposer,
        "n_products": panel["product_code"].n_unique(),
        "first_month": panel["period_start"].min().isoformat(),  # type: ignore[union-attr]
        "last_month": panel["period_start"].max().isoformat(),  # type: ignore[union-attr]
        "largest_products": largest,
        "elasticity": _of(partial(elasticity, design="destinations")),
        "outcomes": {
            outcome: _of(partial(elasticity, design="months", outcome=outcome))
            for outcome in ("target", "rest", "world")
        },
        "specifications": {
            name: getattr(curve, name)
            for name in ("n", "n_estimated", "median", "lowest", "highest", "same_sign", "significant")
        },
        "placebo": _of(partial(placebo, first_change=min(first.values())))
        if first
        else {"not_estimable": "No additional duty is recorded."},
        "steps": told,
        "chapters": _of(partial(chapters, with_effects=False)),
        "chapters_effects": _of(partial(chapters, with_effects=True)),
    }
    return values, {
        "tariffs_specifications": curve.table,
        "tariffs_sections": sections,
        **({"tariffs_steps": paths} if paths is not None else {}),
    }


def _of(estimate: Any) -> Any:
    return or_statement(lambda: estimate().to_dict())


def _panel(
    tables: TariffTables, asked: TariffExports, rates: pl.DataFrame, timing: Timing, minimum: float
) -> pl.DataFrame:
    own = tables.trade_flows.filter(pl.col("source_id") == asked.source)
    panel = trade_panel(
        own,
        rates,
        exporter_code=asked.exporter,
        target_code=asked.imposer,
        first_month=asked.first_month,
        timing=timing,
    )
    kept = panel.filter(pl.col("target").sum().over("product_code") >= minimum)
    if kept["product_code"].n_unique() < 2:
        raise NotEstimable(
            f"{kept['product_code'].n_unique()} product(s) were sold for {minimum:g} thousand US dollars or more: "
            "a comparison of products takes two."
        )
    return kept


def _one_choice(
    panels: Mapping[Timing, pl.DataFrame],
    *,
    design: effects.Design,
    timing: Timing,
    anticipation: str,
    products: str,
    largest: list[str],
    anticipation_months: int,
    level: float,
) -> Estimate:
    panel = panels[timing]
    if products != _PRODUCTS[0]:
        panel = panel.filter(~pl.col("product_code").is_in(largest))
    if anticipation != _ANTICIPATION[0]:
        panel = effects.without_months_around(panel, anticipation_months)
    return effects.elasticity(panel, design=design, level=level)


def additional_days(changes: pl.DataFrame, *, imposer: str, target: str) -> dict[str, date]:
    """The day of the first additional duty on each product.

    Args:
        changes: table ``tariff_changes``.
        imposer: who imposes it.
        target: whose goods pay it.

    Returns:
        Six-digit product to day.
    """
    own = changes.filter(
        (pl.col("imposer_code") == imposer)
        & (pl.col("target_code") == target)
        & (pl.col("change_type") == "additional")
    )
    days = own.group_by(pl.col("line_code").str.head(6).alias("product")).agg(pl.col("from_date").min())
    return dict(days.sort("product").iter_rows())


def _steps(
    panel: pl.DataFrame, changes: pl.DataFrame, asked: TariffExports, level: float
) -> tuple[pl.DataFrame | None, list[dict[str, Any]]]:
    """The path of trade around each step, and what it says; a step without an estimate says why."""
    hit = additional_days(changes, imposer=asked.imposer, target=asked.exporter)
    own = changes.filter((pl.col("imposer_code") == asked.imposer) & (pl.col("change_type") == "additional"))
    named = own.select("step", "from_date", "measure_id").unique().sort("from_date", "step")
    frames, told = [], []
    for step, day, measure in named.iter_rows():
        values: dict[str, Any] = {"step": step, "day": day.isoformat(), "measure_id": measure}
        try:
            path, found = effects.around_step(panel, hit, step_day=day, level=level)
        except NotEstimable as reason:
            told.append({**values, "not_estimable": str(reason)})
            continue
        frames.append(path.frame().select(pl.lit(step).alias("step"), pl.lit(day).alias("day"), pl.all()))
        told.append({**values, **found})
    return (pl.concat(frames) if frames else None), told


def _imports(
    tables: TariffTables, asked: TariffImports, params: Params
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    rates = rates_between(tables.rates, imposer_code=asked.importer, target_code=asked.target)
    own = tables.trade_flows.filter(pl.col("source_id") == asked.source)
    imports = bought.imports_by_chapter(own, importer_code=asked.importer, target_code=asked.target)
    base, after = asked.base_year, asked.comparison_year
    risen = _rises(rates, base, after)
    replaced = bought.replaced(
        imports, risen, target_code=asked.target, base_year=base, comparison_year=after
    )
    years = imports.group_by(pl.col("period_start").dt.year().alias("year")).agg(
        pl.col("period_start").n_unique()
    )
    whole = years.filter(pl.col("period_start") == 12)["year"].sort().to_list()
    shares = bought.shares(imports, whole)
    months = imports.filter(pl.col("period_start").dt.year() >= base)["period_start"].unique().to_list()
    by_month = _chapter_months(rates, months)
    duties = tables.duties.filter(
        (pl.col("source_id") == asked.duties)
        & (pl.col("importer_code") == asked.importer)
        & (pl.col("product_level") == "total")
    )
    first = min(additional_days(tables.changes, imposer=asked.importer, target=asked.target).values())
    paid = or_statement(lambda: bought.paid(duties, imports, rates, target_code=asked.target, base_year=base))
    control, path = _control(own, asked, first)
    values = {
        "importer_code": asked.importer,
        "target_code": asked.target,
        "base_year": base,
        "comparison_year": after,
        "named": [
            {**one, "chapters_type": kind}
            for kind in ("risen", "other")
            for one in replaced.filter(
                (pl.col("chapters_type") == kind)
                & pl.col("partner_code").is_in([asked.target, *asked.named, "OTHERS"])
            )
            .drop("chapters_type")
            .to_dicts()
        ],
        "elasticity": _of(
            partial(bought.import_elasticity, imports, by_month, target_code=asked.target, level=params.level)
        ),
        "paid": _told_paid(paid) if isinstance(paid, pl.DataFrame) else paid,
        "control": control,
        "caveat": bought.SHARES_CAVEAT,
    }
    rows = {"tariffs_shares": shares, "tariffs_replaced": replaced}
    if isinstance(paid, pl.DataFrame):
        rows["tariffs_paid"] = paid
    if path is not None:
        rows["tariffs_control"] = path
    return values, rows


def _control(
    flows: pl.DataFrame, asked: TariffImports, first: date
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    """Imports and exports of the importer with the target against other partners."""
    values: dict[str, Any] = {}
    paths = []
    for flow in ("import", "export"):
        totals = flows.filter(
            (pl.col("reporter_code") == asked.importer)
            & (pl.col("flow_type") == flow)
            & (pl.col("product_level") == "total")
            & (pl.col("partner_code") != "WLD")
        ).select("period_start", "partner_code", pl.col("value_kusd").alias("value"))
        try:
            values[flow], path = bought.synthetic(totals, target_code=asked.target, first_change=first)
        except NotEstimable as reason:
            values[flow] = {"not_estimable": str(reason)}
            continue
        paths.append(path.select(pl.lit(flow).alias("flow_type"), pl.all()))
    return values, pl.concat(paths) if paths else None


def _told_paid(paid: pl.DataFrame) -> dict[str, Any]:
    known = paid.drop_nulls("statutory_pct")
    last, first = known.row(-1, named=True), known.row(0, named=True)
    return {
        "first": {**first, "period_start": first["period_start"].isoformat()},
        "last": {**last, "period_start": last["period_start"].isoformat()},
        "highest_paid_pct": known["paid_pct"].max(),
        "why": (
            "The tariff in the books weighs every subheading of a chapter alike and the chapters by the imports of "
            "the base year. What was paid follows what was still bought, so that goods under a high tariff weigh "
            "less, and goods under an exclusion pay nothing."
        ),
    }


def _rises(rates: pl.DataFrame, base_year: int, comparison_year: int) -> pl.DataFrame:
    """By how much the mean tariff of each chapter rose between the ends of two years."""
    was, now = (bought.chapter_rates(rates, date(year, 12, 31)) for year in (base_year, comparison_year))
    return was.join(now, on="chapter", suffix="_now").select(
        "chapter", (pl.col("rate_pct_now") - pl.col("rate_pct")).alias("rise_pct")
    )


def _chapter_months(rates: pl.DataFrame, months: list[date]) -> pl.DataFrame:
    """Mean log tariff of the subheadings of each chapter by month."""
    return (
        monthly_rates(rates, months)
        .with_columns(chapter=pl.col("product_code").str.head(2))
        .sort("chapter", "period_start", "product_code")
        .group_by("chapter", "period_start", maintain_order=True)
        .agg(pl.col("log_rate").mean())
    )


def lines_of_steps(changes: pl.DataFrame, sides: list[str]) -> pl.DataFrame:
    """How many lines each step between two states named, in the digits of its list.

    Args:
        changes: table ``tariff_changes``.
        sides: the two states; steps towards all count where one of them imposes them.

    Returns:
        imposer_code, target_code, from_date, step, change_type, measure_id, n_lines (of eight digits),
        n_lines_full (as the source lists them), change_low, change_high.
    """
    own = changes.filter(pl.col("imposer_code").is_in(sides) & pl.col("target_code").is_in([*sides, "WLD"]))
    return (
        own.group_by("imposer_code", "target_code", "from_date", "step", "change_type", "measure_id")
        .agg(
            pl.col("line_code").str.head(8).n_unique().cast(pl.Int64).alias("n_lines"),
            pl.len().cast(pl.Int64).alias("n_lines_full"),
            pl.col("change_pct").min().alias("change_low"),
            pl.col("change_pct").max().alias("change_high"),
        )
        .sort("from_date", "imposer_code", "step")
    )


def averages_beside(
    tables: TariffTables, exports: TariffExports | None, imports: TariffImports | None
) -> pl.DataFrame:
    """Published averages of tariffs, and the same of the rates recorded here.

    Args:
        tables: what the finding reads.
        exports: whose exports weigh the tariffs on them, by product.
        imports: whose imports weigh the tariffs on them, by chapter.

    Returns:
        average_id, imposer_code, target_code, as_of_date, published_pct, own_pct, simple_pct, difference_pct,
        reason, source_url.
    """
    assert tables.averages is not None
    rows = []
    for one in tables.averages.iter_rows(named=True):
        imposer, target, day = one["imposer_code"], one["target_code"], one["as_of_date"]
        rates = rates_between(tables.rates, imposer_code=imposer, target_code=target)
        own, reason = _weighted(tables, rates, day, imposer, target, exports, imports)
        in_force = _in_force(rates, day)
        rows.append(
            {
                "average_id": one["average_id"],
                "imposer_code": imposer,
                "target_code": target,
                "as_of_date": day,
                "published_pct": one["average_pct"],
                "own_pct": own,
                "simple_pct": in_force["rate_pct"].sort().mean(),
                "difference_pct": None if own is None else own - one["average_pct"],
                "reason": reason,
                "source_url": one["source_url"],
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None).sort("imposer_code", "as_of_date")


def _in_force(rates: pl.DataFrame, day: date) -> pl.DataFrame:
    known = rates.filter(pl.col("from_date") <= day).sort("product_code", "from_date")
    return known.group_by("product_code", maintain_order=True).last()


def _weighted(
    tables: TariffTables,
    rates: pl.DataFrame,
    day: date,
    imposer: str,
    target: str,
    exports: TariffExports | None,
    imports: TariffImports | None,
) -> tuple[float | None, str]:
    """The average with trade as weights: by product where exports are recorded, else by chapter."""
    if exports is not None and (exports.imposer, exports.exporter) == (imposer, target):
        column, code, source, year = "partner_code", imposer, exports.source, exports.base_year
        flow, reporter, level, in_force = "export", target, "hs6", _in_force(rates, day)
        reason = (
            "Weights are the exports of one year by product; the published ones are not stated by product."
        )
    elif imports is not None and (imports.importer, imports.target) == (imposer, target):
        column, code, source, year = "partner_code", target, imports.source, imports.base_year
        flow, reporter, level = "import", imposer, "hs2"
        in_force = bought.chapter_rates(rates, day).rename({"chapter": "product_code"})
        reason = (
            "Imports are recorded by chapter: within a chapter all subheadings weigh alike, while the goods most "
            "bought, such as telephones and computers, stayed off the lists."
        )
    else:
        return None, "The case has no trade to weigh these tariffs with."
    weights = (
        tables.trade_flows.filter(
            (pl.col("source_id") == source)
            & (pl.col("reporter_code") == reporter)
            & (pl.col("flow_type") == flow)
            & (pl.col("product_level") == level)
            & (pl.col(column) == code)
            & (pl.col("period_start").dt.year() == year)
        )
        .sort("product_code", "period_start")
        .group_by("product_code", maintain_order=True)
        .agg(pl.col("value_kusd").sum().alias("weight"))
    )
    joined = in_force.join(weights, on="product_code").sort("product_code")
    if joined.is_empty():
        return None, f"No trade of {year} is recorded to weigh these tariffs with."
    rate, weight = (joined[name].to_numpy() for name in ("rate_pct", "weight"))
    return float(rate @ weight / weight.sum()), reason


def _published(estimates: pl.DataFrame, values: Mapping[str, Any]) -> pl.DataFrame:
    """Published effects with the nearest of ours beside each."""
    exports, imports = values["exports"], values["imports"]
    own = {
        "target": exports.get("elasticity"),
        "chapters": exports.get("chapters"),
        "chapters_effects": exports.get("chapters_effects"),
        "imports": imports.get("elasticity"),
    }
    rows = []
    for one in estimates.iter_rows(named=True):
        ours = own[one["compared_with"]] or {}
        rows.append(
            {
                **{name: one[name] for name in ("estimate_id", "study", "quantity")},
                "published": one["estimate"],
                "published_error": one["standard_error"],
                **{
                    f"own_{name}": ours.get(name) for name in ("estimate", "standard_error", "lower", "upper")
                },
                "note": one["note"],
                "source_url": one["source_url"],
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)
