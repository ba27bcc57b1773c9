"""Exporters that published nothing in some years, so that a source of all pairs has the importers' records alone.

A table beside the source of all pairs. Of the flows that it does not name, who recorded them is not known.
"""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    given,
    is_url,
    matches,
    one_of,
    state,
    unique,
)

LAYOUT = RecordedLayout(
    ("exporter_code", "first_year", "last_year", "valuation_type", "note", "source_url"),
    (
        given("exporter_code"),
        state("exporter_code"),
        unique("exporter_code", "first_year"),
        matches("first_year", r"^[0-9]{4}$", "a year"),
        Check(
            "last_year",
            pl.col("last_year").is_null()
            | (
                pl.col("last_year").str.contains(r"^[0-9]{4}$")
                & (pl.col("last_year") >= pl.col("first_year"))
            ),
            "is not a year from first_year on",
            "Write a year, or leave it empty where no end is known.",
        ),
        one_of("valuation_type", ("FOB", "CIF", "unknown")),
        given("note"),
        is_url("source_url"),
    ),
    {name: cast_to(pl.Int32) for name in ("first_year", "last_year")},
)
