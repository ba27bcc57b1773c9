"""Embargoes on the exports of states: who was under whose, from when to when."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import RecordedLayout, day, given, iso_date, matches, state, unique

LAYOUT = RecordedLayout(
    ("target_code", "sender_code", "start_date", "end_date", "scope", "note", "source_urls"),
    (
        given("target_code"),
        state("target_code"),
        unique("target_code", "sender_code", "start_date"),
        given("sender_code"),
        state("sender_code"),
        day("start_date"),
        day("end_date", optional=True),
        Check(
            "end_date",
            pl.col("end_date").is_null() | (iso_date("end_date") > iso_date("start_date")),
            "is not after start_date",
            "Correct one of the two.",
        ),
        given("scope"),
        matches(
            "source_urls",
            r"^https?://[^\s/]+\S*(?: https?://[^\s/]+\S*)*$",
            "one or more addresses of pages, parted by single blanks",
        ),
    ),
    {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("start_date", "end_date")},
)
