"""Finding: who took the target's place in the reporter's imports."""

from __future__ import annotations

from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.findings import or_statement
from retorsion.impact.accounting import (
    replacement,
    replacement_summary,
    suppliers,
)
from retorsion.impact.findings import Found, part_of
from retorsion.impact.price_volume import groups_left_out
from retorsion.impact.records import (
    NO_OWN_RECORD,
    OwnRecord,
)
from retorsion.params import ImpactCase


def find_replacement(
    pairwise: pl.DataFrame,
    *,
    asked: ImpactCase,
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Who took the target's place in the reporter's imports, in tonnes and in money.

    Args:
        pairwise: rows of the source of all pairs.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        own: the reporter's own record, from which products that rest on another one are flagged.

    Returns:
        values: per product the sums and record_gap_share (how far two records of it differ; null where they
        agree or no other is known); rows ``replacement`` (per product and supplier) and
        ``supplier_shares`` (per product, supplier and year).
    """
    values: list[dict[str, Any]] = []
    rows: list[pl.DataFrame] = []
    shares: list[pl.DataFrame] = []
    reporter_code = asked.reporter
    for product in asked.replacement:
        codes, start, end, label = list(product.hs6), product.base_year, product.comparison_year, product.name
        merged = pairwise.filter(pl.col("product_code").is_in(codes)).with_columns(
            pl.lit(label).alias("product_code")
        )
        merged = _merged(merged)

        def found(column: str, frame: pl.DataFrame = merged, a: int = start, b: int = end) -> pl.DataFrame:
            return replacement(
                frame,
                importer_code=reporter_code,
                target_code=asked.target,
                base_years=[a],
                comparison_years=[b],
                value_column=column,
            )

        def sums(frame: pl.DataFrame = merged) -> dict[str, Any]:
            return {
                unit: replacement_summary(found(column, frame)).drop("product_code").row(0, named=True)
                for unit, column in (("tonnes", "quantity_tonnes"), ("value_kusd", "value_kusd"))
            }

        outcome = or_statement(sums)
        gaps = [
            one["gap_share"]
            for one in groups_left_out(own, start, end)
            if set(one["product_codes"]) & set(codes)
        ]
        values.append(
            {
                "name": label,
                "base_year": start,
                "comparison_year": end,
                "record_gap_share": max(gaps, default=None),
                **outcome,
            }
        )
        if "not_estimable" in outcome:
            continue
        rows.extend(
            found(column).select(
                pl.lit(label).alias("name"),
                pl.lit(unit).alias("unit"),
                pl.lit(start).alias("base_year"),
                pl.lit(end).alias("comparison_year"),
                pl.exclude("product_code"),
            )
            for unit, column in (("tonnes", "quantity_tonnes"), ("value_kusd", "value_kusd"))
        )
        first, last = part_of(asked, "years")
        shares.append(
            suppliers(
                merged,
                importer_code=reporter_code,
                years=range(first, last + 1),
                value_column="quantity_tonnes",
            ).select(pl.lit(label).alias("name"), "year", "exporter_code", "value", "share")
        )
    if not rows:
        raise NotEstimable(
            "In no product of the parameters did the reporter buy from the target: "
            + " ".join(sorted({str(one["not_estimable"]) for one in values}))
        )
    return Found(
        {
            "products": values,
            "caveat": (
                "Accounting, not causation: suppliers may have gained for other reasons. Shares are of "
                "tonnes, so that prices play no part."
            ),
        },
        {
            "replacement": pl.concat(rows),
            "supplier_shares": pl.concat(shares),
        },
    )


def _merged(flows: pl.DataFrame) -> pl.DataFrame:
    """Several codes of one product added up, null where a part is unmeasured; on unlike records, ``unknown``."""
    records = [c for c in ("valuation_type", "record_type") if c in flows.columns]
    added = ("value_kusd", "quantity_tonnes", "value_thousand_jpy", *records)
    keys = [c for c in flows.columns if c not in added]
    return (
        flows.sort(keys)
        .group_by(keys, maintain_order=True)
        .agg(
            *(
                pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
                for name in ("value_kusd", "quantity_tonnes")
            ),
            *(
                pl.when(pl.col(name).n_unique() == 1)
                .then(pl.col(name).first())
                .otherwise(pl.lit("unknown"))
                .alias(name)
                for name in records
            ),
        )
    )
