"""Finding: monthly exports of goods under measures, against goods that are not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.imputation import ImputedEffect, Leads, imputed_effect, untreated_leads
from retorsion.estimators.results import estimates_frame
from retorsion.findings import or_statement
from retorsion.impact.findings import Found, part_of
from retorsion.impact.goods import Good, named_measures
from retorsion.impact.series import monthly_series
from retorsion.impact.triple_difference import measure_effect
from retorsion.params import ImpactCase, Params


def find_export_goods(
    trade_flows: pl.DataFrame,
    trade_measures: pl.DataFrame,
    scope: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> Found:
    """Monthly exports of goods that a measure names against what goods that none, or none yet, names predict.

    The effect is imputed from untreated months (:mod:`retorsion.estimators.imputation`). Beside it stand the same
    with every group weighing alike; over all months, where only the groups never named are left to say what
    a month was like; and the regression on two fixed effects that uses goods already named as controls.

    Args:
        trade_flows: the reporter's monthly rows.
        trade_measures: table of that name.
        scope: which goods the words of a measure name: layout ``scope`` of the ledger.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods by code.

    Returns:
        values: average, equal_weights, all_months (with what is left without each group never named),
        two_way, leads (joint test), counts; rows ``goods_path``, ``goods_without`` (the average without each
        group) and ``goods_dates``.
    """
    choices, target_code = params.impact.export_goods, asked.target
    monthly = part_of(asked, "monthly")
    groups = [goods[code] for code in part_of(asked, "export_goods").goods]
    flows = pl.concat(
        monthly_series(
            trade_flows,
            reporter_code=asked.reporter,
            flow_type="export",
            partner_codes=[target_code],
            product_level=one.level,
            product_codes=[one.code],
            value_column=monthly.value_column,
        ).select(
            "partner_code",
            pl.lit(one.label).alias("product_code"),
            "period_start",
            # the months of a shared row carry its average
            pl.lit(1, dtype=pl.Int64).alias("n_months"),
            "value",
        )
        for one in groups
    ).filter(pl.col("value").is_not_null())
    measures = named_measures(trade_measures, scope, {one.code: one.label for one in groups})
    units, starts = (frame.rename({"product_code": "unit"}) for frame in (flows, measures))
    minimum, bin_months = choices.minimum_untreated, choices.bin_months
    shared: dict[str, Any] = {"bin_months": bin_months, "level": params.level}
    imputed = partial(
        imputed_effect,
        units,
        starts,
        called="groups of goods",
        bins_after=choices.bins_after,
        **shared,
    )
    main = imputed(minimum_untreated=minimum)
    leads = untreated_leads(
        units, starts, minimum_untreated=minimum, bins_before=choices.bins_before, **shared
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
            "equal_weights": or_statement(
                lambda: imputed(minimum_untreated=minimum, weighting="units").average.to_dict()
            ),
            "without": _extremes(main.without),
            "all_months": or_statement(lambda: _all_months(imputed(minimum_untreated=1))),
            "two_way": or_statement(
                lambda: measure_effect(
                    flows, measures, target_code=target_code, comparison="goods", level=params.level
                ).plain.to_dict()
            ),
            "leads": or_statement(lambda: _lead_test(leads)),
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
