"""Kinds of the sources that a row rests on, by the hosts of its pages."""

from __future__ import annotations

import polars as pl

from retorsion.sources.formats.source_hosts import SOURCE_TYPES, kinds_of_pages


def with_source_kinds(rows: pl.DataFrame, hosts: pl.DataFrame) -> pl.DataFrame:
    """Add the kinds of the pages of each row.

    Args:
        rows: at least ``source_urls``, addresses parted by blanks.
        hosts: table of hosts: ``host``, ``source_type``.

    Returns:
        ``rows`` with ``source_types`` (each kind once, in alphabetical order, parted by semicolons) and
        ``best_source_type`` (the one of them that stands first in
        :data:`~retorsion.sources.formats.source_hosts.SOURCE_TYPES`). Both are null where no page is of a known host,
        as in rows of an official list.
    """
    ranks = {kind: number for number, kind in enumerate(SOURCE_TYPES)}
    kinds = kinds_of_pages("source_urls", hosts).list.drop_nulls().list.unique().list.sort()
    rank = pl.col("__kinds").list.eval(pl.element().replace_strict(ranks, return_dtype=pl.Int64)).list.min()
    best = rank.replace_strict(list(ranks.values()), list(ranks), return_dtype=pl.String)
    return (
        rows.with_columns(kinds.alias("__kinds"))
        .with_columns(
            pl.when(pl.col("__kinds").list.len() > 0)
            .then(pl.col("__kinds").list.join(";"))
            .alias("source_types"),
            best.alias("best_source_type"),
        )
        .drop("__kinds")
    )
