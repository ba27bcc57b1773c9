"""Findings on goods under measures, set beside goods that are not and beside other partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.imputation import ImputedEffect, Leads, imputed_effect, untreated_leads
from retorsion.estimators.results import ESTIMATE_SCHEMA, estimates_frame
from retorsion.impact.findings import Found, as_far, dated_measures, or_reason
from retorsion.impact.gravity import largest_others
from retorsion.impact.monthly import monthly_series
from retorsion.impact.triple_difference import Comparison, measure_effect, placebo_partners


def find_export_goods(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
) -> Found:
    """Monthly exports of goods that a measure names against what goods that none, or none yet, names predict.

    The effect is imputed from untreated months (:mod:`retorsion.estimators.imputation`). Beside it stand the same
    with every group weighing alike; over all months, where only the groups never named are left to say what
    a month was like; and the regression on two fixed effects that uses goods already named as controls.

    Args:
        trade_flows: the reporter's monthly rows.
        trade_measures: table of that name.
        reporter_code: the exporter.
        target_code: the partner under measures.
        options: section ``impact.export_goods``: value_column, bin_months, bins_before, bins_after,
            minimum_untreated (groups under no measure needed in a month), level, groups (level, code,
            label, measure_id or none).

    Returns:
        values: average, equal_weights, all_months (with what is left without each group never named),
        two_way, leads (joint test), counts; rows ``goods_path``, ``goods_without`` (the average without each
        group) and ``goods_dates``.
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
    units, starts = (frame.rename({"product_code": "unit"}) for frame in (flows, measures))
    minimum, bin_months = int(options["minimum_untreated"]), int(options["bin_months"])
    shared: dict[str, Any] = {"bin_months": bin_months, "level": options["level"]}
    imputed = partial(
        imputed_effect,
        units,
        starts,
        called="groups of goods",
        bins_after=int(options["bins_after"]),
        **shared,
    )
    main = imputed(minimum_untreated=minimum)
    leads = untreated_leads(
        units, starts, minimum_untreated=minimum, bins_before=int(options["bins_before"]), **shared
    )
    path = pl.concat(
        [
            leads.rows,
            estimates_frame(main.path).select(
                pl.col("term").cast(pl.Int64).alias("period"), pl.lit("after").alias("phase_type"), pl.all()
            ),
        ]
    )
    return Found(
        {
            "average": main.average.to_dict(),
            "equal_weights": or_reason(
                lambda: imputed(minimum_untreated=minimum, weighting="units").average.to_dict()
            ),
            "without": _extremes(main.without),
            "all_months": or_reason(lambda: _all_months(imputed(minimum_untreated=1))),
            "two_way": or_reason(
                lambda: measure_effect(
                    flows, measures, target_code=target_code, comparison="goods", level=options["level"]
                ).plain.to_dict()
            ),
            "leads": or_reason(lambda: _lead_test(leads)),
            "bin_months": bin_months,
            "minimum_untreated": minimum,
            "n_untreated": main.n_untreated,
            "last_month": main.last_period.isoformat(),
            "n_groups": len(groups),
            "n_never": len(groups) - measures["product_code"].n_unique(),
            "triple_difference": {
                "not_estimable": (
                    "A triple difference needs the same groups of goods with other partners; the statistics "
                    "recorded here have those partners' totals only."
                )
            },
        },
        {"goods_path": path, "goods_without": main.without, "goods_dates": measures},
    )


def _extremes(without: pl.DataFrame) -> dict[str, Any]:
    """The group without which the effect is largest, and the one without which it is smallest."""
    known = without.drop_nulls("estimate").sort("estimate", "left_out")
    return {
        f"{end}{suffix}": row[column]
        for end, row in (("lowest", known.row(0, named=True)), ("highest", known.row(-1, named=True)))
        for suffix, column in (("", "estimate"), ("_group", "left_out"))
    }


def _all_months(effect: ImputedEffect) -> dict[str, Any]:
    """The effect where the groups never named are in the end the only ones left to compare with."""
    never = effect.without.filter(~pl.col("is_treated"))
    return {**effect.average.to_dict(), "without": never.select("left_out", "estimate").to_dicts()}


def _lead_test(leads: Leads) -> dict[str, Any]:
    if leads.test is None:
        raise NotEstimable("No month before the measures lies outside the bin of reference.")
    return leads.test.to_dict()


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
            n_placebo_partners, level.
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
    stand_ins = largest_others(
        flows, by="partner_code", n=int(options["n_placebo_partners"]), without=[target_code]
    )
    placebos = placebo_partners(flows, measures, stand_ins, target_code=target_code, comparison="both")
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
                "smallest_p": 1 / (1 + placebos.n_placebos),
                "rule": f"the {len(stand_ins)} other partners with the largest sales, {first} to {last}",
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
