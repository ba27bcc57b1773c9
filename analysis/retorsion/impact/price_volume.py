"""Finding: changes in value split into price and volume."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion.estimators.index_numbers import (
    VALUE_CHANGE_PARTS,
    decompose_value_change,
    screen_unit_values,
    sum_value_change,
)
from retorsion.impact.findings import Found, part_of
from retorsion.impact.goods import with_label
from retorsion.impact.records import (
    NO_OWN_RECORD,
    OwnRecord,
    annual_flows,
)
from retorsion.params import ImpactCase, Params


def find_price_volume(
    pairwise: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Changes in value split into price and volume: the reporter's imports, and all the target exports.

    Args:
        pairwise: rows of the source of all pairs.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.
        own: the reporter's own record. Products that differ from it too much in a window are left out of
            what is split there, since it has no quantities; their change on that record stands beside.

    Returns:
        values: per window the sums, what was left out and how much of the rest could be tested; rows
        ``price_volume``.
    """
    windows = part_of(asked, "price_volume").windows
    years = sorted({year for window in windows for year in window})
    world = annual_flows(pairwise, years=years)
    screened = screen_unit_values(world, k=params.impact.price_volume.k)
    rows, sums = [], []
    for scope, flows in (
        ("reporter", screened.flows.filter(pl.col("importer_code") == asked.reporter)),
        ("world", screened.flows),
    ):
        traded = flows.filter(pl.col("exporter_code") == asked.target)
        for start, end in windows:
            left_out = groups_left_out(own, start, end) if scope == "reporter" else []
            skipped = sorted(code for one in left_out for code in one["product_codes"])
            kept = traded.filter(~pl.col("product_code").is_in(skipped))
            change = decompose_value_change(kept, base_year=start, comparison_year=end)
            total = sum_value_change(change)
            sums.append(
                {
                    "scope": scope,
                    "base_year": start,
                    "comparison_year": end,
                    **total.row(0, named=True),
                    **({} if scope == "world" else _tested(change, own, (start, end))),
                    "left_out": left_out,
                    "left_out_own_change": math.fsum(one["own_change"] for one in left_out),
                }
            )
            rows.append(
                change.select(
                    pl.lit(scope).alias("scope"),
                    pl.lit(start).alias("base_year"),
                    pl.lit(end).alias("comparison_year"),
                    pl.col("product_code"),
                    with_label(names),
                    pl.exclude("product_code"),
                )
            )
    return Found(
        {
            "sums": sums,
            "parts": list(VALUE_CHANGE_PARTS),
            "rule": screened.rule,
            "record_rule": own.rule() if own.products else "",
            "n_outliers": len(screened.outliers),
            "n_flows": len(world),
            "citation": "Ang 2005, Energy Policy 33 (LMDI-I); Fisher 1922, The Making of Index Numbers",
            "caveat": (
                "Accounting, not causation: a price effect is what the price change alone would have done to "
                "the value. Unit values stand for prices and move with the mix of qualities."
            ),
        },
        {"price_volume": pl.concat(rows)},
    )


def groups_left_out(own: OwnRecord, base: int, after: int) -> list[dict[str, Any]]:
    """Groups that a window leaves out, with their change on either record (unit of the pairwise source)."""
    return [
        {
            "name": row["group_code"],
            "product_codes": list(own.products[row["group_code"]]),
            "change": row["value_comparison"] - row["value_base"],
            "own_change": row["own_comparison"] - row["own_base"],
            "gap_share": row["gap_share"],
            "reason": "; ".join(
                f"{year}: {abs(row[gap] / row[value]):.0%} {'less' if row[gap] < 0 else 'more'} than in own "
                "statistics"
                for year, gap, value in (
                    (base, "gap_base", "own_base"),
                    (after, "gap_comparison", "own_comparison"),
                )
                if row[value] > 0
                and abs(row[gap]) > own.tolerance * max(row["own_base"], row["own_comparison"])
            ),
        }
        for row in own.differing(base, after).iter_rows(named=True)
    ]


def _tested(change: pl.DataFrame, own: OwnRecord, years: tuple[int, int]) -> dict[str, float]:
    """Share of what is split, by the value of both years, that could be set against the own record."""
    judged = (
        own.rows.filter(pl.col("year").is_in(years)).group_by("group_code").len().filter(pl.col("len") == 2)
    )
    codes = [code for group in judged["group_code"].sort() for code in own.products[group]]
    value = pl.col("value_base") + pl.col("value_comparison")
    whole = math.fsum(change.select(value).to_series())
    known = math.fsum(change.filter(pl.col("product_code").is_in(codes)).select(value).to_series())
    return {"share_tested": known / whole}
