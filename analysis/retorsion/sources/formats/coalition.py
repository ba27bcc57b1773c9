"""Members of a coalition of states, with the days on which they joined and left."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import RecordedLayout, day, given, is_url, iso_date, state, unique

LAYOUT = RecordedLayout(
    ("member_code", "target_code", "joined_date", "left_date", "basis_type", "source_url"),
    (
        given("member_code"),
        state("member_code"),
        given("target_code"),
        state("target_code"),
        unique("member_code", "target_code", "joined_date"),
        day("joined_date"),
        day("left_date", optional=True),
        Check(
            "left_date",
            pl.col("left_date").is_null() | (iso_date("left_date") > iso_date("joined_date")),
            "is not after joined_date",
            "Correct one of the two.",
        ),
        given("basis_type"),
        is_url("source_url"),
    ),
    {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("joined_date", "left_date")},
)
