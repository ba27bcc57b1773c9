"""The files of a ledger: acts, what they cover and answer, what was searched, what sources say, pages kept by hash.

A ledger is a folder of CSV files, one for each of :data:`PARTS`. Each is read by itself, and rows that
break a rule of their file go to the quarantine; :mod:`retorsion.sources.formats.ledger_references` then sets the
files of all ledgers side by side.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from retorsion.sources.code_systems import HS_CHAPTER, HS_REVISIONS
from retorsion.sources.formats import ledger_acts, ledger_coverage
from retorsion.sources.formats.ledger_acts import COUNTS, SIZES
from retorsion.sources.readers import Beginning, Reader
from retorsion.sources.rows import Check, Rows, sift
from retorsion.sources.text.record_checks import (
    CONFIDENCE,
    count,
    day_or_month,
    first_day,
    fits,
    identifier,
    iso_state,
    not_to_come,
    url,
    urls,
)
from retorsion.sources.text.recorded import RecordedLayout, day, given, one_of, unique
from retorsion.sources.text.strict_csv import read_strict_csv

#: Columns of acts.csv on whose values sources may differ.
DISPUTED = (
    *("done_date", "announced_date", "effective_date", "ended_date", "actor_code", "act_type"),
    *(*COUNTS, *SIZES, "scope"),
)

_PRODUCTS = RecordedLayout(
    ("act_id", "hs_codes", "hs_revision", "product_scope", "mapping_basis", "note"),
    (
        given("act_id"),
        fits("hs_codes", f"{HS_CHAPTER}[0-9]{{2,8}}", "one HS code of four to ten digits, chapters 01 to 97"),
        unique("hs_codes", "act_id"),
        Check(
            "hs_revision",
            pl.col("hs_revision").is_null() | pl.col("hs_revision").is_in(HS_REVISIONS),
            "is not a revision of the Harmonized System",
            f"Use one of: {', '.join(HS_REVISIONS)}; or nothing, if the source states none.",
        ),
        one_of("mapping_basis", ("source", "high_priority_list")),
    ),
)

_SCOPE = RecordedLayout(
    ("measure_id", "product_system", "product_level", "product_code", "note"),
    (
        given("measure_id"),
        given("product_system"),
        given("product_level"),
        given("product_code"),
        unique("product_code", "measure_id", "product_system"),
    ),
)

_REPLIES = RecordedLayout(
    ("reply_act_id", "act_id", "order", "answers_type", "source_url", "note"),
    (
        given("reply_act_id"),
        given("act_id"),
        Check(
            "act_id",
            pl.col("act_id") != pl.col("reply_act_id"),
            "is the reply itself",
            "Name the act that is answered.",
        ),
        unique("act_id", "reply_act_id"),
        fits("order", "[1-9][0-9]?", "a whole number from 1"),
        unique("order", "reply_act_id"),
        Check(
            "order",
            (pl.col("order") == "1").any().over("reply_act_id"),
            "belongs to a reply without a main act",
            "Give the main act that the reply answers the order 1.",
        ),
        one_of("answers_type", ("act", "sanctions_in_general")),
        url(),
        given("note"),
    ),
    {"order": lambda c: c.cast(pl.Int64)},
)

_TOTALS = RecordedLayout(
    (
        "total_id",
        "as_of_date",
        "actor_code",
        "target_code",
        "total_type",
        "scope",
        *COUNTS,
        "covers",
        "source_urls",
        "confidence_type",
        "note",
    ),
    (
        identifier("total_id"),
        unique("total_id"),
        day_or_month("as_of_date"),
        given("actor_code"),
        iso_state("actor_code"),
        given("target_code"),
        iso_state("target_code"),
        one_of("total_type", ("cumulative", "package", "announcement")),
        given("scope"),
        *(count(name) for name in COUNTS),
        urls(),
        one_of("confidence_type", CONFIDENCE),
    ),
    {column: lambda c: c.cast(pl.Int64) for column in COUNTS},
)

_DISAGREEMENTS = RecordedLayout(
    ("act_id", "field", "value", "source_url", "adopted", "explanation", "note"),
    (
        given("act_id"),
        one_of("field", DISPUTED),
        given("value"),
        url(optional=True),
        Check(
            "source_url",
            pl.col("source_url").is_not_null() | pl.col("note").is_not_null(),
            "is missing and so is the note",
            "Give the page, or name the outlet in note.",
        ),
        one_of("adopted", ("true", "false")),
    ),
    {"adopted": lambda c: c == "true"},
)

_PAGES = RecordedLayout(
    ("record_id", "url", "sha256", "page_date"),
    (
        given("record_id"),
        url("url"),
        fits("sha256", "[0-9a-f]{64}", "the SHA-256 of the page as it was read, 64 small hexadecimal digits"),
        unique("sha256", "record_id"),
        day("page_date", optional=True),
        not_to_come("page_date"),
    ),
    {"page_date": lambda c: c.str.to_date("%Y-%m-%d")},
)


#: Columns and rules of each file of a ledger, by its name without the ending.
LAYOUTS = {
    "acts": ledger_acts.LAYOUT,
    "products": _PRODUCTS,
    "scope": _SCOPE,
    "replies": _REPLIES,
    "totals": _TOTALS,
    "disagreements": _DISAGREEMENTS,
    "coverage": ledger_coverage.LAYOUT,
    "pages": _PAGES,
}

#: Files of a ledger, without their ending.
PARTS = tuple(LAYOUTS)

#: The column of a file whose date may be known to the month only.
_DATED = {"acts": "announced_date", "totals": "as_of_date"}


def read_part(path: Path, part: str, *, source_id: str) -> Rows:
    """Read one file of a ledger.

    Args:
        path: the file.
        part: which of :data:`PARTS` it is.
        source_id: id of the ledger.

    Returns:
        The columns of the file in its order, typed: dates, integers, numbers and booleans. Then, for acts and
        totals, ``date_precision`` (``day``, or ``month`` where only the month is known and the date is its first
        day); ``row``, the line of the file; and ``source_id``. Rejected rows name the file with the ledger's folder.

    Raises:
        SourceError: the file as a whole is not in its layout.
    """
    layout, name = LAYOUTS[part], f"{source_id}/{path.name}"
    frame = read_strict_csv(path, layout.columns)
    rows = sift(frame, layout.checks, source_id=source_id, file=name, every_fault=True)
    typed = rows.accepted.with_columns(convert(pl.col(name)) for name, convert in layout.types.items())
    if dated := _DATED.get(part):
        is_day = pl.col(dated).str.len_chars() == len("YYYY-MM-DD")
        typed = typed.with_columns(
            first_day(dated).alias(dated),
            pl.when(is_day).then(pl.lit("day")).otherwise(pl.lit("month")).alias("date_precision"),
        )
    typed = typed.with_columns(pl.lit(source_id).alias("source_id"))
    return Rows(typed, rows.rejected).check(len(frame), name)


def _registered(part: str, layout: RecordedLayout) -> Reader:
    """One file of a ledger as a format of its own, by which a file that is not in a ledger yet can be looked at."""
    begins = Beginning("CSV", layout.columns, lambda head: head.cells() == list(layout.columns))
    return Reader(
        f"ledger_file_{part}", "record", f"{part}.csv of a ledger", partial(read_part, part=part), begins
    )


READERS = tuple(_registered(part, layout) for part, layout in LAYOUTS.items())
