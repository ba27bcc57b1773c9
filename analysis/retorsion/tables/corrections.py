"""Known errors of sources, applied where tables are built: raw files stay as published."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.corrections import Correction


def corrected(rows: pl.DataFrame, corrections: Sequence[Correction]) -> pl.DataFrame:
    """Put the expected value where a correction has one.

    Args:
        rows: rows of one file, typed.
        corrections: its known errors; those marked ``doubtful`` change nothing.

    Returns:
        ``rows`` with corrected values, in its own order.

    Raises:
        RetorsionError: a correction that does not meet exactly one row with the value it names: the source
            has changed, so whether the error is still there must be looked at.
    """
    for correction in corrections:
        is_row = _where(rows, correction)
        n_rows = rows.select(is_row.sum()).item()
        if n_rows != 1:
            raise RetorsionError(
                f"{correction.file}, column {correction.column!r}, value {correction.value!r}: {n_rows} rows "
                f"match the correction for {dict(correction.row)}. Look whether the error is still there"
            )
        if correction.status == "corrected":
            dtype = rows.schema[correction.column]
            rows = rows.with_columns(
                pl.when(is_row)
                .then(pl.lit(correction.expected).cast(dtype))
                .otherwise(pl.col(correction.column))
                .alias(correction.column)
            )
    return rows


def _where(rows: pl.DataFrame, correction: Correction) -> pl.Expr:
    named = {**correction.row, correction.column: correction.value}
    return pl.all_horizontal(
        pl.col(name).is_null() if value is None else pl.col(name) == pl.lit(value).cast(rows.schema[name])
        for name, value in named.items()
    )
