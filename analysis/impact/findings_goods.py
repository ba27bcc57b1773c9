"""Findings on goods under measures, set beside goods that are not and beside other partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from analysis.impact.estimate import ESTIMATE_SCHEMA
from analysis.impact.findings import Found, as_far, dated_measures, or_reason
from analysis.impact.monthly import monthly_series
from analysis.impact.triple_difference import Comparison, measure_effect, measure_path, placebo_partners


def find_export_goods(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
) -> Found:
    """Monthly exports of goods that a measure names against goods that none, or none yet, names.

    Args:
        trade_flows: the reporter's monthly rows.
        trade_measures: table of that name.
        reporter_code: the exporter.
        target_code: the partner under measures.
        options: section ``impact.export_goods``: value_column, bin_months, bins_before, bins_after, level,
            groups (level, code, label, measure_id or none).

    Returns:
        values: average, path (joint test of the leads), counts; rows ``goods_path`` and ``goods_dates``.
    """
    groups = options["groups"]
    flows = pl.concat(
        monthly_series(
            trade_flows,
            reporter_code=reporter_code,
            flow_type="export",
            partner_codes=[target_code],
            product_level=one["level"],
            product_codes=[one["code"]],
            value_column=options["value_column"],
        ).select(
            "partner_code",
            pl.lit(one["label"]).alias("product_code"),
            "period_start",
            # the months of a shared row carry its average
            pl.lit(1, dtype=pl.Int64).alias("n_months"),
            "value",
        )
        for one in groups
    ).filter(pl.col("value").is_not_null())
    measures = _measures(
        trade_measures, [(one["label"], one["measure_id"]) for one in groups if "measure_id" in one]
    )
    arguments: dict[str, Any] = {
        "target_code": target_code,
        "comparison": "goods",
        "by_season": True,
        "level": options["level"],
    }
    bins: dict[str, Any] = {name: int(options[name]) for name in ("bin_months", "bins_before", "bins_after")}
    path = measure_path(flows, measures, **bins, **arguments)
    return Found(
        {
            "average": or_reason(lambda: measure_effect(flows, measures, **arguments).plain.to_dict()),
            "leads": or_reason(lambda: path.pre_trend_test().to_dict()),
            "statement": path.statement,
            "bin_months": bins["bin_months"],
            "n_groups": len(groups),
            "n_never": len(groups) - measures["product_code"].n_unique(),
            "triple_difference": {
                "not_estimable": (
                    "A triple difference needs the same groups of goods with other partners; the statistics "
                    "recorded here have those partners' totals only."
                )
            },
        },
        {"goods_path": path.frame(), "goods_dates": measures},
    )


def find_import_goods(
    pairwise: pl.DataFrame,
    trade_measures: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
    names: Mapping[str, str],
) -> Found:
    """Yearly imports of raw materials under measures: against other goods, other partners, and both.

    Args:
        pairwise: rows of the source of all pairs.
        trade_measures: table of that name.
        reporter_code: the importer.
        target_code: the partner under measures.
        options: section ``impact.import_goods``: years (first, last), products, measures (hs6, measure_id),
            placebo_partners, level.
        names: short names of products.

    Returns:
        values: goods under measures, comparisons, placebo; rows ``import_goods`` (one row a comparison) and
        ``import_goods_placebos``.
    """
    first, last = options["years"]
    recorded = pairwise.filter(
        (pl.col("partner_code") == reporter_code)
        & pl.col("product_code").is_in(options["products"])
        & pl.col("period_start").dt.year().is_between(first, last)
    ).select(
        pl.col("reporter_code").alias("partner_code"),
        "product_code",
        "period_start",
        pl.col("value_kusd").alias("value"),
    )
    flows = _with_zeros(recorded)
    measures = _measures(
        trade_measures, [(code, one["measure_id"]) for one in options["measures"] for code in one["hs6"]]
    )
    comparisons: list[Comparison] = ["goods", "partners", "both"]
    rows: list[dict[str, Any]] = []
    values = {}
    for comparison in comparisons:
        found = or_reason(
            partial(_effects, flows, measures, target_code, comparison, float(options["level"]))
        )
        values[comparison] = found
        rows.extend(
            {"comparison": comparison, "is_corrected": name == "corrected", **found[name]}
            for name in ("plain", "corrected")
            if found.get(name)
        )
    placebos = placebo_partners(
        flows, measures, options["placebo_partners"], target_code=target_code, comparison="both"
    )
    return Found(
        {
            "goods": [
                {"product_code": code, "name": names.get(code, code), "start_date": start.isoformat()}
                for code, start in measures.select("product_code", "start_date").iter_rows()
            ],
            "comparisons": values,
            "placebo": {
                "p_value": placebos.p_value,
                "n_placebos": placebos.n_placebos,
                "n_as_far": as_far(placebos),
            },
        },
        {
            "import_goods": pl.DataFrame(
                rows,
                schema={"comparison": pl.String, "is_corrected": pl.Boolean, **ESTIMATE_SCHEMA},
            ),
            "import_goods_placebos": placebos.effects,
        },
    )


def _effects(
    flows: pl.DataFrame, measures: pl.DataFrame, target_code: str, comparison: Comparison, level: float
) -> dict[str, Any]:
    effect = measure_effect(flows, measures, target_code=target_code, comparison=comparison, level=level)
    return {
        "plain": effect.plain.to_dict(),
        "corrected": effect.corrected.to_dict() if effect.corrected else None,
        "n_goods": effect.n_goods,
    }


def _measures(trade_measures: pl.DataFrame, named: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Start of the measure that names each good."""
    dates = dated_measures(
        trade_measures, [{"measure_id": code, "label": ""} for code in sorted({code for _, code in named})]
    )
    return (
        pl.DataFrame(named, schema={"product_code": pl.String, "measure_id": pl.String}, orient="row")
        .join(dates.select("measure_id", pl.col("date").alias("start_date")), on="measure_id")
        .sort("start_date", "product_code")
    )


def _with_zeros(recorded: pl.DataFrame) -> pl.DataFrame:
    """A zero for every year without a row of a partner and good that trade in one of the years."""
    pairs = recorded.filter(pl.col("value") > 0).select("partner_code", "product_code").unique()
    keys = ["partner_code", "product_code", "period_start"]
    return (
        pairs.join(recorded.select("period_start").unique(), how="cross")
        .join(recorded, on=keys, how="left")
        .with_columns(pl.col("value").fill_null(0.0), pl.lit(12, dtype=pl.Int64).alias("n_months"))
        .sort(keys)
    )
