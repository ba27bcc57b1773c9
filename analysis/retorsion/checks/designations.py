"""Summaries of the checks of tables against what others published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from retorsion.checks.rounds import KIND, UNEXPLAINED
from retorsion.errors import ParameterError
from retorsion.tables.as_of import designations_as_of


def as_of_check(
    sanctions: pl.DataFrame,
    totals: pl.DataFrame,
    *,
    total_id: str,
    day: date,
    sender_code: str,
    programmes: Sequence[str],
) -> dict[str, Any]:
    """A published total of designations beside the table as of a day, with and without inferred rows.

    Args:
        sanctions: table ``sanctions``.
        totals: table ``published_totals``.
        total_id: the published total.
        day: the day to count on.
        sender_code: the state that designates.
        programmes: programme codes to count.

    Returns:
        JSON-ready dict: counts by kind of subject as published, as computed, and without inferred rows.

    Raises:
        ParameterError: no such total.
    """
    found = totals.filter(pl.col("total_id") == total_id)
    if len(found) != 1:
        raise ParameterError(
            f"checks.as_of: there is no published total {total_id!r}. See totals.csv of the ledger"
        )
    row = found.row(0, named=True)
    listed = sanctions.filter(pl.col("basis_type") != "inferred")
    computed = designations_as_of(sanctions, day, sender_code=sender_code, programmes=programmes)
    published = {kind: row[count] for count, kind in KIND.items() if row[count] is not None}
    return {
        "total_id": total_id,
        "day": str(day),
        "published": published,
        "computed": computed,
        "listed_only": designations_as_of(listed, day, sender_code=sender_code, programmes=programmes),
        "agrees": published == computed,
        "source_url": row["source_urls"].split(" ")[0],
    }


#: Name of the summary over every origin, the versions that were not adopted included.
ALL_VERSIONS = "all_versions"


def counts_summary(counts: pl.DataFrame) -> dict[str, Any]:
    """How many published counts agree with the list: by origin, and over all versions that were published.

    Args:
        counts: as :func:`retorsion.checks.rounds.published_counts` gives them.

    Returns:
        For each ``origin_type``, and for ``all_versions``: the counts, how many are from pages other than the
        list's, how many equal the list, and how many of the others are explained and unexplained. The last also
        has ``share_equal``: a version counts there whether it was adopted or not, so that no choice among
        versions raises it.
    """
    by_origin = _tally(counts.group_by("origin_type")).sort("origin_type")
    summary = {row.pop("origin_type"): row for row in by_origin.to_dicts()}
    if not len(counts):
        return summary
    every = (
        _tally(counts.group_by(pl.lit(ALL_VERSIONS).alias("origin_type")))
        .drop("origin_type")
        .row(0, named=True)
    )
    return summary | {ALL_VERSIONS: every | {"share_equal": round(every["n_equal"] / every["n_counts"], 6)}}


def _tally(groups: pl.dataframe.group_by.GroupBy) -> pl.DataFrame:
    explained = pl.col("explanation").is_not_null() & (pl.col("explanation") != UNEXPLAINED)
    return groups.agg(
        pl.len().cast(pl.Int64).alias("n_counts"),
        pl.col("is_independent").sum().cast(pl.Int64).alias("n_independent"),
        (pl.col("difference") == 0).sum().cast(pl.Int64).alias("n_equal"),
        explained.sum().cast(pl.Int64).alias("n_explained"),
        (pl.col("explanation") == UNEXPLAINED).sum().cast(pl.Int64).alias("n_unexplained"),
    )


def quarantine_summary(quarantine: pl.DataFrame) -> dict[str, int]:
    """Number of quarantined rows by source; empty where every row was accepted."""
    counts = quarantine.group_by("source_id").len().sort("source_id")
    return {source: int(n) for source, n in counts.iter_rows()}
