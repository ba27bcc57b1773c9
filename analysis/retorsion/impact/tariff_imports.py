"""Imports of the state that raised tariffs: who lost, who gained, what was paid, and what would have been."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.control_placebos import placebos_in_space
from retorsion.estimators.ppml import fit_ppml
from retorsion.estimators.results import Estimate
from retorsion.estimators.synthetic_control import control_panel, convex_control

SHARES_CAVEAT = (
    "Accounting, not causation: a supplier may have gained for other reasons, and goods of the state under "
    "measures may have come through another state."
)


def imports_by_chapter(
    trade_flows: pl.DataFrame, *, importer_code: str, target_code: str, value_column: str = "value_kusd"
) -> pl.DataFrame:
    """Monthly imports by chapter and partner.

    Args:
        trade_flows: rows of one source.
        importer_code: the state that imports.
        target_code: a partner that has to be among them.
        value_column: the column to measure trade by.

    Returns:
        period_start, chapter, partner_code (WLD the world), value.

    Raises:
        NotEstimable: there are none, or the partner or the world is not among them.
    """
    own = trade_flows.filter(
        (pl.col("reporter_code") == importer_code)
        & (pl.col("flow_type") == "import")
        & (pl.col("product_level") == "hs2")
    ).select(
        "period_start",
        pl.col("product_code").alias("chapter"),
        "partner_code",
        pl.col(value_column).alias("value"),
    )
    missing = {target_code, "WLD"} - set(own["partner_code"].unique())
    if missing:
        raise NotEstimable(
            f"No imports of {importer_code} by chapter from {' and '.join(sorted(missing))} are recorded."
        )
    return own.sort("period_start", "chapter", "partner_code")


def chapter_rates(rates: pl.DataFrame, day: date) -> pl.DataFrame:
    """Mean tariff of the subheadings of each chapter on a day.

    Args:
        rates: of :func:`retorsion.impact.tariff_panel.rates_between`.
        day: the day.

    Returns:
        chapter, rate_pct.
    """
    first = rates.group_by("product_code").agg(pl.col("from_date").min())["from_date"].max()
    known = rates.filter(pl.col("from_date") <= max(day, first))  # type: ignore[type-var]
    return (
        known.sort("product_code", "from_date")
        .group_by("product_code", maintain_order=True)
        .last()
        .group_by(pl.col("product_code").str.head(2).alias("chapter"))
        .agg(pl.col("rate_pct").sort().mean())
        .sort("chapter")
    )


def shares(imports: pl.DataFrame, years: Sequence[int]) -> pl.DataFrame:
    """Share of each partner in the imports of each year.

    Args:
        imports: of :func:`imports_by_chapter`.
        years: years with all twelve months.

    Returns:
        year, partner_code, value, share.
    """
    yearly = (
        imports.with_columns(year=pl.col("period_start").dt.year())
        .filter(pl.col("year").is_in(list(years)))
        .sort("year", "partner_code", "period_start", "chapter")
        .group_by("year", "partner_code", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    world = yearly.filter(pl.col("partner_code") == "WLD").select("year", pl.col("value").alias("all"))
    return (
        yearly.filter(pl.col("partner_code") != "WLD")
        .join(world, on="year")
        .select("year", "partner_code", "value", (pl.col("value") / pl.col("all")).alias("share"))
        .sort("year", "partner_code")
    )


def replaced(
    imports: pl.DataFrame, risen: pl.DataFrame, *, target_code: str, base_year: int, comparison_year: int
) -> pl.DataFrame:
    """Change of each partner's share, in chapters whose tariff on the target rose much and in the others.

    Args:
        imports: of :func:`imports_by_chapter`.
        risen: chapter, rise_pct (of the tariff between the years); chapters at or above the median rise are
            those that rose much.
        target_code: the state on whose goods it rose.
        base_year: first year.
        comparison_year: second year.

    Returns:
        chapters_type (risen, other), partner_code, share_base, share_comparison, change, share_of_loss (the
        part of the target's loss of share that the partner gained; null for the target, and where the target
        lost none). ``OTHERS`` are the partners that are not recorded one by one.
    """
    middle = risen["rise_pct"].median()
    marked = risen.select(
        "chapter",
        pl.when(pl.col("rise_pct") >= middle)
        .then(pl.lit("risen"))
        .otherwise(pl.lit("other"))
        .alias("chapters_type"),
    )
    placed = imports.join(marked, on="chapter")
    parts = []
    for kind in ("risen", "other"):
        own = shares(placed.filter(pl.col("chapters_type") == kind), [base_year, comparison_year])
        wide = own.pivot(on="year", index="partner_code", values="share").fill_null(0.0)
        columns = [str(base_year), str(comparison_year)]
        rest = pl.DataFrame(
            {"partner_code": ["OTHERS"], **{one: [1.0 - float(wide[one].sum())] for one in columns}}
        )
        whole = pl.concat([wide.select("partner_code", *columns), rest])
        table = whole.select(
            pl.lit(kind).alias("chapters_type"),
            "partner_code",
            pl.col(columns[0]).alias("share_base"),
            pl.col(columns[1]).alias("share_comparison"),
            (pl.col(columns[1]) - pl.col(columns[0])).alias("change"),
        )
        loss = -float(table.filter(pl.col("partner_code") == target_code)["change"][0])
        parts.append(
            table.with_columns(
                pl.when((pl.col("partner_code") != target_code) & pl.lit(loss > 0))
                .then(pl.col("change") / loss)
                .alias("share_of_loss")
            ).sort(["change", "partner_code"], descending=[True, False])
        )
    return pl.concat(parts)


def import_elasticity(
    imports: pl.DataFrame, rates_by_month: pl.DataFrame, *, target_code: str, level: float
) -> Estimate:
    """Elasticity of imports by chapter from the target, against the other partners in the same chapter and month.

    Args:
        imports: of :func:`imports_by_chapter`.
        rates_by_month: chapter, period_start, log_rate of the tariff on the target.
        target_code: the state that pays it.
        level: of the interval.

    Raises:
        NotEstimable: nothing varies.
    """
    partners = imports.filter(pl.col("partner_code") != "WLD").select("partner_code").unique()
    months = (
        rates_by_month.select("period_start")
        .unique()
        .join(imports.select("period_start").unique(), on="period_start")
    )
    chapters = rates_by_month.select("chapter").unique()
    grid = (
        partners.join(months, how="cross")
        .join(chapters, how="cross")
        .join(imports, on=["period_start", "chapter", "partner_code"], how="left")
        .join(rates_by_month, on=["chapter", "period_start"])
        .with_columns(
            pl.col("value").fill_null(0.0),
            pl.when(pl.col("partner_code") == target_code).then("log_rate").otherwise(0.0).alias("log_rate"),
        )
        .sort("partner_code", "chapter", "period_start")
    )
    fit = fit_ppml(
        grid,
        outcome="value",
        regressors=["log_rate"],
        fixed_effects=[
            ["partner_code", "chapter"],
            ["chapter", "period_start"],
            ["partner_code", "period_start"],
        ],
        clusters=[["chapter"]],
    ).complete()
    return fit.estimate(
        "log_rate",
        level=level,
        few_clusters=True,
        sample=f"{len(partners)} partners, {len(chapters)} chapters, {len(months)} months",
        caveat=(
            "Chapters hold goods on the lists and goods that are not, and the tariff of a chapter is the mean of its "
            "subheadings; both blur the effect. Other partners that sold more instead are part of it."
        ),
    )


def paid(
    duties: pl.DataFrame, imports: pl.DataFrame, rates: pl.DataFrame, *, target_code: str, base_year: int
) -> pl.DataFrame:
    """Duties calculated on imports, per cent of their value, beside the tariff in the books.

    Args:
        duties: period_start, partner_code, value_kusd, duty_kusd of the totals.
        imports: of :func:`imports_by_chapter`.
        rates: of :func:`retorsion.impact.tariff_panel.rates_between`, on the target.
        target_code: whose goods pay.
        base_year: whose imports weigh the chapters.

    Returns:
        period_start, paid_pct (on the target), paid_world_pct, statutory_pct (mean of the chapters on the
        first day of the month, with the imports of the base year from the target as weights), gap_pct.
    """
    weights = (
        imports.filter(
            (pl.col("partner_code") == target_code) & (pl.col("period_start").dt.year() == base_year)
        )
        .group_by("chapter")
        .agg(pl.col("value").sort().sum().alias("weight"))
    )
    of = {
        name: duties.filter(pl.col("partner_code") == code).select(
            "period_start", (100 * pl.col("duty_kusd") / pl.col("value_kusd")).alias(name)
        )
        for name, code in (("paid_pct", target_code), ("paid_world_pct", "WLD"))
    }
    months = of["paid_pct"].join(of["paid_world_pct"], on="period_start").sort("period_start")
    first = rates["from_date"].min()
    rows = []
    for month in months["period_start"]:
        if month < first:
            continue
        joined = chapter_rates(rates, month).join(weights, on="chapter").sort("chapter")
        rate, weight = (joined[name].to_numpy() for name in ("rate_pct", "weight"))
        mean = float(rate @ weight / weight.sum())
        rows.append({"period_start": month, "statutory_pct": mean})
    if not rows:
        raise NotEstimable("The duties recorded end before the first day of the tariffs.")
    return (
        months.join(pl.DataFrame(rows), on="period_start", how="left")
        .with_columns((pl.col("statutory_pct") - pl.col("paid_pct")).alias("gap_pct"))
        .select("period_start", "paid_pct", "paid_world_pct", "statutory_pct", "gap_pct")
    )


def synthetic(
    totals: pl.DataFrame, *, target_code: str, first_change: date, months_before: int = 48
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Trade with the target against a weighted mean of trade with other partners, by quarter.

    Values are logs of the quarter's sum over the mean of the quarters before the change.

    Args:
        totals: period_start, partner_code, value: monthly, aggregates left out.
        target_code: the partner whose trade the tariffs hit.
        first_change: day of the first additional tariff.
        months_before: how far back the control is fitted.

    Returns:
        estimate (mean gap in log points), rmspe_before, p_value of placebos in space, n_donors, weights; and
        the path: period (first day of the quarter), target, control, gap.

    Raises:
        NotEstimable: too few quarters before or after the change, or fewer than two donors with all of them.
    """
    start = (first_change.year * 12 + first_change.month - 1 - months_before) // 3 * 3
    quarters = (
        totals.with_columns(quarter=pl.col("period_start").dt.truncate("1q"))
        .filter(pl.col("quarter") >= date(start // 12, start % 12 + 1, 1))
        .sort("partner_code", "period_start")
        .group_by("partner_code", "quarter", maintain_order=True)
        .agg(pl.col("value").sum(), pl.len().alias("n"))
        .filter((pl.col("n") == 3) & (pl.col("value") > 0))
    )
    change = first_change.replace(month=(first_change.month - 1) // 3 * 3 + 1, day=1)
    n_quarters = quarters["quarter"].n_unique()
    whole = quarters.filter(pl.len().over("partner_code") == n_quarters)
    before = whole.filter(pl.col("quarter") < change)["quarter"].n_unique()
    if target_code not in whole["partner_code"] or before < 4 or n_quarters - before < 1:
        raise NotEstimable(
            f"{before} quarters before {change} and {n_quarters - before} from it on are recorded for all "
            "partners: a control takes four and one."
        )
    log = pl.col("value").log()
    panel = whole.with_columns(
        (log - log.filter(pl.col("quarter") < change).mean().over("partner_code")).alias("log_value"),
        (pl.col("quarter").dt.year() * 4 + pl.col("quarter").dt.quarter().cast(pl.Int32) - 1)
        .cast(pl.Int64)
        .alias("period"),
    )
    arranged = control_panel(
        panel,
        unit="partner_code",
        period="period",
        outcome="log_value",
        treated=target_code,
        first_treated=change.year * 4 + (change.month - 1) // 3,
    )
    fit = convex_control(arranged)
    placebos = placebos_in_space(arranged, convex_control)
    path = fit.path.with_columns(
        pl.date(pl.col("period") // 4, pl.col("period") % 4 * 3 + 1, 1).alias("quarter")
    ).select("quarter", "phase_type", pl.col("treated").alias("target"), "control", "gap")
    return {
        "estimate": fit.estimate.estimate,
        "rmspe_before": fit.rmspe_before,
        "p_value": placebos.p_value,
        "n_donors": len(arranged.units) - 1,
        "weights": fit.weights.head(5).to_dicts(),
        "caveat": (
            "Partners that gained what the state under tariffs lost are donors too, so that the gap counts "
            "diversion twice; the p-value is a rank among partners."
        ),
    }, path
