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


def removed_entries(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries that the numbering of a list proves to have existed.

    Numbers of a category run on without a gap when they are given out, so a number that is missing below
    the highest was given to an entry that has been removed since. It was announced with the entries beside
    it; where those differ, with the earlier one at the earliest, which is the date given.

    Args:
        entries: ``category``, ``number`` (category-serial), ``first_notice_date``.

    Returns:
        ``category``, ``number``, ``first_notice_date``, ``date_is_certain`` (the neighbours agree); sorted.
        An entry removed from the end of a category leaves no gap and is not found.
    """
    serials = entries.select(
        "category",
        "first_notice_date",
        pl.col("number").str.split("-").list.first().alias("prefix"),
        pl.col("number").str.split("-").list.last().cast(pl.Int64).alias("serial"),
    ).sort("category", "serial")
    gaps = serials.with_columns(
        pl.col("serial").shift(1).over("category").fill_null(0).alias("previous"),
        pl.col("first_notice_date").shift(1).over("category").alias("previous_date"),
    ).filter(pl.col("serial") - pl.col("previous") > 1)
    return (
        gaps.with_columns(pl.int_ranges(pl.col("previous") + 1, "serial").alias("missing"))
        .explode("missing")
        .select(
            "category",
            pl.concat_str(
                pl.col("prefix"), pl.col("missing").cast(pl.String).str.zfill(6), separator="-"
            ).alias("number"),
            pl.coalesce("previous_date", "first_notice_date").alias("first_notice_date"),
            (pl.col("previous_date") == pl.col("first_notice_date"))
            .fill_null(False)
            .alias("date_is_certain"),
        )
        .sort("number")
    )


def subjects(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries as subjects of a list, with the removed ones that the numbering proves.

    Args:
        entries: accepted rows of the layout.

    Returns:
        One row for each entry: ``row`` (null where it was removed), ``list_number``, ``designation_number``
        (the same: a number is given to one designation), ``basis_type`` (listed, inferred), ``programme`` (the
        category), ``subject_type``, ``subject_name``, ``subject_country``, ``announced_date``,
        ``effective_date`` (null).
    """
    shown = entries.with_columns(pl.lit("listed").alias("basis_type"))
    gone = removed_entries(entries).with_columns(pl.lit("inferred").alias("basis_type"))
    return pl.concat([shown, gone], how="diagonal").select(
        "row",
        pl.col("number").alias("list_number"),
        pl.col("number").alias("designation_number"),
        "basis_type",
        pl.col("category").alias("programme"),
        pl.col("kind").alias("subject_type"),
        pl.col("name_en").alias("subject_name"),
        pl.col("country_en").alias("subject_country"),
        pl.col("first_notice_date").alias("announced_date"),
        pl.lit(None, dtype=pl.Date).alias("effective_date"),
    )


READERS = (
    recorded_reader(
        "asset_freeze_list",
        "list",
        "a recorded list of designations",
        LAYOUT,
        key=("number",),
        subjects=subjects,
    ),
)
