"""A numbered list of designations, recorded in the project's own layout."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import (
    RecordedLayout,
    day,
    given,
    matches,
    one_of,
    recorded_reader,
    unique,
)

LAYOUT = RecordedLayout(
    ("category", "number", "first_notice_date", "revision_dates", "kind", "name_en", "country_en"),
    (
        matches("category", r"^[0-9]{2}$", "a two-digit list category"),
        matches("number", r"^[0-9]{3}-[0-9]{6}$", "a list number like 029-000001"),
        unique("number"),
        Check(
            "number",
            pl.col("number").str.slice(1, 2) == pl.col("category"),
            "is of another category than the row",
            "Correct the category or the number.",
        ),
        day("first_notice_date"),
        one_of("kind", ("individual", "entity")),
        given("name_en"),
    ),
    {"first_notice_date": lambda c: c.str.to_date("%Y-%m-%d")},
)

READERS = (
    recorded_reader("asset_freeze_list", "list", "a recorded list of designations", LAYOUT, key=("number",)),
)
