"""Tariff rates in force: by imposer, target and six-digit product, one row for each day on which a rate changed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from retorsion.sources.readers import Beginning, Reader
from retorsion.sources.rows import Check, Rows
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    day,
    given,
    matches,
    number,
    read_recorded,
    state,
    unique,
)

#: The largest rate that a tariff by value may have, per cent; specific duties turned into rates exceed it.
LARGEST_RATE = 1000.0

#: ad_valorem: by value; specific: a duty per unit turned into a rate; not_stated: no rate from this day on.
BASES = ("ad_valorem", "specific", "not_stated")

_RATE = pl.col("rate_pct").cast(pl.Float64, strict=False)
_KEY = ("imposer_code", "target_code", "hs6_code", "from_date")

LAYOUT = RecordedLayout(
    (*_KEY, "rate_pct", "tariff_basis_type"),
    (
        given("imposer_code"),
        state("imposer_code"),
        given("target_code"),
        state("target_code"),
        Check(
            "target_code",
            pl.col("target_code") != pl.col("imposer_code"),
            "is the imposer itself",
            "Write the state whose goods pay the tariff.",
        ),
        matches("hs6_code", r"^[0-9]{6}$", "a six-digit HS code"),
        day("from_date"),
        number("rate_pct", optional=True),
        Check(
            "tariff_basis_type",
            pl.col("tariff_basis_type").is_null() | pl.col("tariff_basis_type").is_in(BASES),
            "is unknown",
            f"Use one of: {', '.join(BASES)}; or leave it empty where the source does not say.",
            BASES,
        ),
        Check(
            "rate_pct",
            pl.col("rate_pct").is_null() == pl.col("tariff_basis_type").eq_missing(pl.lit("not_stated")),
            "and its basis do not fit",
            "Write the rate, or not_stated as the basis where the source gives none from this day on.",
        ),
        Check(
            "rate_pct",
            _RATE.is_null() | (_RATE >= 0),
            "is below 0",
            "A tariff in force is at least 0; write a subsidy elsewhere.",
        ),
        Check(
            "rate_pct",
            _RATE.is_null()
            | (_RATE <= LARGEST_RATE)
            | pl.col("tariff_basis_type").eq_missing(pl.lit("specific")),
            f"is over {LARGEST_RATE:.0f} per cent",
            "Check the decimal point; a duty per unit turned into a rate has the basis specific.",
        ),
        unique("imposer_code", "target_code", "hs6_code", "from_date"),
    ),
    {"from_date": lambda c: c.str.to_date("%Y-%m-%d"), "rate_pct": cast_to(pl.Float64)},
)


def read_tariff_rates(path: Path, *, source_id: str) -> Rows:
    """Read rates in force.

    Args:
        path: the CSV file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted: the layout's columns, typed, and ``row``. Notes: how many rates fall, which is legitimate
        and kept, with the first of them.

    Raises:
        SourceError: the file as a whole is not in the layout.
    """
    rows = read_recorded(path, "tariff_rates", source_id=source_id)
    falls = (
        rows.accepted.sort(_KEY)
        .with_columns(before=pl.col("rate_pct").shift().over(_KEY[:3]))
        .filter(pl.col("rate_pct") < pl.col("before"))
        .sort("row")
    )
    if falls.is_empty():
        return rows
    first = falls.row(0, named=True)
    note = (
        f"rates that fall at a later day, and are kept: {len(falls)}; the first is row {first['row']}, "
        f"{first['hs6_code']}, from {first['before']:g} to {first['rate_pct']:g} per cent"
    )
    return Rows(rows.accepted, rows.rejected, (*rows.notes, note))


READERS = (
    Reader(
        "tariff_rates",
        "record",
        "tariff rates in force",
        read_tariff_rates,
        Beginning("CSV", LAYOUT.columns, lambda head: head.cells() == list(LAYOUT.columns)),
        _KEY,
    ),
)
