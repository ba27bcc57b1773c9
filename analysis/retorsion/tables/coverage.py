"""``coverage``: what was searched for acts, by span, side and kind, and how completely."""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform


def coverage(searched: pl.DataFrame) -> pl.DataFrame:
    """What was searched. What no row covers was not searched: it is missing, not zero.

    Args:
        searched: ``coverage`` of the ledgers, each about two sides.

    Returns:
        Table ``coverage``; ``target_code`` is the other side of the row's ledger, null where only one was searched.
    """
    sides = searched.select("source_id", pl.col("side_code").alias("target_code")).unique()
    other = (
        sides.join(sides.rename({"target_code": "side_code"}), on="source_id")
        .filter(pl.col("target_code") != pl.col("side_code"))
        .select("source_id", "side_code", "target_code")
    )
    return conform(
        searched.join(other, on=["source_id", "side_code"], how="left", maintain_order="left"), "coverage"
    )
