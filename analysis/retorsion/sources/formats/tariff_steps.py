"""What each step of a list of tariff lines is: who raised or cut what, from which day. A table beside the lines."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    day,
    given,
    is_url,
    number,
    one_of,
    state,
    unique,
)

#: level: the rate towards all before the steps; mfn: a change towards all; additional: a duty on one state's
#: goods on top; suspension: such a duty suspended or cut.
KINDS = ("level", "mfn", "additional", "suspension")

_CHANGE = pl.col("change_pct").cast(pl.Float64, strict=False)

LAYOUT = RecordedLayout(
    (
        "step", "lines_of", "imposer_code", "target_code", "from_date", "change_type", "change_pct", "measure_id",
        "note", "source_url",
    ),
    (
        given("step"),
        unique("step"),
        given("imposer_code"),
        state("imposer_code"),
        given("target_code"),
        state("target_code"),
        day("from_date"),
        one_of("change_type", KINDS),
        number("change_pct", optional=True),
        Check(
            "change_pct",
            _CHANGE.is_null() | (pl.col("change_type") != "additional") | (_CHANGE > 0),
            "is not above 0 though the duty is additional",
            "Write what the step adds; if it takes away, its kind is suspension.",
        ),
        Check(
            "change_pct",
            _CHANGE.is_null() | (pl.col("change_type") != "suspension") | (_CHANGE < 0),
            "is not below 0 though the step suspends a duty",
            "Write what the step takes away as a negative number.",
        ),
        Check(
            "measure_id",
            pl.col("measure_id").is_not_null() | pl.col("change_type").is_in(["level", "mfn"]),
            "is missing",
            "Name the act of the ledger that made this step.",
        ),
        is_url("source_url"),
    ),
    {"from_date": lambda c: c.str.to_date("%Y-%m-%d"), "change_pct": cast_to(pl.Float64)},
)  # fmt: skip
