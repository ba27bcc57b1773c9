"""Table ``act_types``: the vocabulary of acts and events."""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform
from retorsion.tables.scores import with_codes


def act_types(types: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """The vocabulary as a table.

    Args:
        types: its rows.
        source_id: id of its source.

    Returns:
        Table ``act_types``.
    """
    coded = with_codes(types.drop("cameo_code"), types).rename({"domain_type": "type_domain"})
    return conform(coded.with_columns(pl.lit(source_id).alias("source_id")), "act_types")
