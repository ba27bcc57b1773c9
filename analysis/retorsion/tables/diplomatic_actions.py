"""``diplomatic_actions``: diplomatic acts of one state towards another."""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform
from retorsion.tables.ledger import by_target, row_id
from retorsion.tables.scores import with_codes


def diplomatic_actions(acts: pl.DataFrame, act_types: pl.DataFrame) -> pl.DataFrame:
    """Diplomatic acts of the ledgers, one row for each target.

    Args:
        acts: ``acts`` of the ledgers.
        act_types: the vocabulary.

    Returns:
        Table ``diplomatic_actions``.
    """
    rows = with_codes(by_target(acts.filter(pl.col("domain_type") == "diplomatic_action")), act_types)
    return conform(
        rows.with_columns(
            row_id().alias("action_id"),
            pl.col("announced_date").alias("action_date"),
            pl.col("act_type").alias("action_type"),
            pl.col("n_individuals").alias("n_persons"),
            pl.col("row").alias("source_row"),
        ),
        "diplomatic_actions",
    )
