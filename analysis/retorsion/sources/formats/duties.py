"""Duties that a customs service calculated or collected: by month, partner and product, in a tidy table.

The table may be CSV or Parquet; see :mod:`retorsion.sources.text.tidy` for the mapping of its columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import Check, Rows, once, sift
from retorsion.sources.states import known_codes
from retorsion.sources.text.tidy import MAPPING, Field, read_mapped

FIELDS = (
    Field("month", ("period", "period_start", "time")),
    Field("importer", ("reporter", "imposer")),
    Field("partner", ("partner_code", "origin")),
    Field("product", ("product_code", "hs2", "hs2_code", "hs6", "hs6_code")),
    Field("value_usd", ("value",)),
    Field("duty_usd", ("duty", "duties")),
)
_KEY = ("period_start", "importer_code", "partner_code", "product_code")
_LEVELS = {2: "hs2", 4: "hs4", 6: "hs6"}


def read_duties(path: Path, *, source_id: str, columns: Mapping[str, str] | None = None) -> Rows:
    """Read duties by month, partner and product.

    Args:
        path: CSV, Parquet or a workbook.
        source_id: id of the source it belongs to.
        columns: field of :data:`FIELDS` to column, or to ``=`` and a value; None if the columns are called so.

    Returns:
        ``row``, ``period_start``, ``importer_code``, ``partner_code``, ``product_level``, ``product_code``,
        ``value_kusd`` and ``duty_kusd`` (thousand US dollars).

    Raises:
        SourceError: no table, a mapping that does not fit it, or two rows that say different things.
    """
    read = read_mapped(path, columns, FIELDS, source_id=source_id)
    month = (pl.col("month") + "-01").str.to_date("%Y-%m-%d", strict=False)
    is_total = pl.col("product") == "TOTAL"
    level = pl.col("product").str.len_bytes().cast(pl.Int64).replace_strict(_LEVELS, default=None)
    typed = read.accepted.with_columns(
        period_start=pl.when(pl.col("month").str.contains("^[0-9]{4}-[0-9]{2}$")).then(month),
        product_level=pl.when(is_total)
        .then(pl.lit("total"))
        .when(pl.col("product").str.contains("^[0-9]+$"))
        .then(level),
        value_kusd=pl.col("value_usd").cast(pl.Float64, strict=False) / 1000,
        duty_kusd=pl.col("duty_usd").cast(pl.Float64, strict=False) / 1000,
    )
    sifted = sift(typed, _checks(), source_id=source_id, file=path.name)
    renamed = sifted.accepted.select(
        "row",
        "period_start",
        pl.col("importer").alias("importer_code"),
        pl.col("partner").alias("partner_code"),
        "product_level",
        pl.col("product").alias("product_code"),
        "value_kusd",
        "duty_kusd",
    )
    whole = Rows(renamed, pl.concat([read.rejected, sifted.rejected]), read.notes)
    made = once(whole, _KEY, source_id=source_id, file=path.name)
    return made.check(len(read.accepted) + len(read.rejected), path.name)


def _checks() -> tuple[Check, ...]:
    known = list(known_codes())
    return (
        Check("month", pl.col("period_start").is_not_null(), "is not a month", "Write it YYYY-MM."),
        *(
            Check(name, pl.col(name).is_in(known), "is not a known state", "Use an ISO 3166-1 alpha-3 code.")
            for name in ("importer", "partner")
        ),
        Check(
            "product",
            pl.col("product_level").is_not_null(),
            "is no HS code of two, four or six digits, nor TOTAL",
            MAPPING,
        ),
        *(
            Check(
                name,
                pl.col(column).is_finite() & (pl.col(column) >= 0),
                "is not a number of at least 0",
                MAPPING,
            )
            for name, column in (("value_usd", "value_kusd"), ("duty_usd", "duty_kusd"))
        ),
        Check(
            "duty_usd",
            pl.col("duty_kusd") <= 10 * pl.col("value_kusd"),
            "is over 1000 per cent of the value",
            "Check the units of both.",
        ),
    )


READERS = (
    Reader(
        "duties",
        "record",
        "duties by month, partner and product in a tidy table (CSV, Parquet)",
        read_duties,
        header("month", "importer", "partner", "product", "value_usd", "duty_usd"),
        _KEY,
        ("columns",),
    ),
)
