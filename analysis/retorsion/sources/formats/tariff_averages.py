"""Published averages of tariffs in force: they check the rates and are never added to them."""

from __future__ import annotations

import polars as pl

from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    day,
    given,
    is_url,
    matches,
    recorded_reader,
    state,
    unique,
)

LAYOUT = RecordedLayout(
    ("average_id", "imposer_code", "target_code", "as_of_date", "average_pct", "note", "source_url"),
    (
        given("average_id"),
        unique("average_id"),
        given("imposer_code"),
        state("imposer_code"),
        given("target_code"),
        state("target_code"),
        day("as_of_date"),
        matches("average_pct", r"^[0-9]{1,3}(\.[0-9]+)?$", "a per cent of at least 0"),
        is_url("source_url"),
    ),
    {"as_of_date": lambda c: c.str.to_date("%Y-%m-%d"), "average_pct": cast_to(pl.Float64)},
)

READERS = (
    recorded_reader(
        "tariff_averages", "record", "published averages of tariffs", LAYOUT, key=("average_id",)
    ),
)
