"""A small summary of each table, kept in Git so that a change of data is a change one can read."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from retorsion.tables.fields import tables


def summarise(frame: pl.DataFrame, table: str) -> dict[str, Any]:
    """Rows, nulls, spans of dates, distinct values of categories and a hash of the content.

    Args:
        frame: the whole table.
        table: its name in the field dictionary.

    Returns:
        A JSON-ready dict. The hash is the SHA-256 of the table as CSV, so it does not depend on the
        versions of the libraries that wrote the Parquet file.
    """
    spec = tables()[table]
    dates = [name for name, dtype in spec.schema.items() if dtype == pl.Date]
    nulls = {name: n for name in spec.columns if (n := frame[name].null_count())}
    return {
        "table": table,
        "row": spec.row,
        "key": list(spec.key),
        "n_rows": len(frame),
        "n_nulls": nulls,
        "date_spans": {
            name: [str(frame[name].min()), str(frame[name].max())]
            for name in dates
            if frame[name].null_count() < len(frame)
        },
        "sha256_csv": hashlib.sha256(frame.write_csv().encode()).hexdigest(),
    }
