"""Trade figures from the press, recorded by hand."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    given,
    is_url,
    number,
    one_of,
    recorded_reader,
)

LAYOUT = RecordedLayout(
    ("period", "flow", "commodity", "value", "unit", "yoy_pct", "source_url", "basis", "note"),
    (
        given("period"),
        given("flow"),
        given("commodity"),
        number("value", optional=True),
        number("yoy_pct", optional=True),
        Check(
            "value",
            pl.col("value").is_not_null() | pl.col("yoy_pct").is_not_null(),
            "is missing and so is yoy_pct",
            "Give the figure, its change on the year, or both.",
        ),
        is_url("source_url"),
        one_of("basis", ("value", "quantity", "share", "yoy on quantity")),
    ),
    {"value": cast_to(pl.Float64), "yoy_pct": cast_to(pl.Float64)},
)

READERS = (recorded_reader("headline_figures", "record", "trade figures from the press", LAYOUT, key=()),)
