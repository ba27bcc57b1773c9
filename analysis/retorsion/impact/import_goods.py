"""Finding: yearly imports of raw materials under measures, against other goods and other partners."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from retorsion.estimators.results import ESTIMATE_SCHEMA
from retorsion.findings import or_statement
from retorsion.impact.coalition import largest_others
from retorsion.impact.findings import Found, as_far, part_of
from retorsion.impact.goods import named_measures
from retorsion.impact.triple_difference import Comparison, measure_effect, placebo_partners
from retorsion.params import ImpactCase, Params


def find_import_goods(
    pairwise: pl.DataFrame,
    trade_measures: pl.DataFrame,
    scope: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
) -> Found:
    """Yearly imports of raw materials under measures: against other goods, other partners, and both.

    Args:
        pairwise: rows of the source of all pairs.
        trade_measures: table of that name.
        scope: which goods the words of a measure name: layout ``scope`` of the ledger.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.

    Returns:
        values: goods under measures, comparisons, placebo; rows ``import_goods`` (one row a comparison) and
        ``import_goods_placebos``.
    """
    products, target_code = list(part_of(asked, "import_goods").products), asked.target
    first, last = part_of(asked, "years")
    recorded = pairwise.filter(
        (pl.col("partner_code") == asked.reporter)
        & pl.col("product_code").is_in(products)
        & pl.col("period_start").dt.year().is_between(first, last)
    ).select(
        pl.col("reporter_code").alias("partner_code"),
        "product_code",
        "period_start",
        pl.col("value_kusd").alias("value"),
    )
    flows = _with_zeros(recorded)
    measures = named_measures(trade_measures, scope, {code: code for code in products})
    comparisons: list[Comparison] = ["goods", "partners", "both"]
    rows: list[dict[str, Any]] = []
    values = {}
    for comparison in comparisons:
        found = or_statement(partial(_effects, flows, measures, target_code, comparison, params.level))
        values[comparison] = found
        rows.extend(
            {"comparison": comparison, "is_corrected": name == "corrected", **found[name]}
            for name in ("plain", "corrected")
            if found.get(name)
        )
    stand_ins = largest_others(
        flows, by="partner_code", n=params.impact.import_goods.n_placebo_partners, without=[target_code]
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
