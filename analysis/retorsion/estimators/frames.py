"""What a frame must have before anything is estimated from it."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from retorsion.errors import ParameterError

__all__ = ["require_columns"]


def require_columns(frame: pl.DataFrame, columns: Collection[str], what: str) -> None:
    """Raise :class:`ParameterError` that names the columns which ``frame`` lacks."""
    missing = sorted(set(columns) - set(frame.columns))
    if missing:
        raise ParameterError(f"{what} lacks the columns {missing}; it has {sorted(frame.columns)}")
