"""Effects of tariffs on trade that others published, to set beside ours."""

from __future__ import annotations

import polars as pl

from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    given,
    is_url,
    number,
    one_of,
    recorded_reader,
    unique,
)

#: Which of our own estimates is nearest to a published one.
COMPARED = ("target", "chapters", "chapters_effects", "imports")

LAYOUT = RecordedLayout(
    (
        "estimate_id", "study", "quantity", "estimate", "standard_error", "compared_with", "note", "source_url",
    ),
    (
        given("estimate_id"),
        unique("estimate_id"),
        given("study"),
        given("quantity"),
        number("estimate", optional=True),
        number("standard_error", optional=True),
        one_of("compared_with", COMPARED),
        is_url("source_url"),
    ),
    {"estimate": cast_to(pl.Float64), "standard_error": cast_to(pl.Float64)},
)  # fmt: skip

READERS = (
    recorded_reader(
        "tariff_estimates", "record", "published effects of tariffs", LAYOUT, key=("estimate_id",)
    ),
)
