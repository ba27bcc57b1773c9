"""Finding: who took the target's place in the reporter's imports."""

from __future__ import annotations

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.findings import NOT_ESTIMABLE, or_statement
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
from retorsion.params import ImpactCase, Replacement

#: Columns in which purchases are measured, by the name of the unit.
_UNITS = {"tonnes": "quantity_tonnes", "value_kusd": "value_kusd"}


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
        own: the reporter's own record, from which products that rest on another one are flagged.

    Returns:
        values: per product the sums and record_gap_share (how far two records of it differ; null where they
        agree or no other is known); rows ``replacement`` (per product and supplier) and
        ``supplier_shares`` (per product, supplier and year).
    """
    found = [_of_product(pairwise, product, asked, own) for product in asked.replacement]
    values = [one.values for one in found]
    if not any(one.rows for one in found):
        raise NotEstimable(
            "In no product of the parameters did the reporter buy from the state under measures: "
            + " ".join(sorted({str(one[NOT_ESTIMABLE]) for one in values}))
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
            name: pl.concat(one.rows[name] for one in found if one.rows)
            for name in ("replacement", "supplier_shares")
        },
    )


def _of_product(pairwise: pl.DataFrame, product: Replacement, asked: ImpactCase, own: OwnRecord) -> Found:
    """One product; no rows where nothing can be said of it."""
    flows = _merged(
        pairwise.filter(pl.col("product_code").is_in(list(product.hs6))).with_columns(
            pl.lit(product.name).alias("product_code")
        )
    )

    def found(column: str) -> pl.DataFrame:
        return replacement(
            flows,
            importer_code=asked.reporter,
            target_code=asked.target,
            base_years=[product.base_year],
            comparison_years=[product.comparison_year],
            value_column=column,
        )

    outcome = or_statement(
        lambda: {
            unit: replacement_summary(found(column)).drop("product_code").row(0, named=True)
            for unit, column in _UNITS.items()
        }
    )
    key = {"name": product.name, "base_year": product.base_year, "comparison_year": product.comparison_year}
    gaps = [
        one["gap_share"]
        for one in groups_left_out(own, product.base_year, product.comparison_year)
        if set(one["product_codes"]) & set(product.hs6)
    ]
    values = {**key, "record_gap_share": max(gaps, default=None), **outcome}
    if NOT_ESTIMABLE in outcome:
        return Found(values)
    first, last = part_of(asked, "years")
    shares = suppliers(
        flows,
        importer_code=asked.reporter,
        years=range(first, last + 1),
        value_column="quantity_tonnes",
    )
    return Found(
        values,
        {
            "replacement": pl.concat(
                found(column).select(
                    pl.lit(product.name).alias("name"),
                    pl.lit(unit).alias("unit"),
                    pl.lit(product.base_year).alias("base_year"),
                    pl.lit(product.comparison_year).alias("comparison_year"),
                    pl.exclude("product_code"),
                )
                for unit, column in _UNITS.items()
            ),
            "supplier_shares": shares.select(
                pl.lit(product.name).alias("name"), "year", "exporter_code", "value", "share"
            ),
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
