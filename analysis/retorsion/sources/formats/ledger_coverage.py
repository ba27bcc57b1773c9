"""Columns and rules of ``coverage.csv`` of a ledger: what was searched for, by span, side and kind of act."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.record_checks import iso_state
from retorsion.sources.text.recorded import RecordedLayout, day, given, iso_date, number, one_of

#: Kinds of acts that are searched for apart.
KINDS = ("deeds", "words", "provocations", "yearly")

_SEARCHED = ("side_code", "kind_type")


def _end_of_earlier() -> pl.Expr:
    """The last day that an earlier span of the same side and kind has, in the order of the days they start."""
    ends = iso_date("end_date").cum_max().shift()
    return ends.over(_SEARCHED, order_by=iso_date("start_date"))


LAYOUT = RecordedLayout(
    (
        "start_date",
        "end_date",
        "side_code",
        "kind_type",
        "search_basis",
        "completeness_pct",
        "note",
    ),
    (
        day("start_date"),
        day("end_date"),
        Check(
            "end_date",
            iso_date("end_date") >= iso_date("start_date"),
            "is before the start of its span",
            "Correct one of the two.",
        ),
        given("side_code"),
        iso_state("side_code"),
        one_of("kind_type", KINDS),
        Check(
            "start_date",
            _end_of_earlier().is_null() | (iso_date("start_date") > _end_of_earlier()),
            "lies in another span of the same side and kind",
            "Let each span begin after the one before it ends.",
        ),
        given("search_basis"),
        number("completeness_pct", optional=True),
        Check(
            "completeness_pct",
            pl.col("completeness_pct").is_null()
            | pl.col("completeness_pct").cast(pl.Float64, strict=False).is_between(0, 100),
            "is no share in per cent",
            "Write a number from 0 to 100, or nothing where it was not measured.",
        ),
    ),
    {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("start_date", "end_date")}
    | {"completeness_pct": lambda c: c.cast(pl.Float64)},
)
