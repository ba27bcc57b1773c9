"""Anybody's frame as the one that the estimators compute with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from retorsion.errors import NotEstimable, ParameterError, did_you_mean

__all__ = ["Frame", "as_polars", "numbers", "require_columns", "require_complete"]

#: A frame of polars (lazy too), pandas, pyarrow or whatever else Narwhals takes.
Frame: TypeAlias = Any


def as_polars(frame: Frame, columns: Collection[str] | None = None, what: str = "frame") -> pl.DataFrame:
    """Columns of any frame as a polars frame; an index of pandas is left out, and its midnights become dates.

    Args:
        frame: of polars (lazy too), pandas, pyarrow or whatever else Narwhals takes.
        columns: columns that are needed, each once; all where none are named.
        what: name of the frame in messages.

    Raises:
        ParameterError: it is no frame, or a column is absent.
    """
    try:
        native = nw.from_native(frame)
    except TypeError as error:
        raise ParameterError(
            f"{what}: {type(frame).__name__} is not a frame. Give one of polars, pandas or pyarrow"
        ) from error
    names = native.collect_schema().names()
    wanted = list(dict.fromkeys(names if columns is None else columns))
    _require(names, wanted, what)
    chosen = native.select(wanted)
    eager = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    return _with_dates(eager.to_polars())


def _with_dates(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with dates for time stamps that are all at midnight, which is how pandas holds dates."""
    stamps = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime]
    whole = [name for name in stamps if (frame[name].dt.truncate("1d") == frame[name]).all()]
    return frame.with_columns(pl.col(whole).dt.date())


def require_columns(frame: pl.DataFrame, columns: Collection[str], what: str) -> None:
    """Raise :class:`ParameterError` that names the columns which ``frame`` lacks."""
    _require(frame.columns, columns, what)


def _require(names: Sequence[str], columns: Collection[str], what: str) -> None:
    missing = sorted(set(columns) - set(names))
    if missing:
        raise ParameterError(
            f"{what} lacks the columns {missing}; it has {sorted(names)}.{did_you_mean(missing[0], names)}"
        )


def require_complete(frame: pl.DataFrame, columns: Collection[str], what: str = "frame") -> None:
    """Raise unless every row has a value in the columns; not-a-number counts as none.

    Raises:
        NotEstimable: a value is missing; the message counts them by column.
    """
    holes = {}
    for column in dict.fromkeys(columns):
        values = frame[column]
        n = values.null_count() + (int(values.is_nan().sum()) if values.dtype.is_float() else 0)
        if n:
            holes[column] = n
    if holes:
        raise NotEstimable(
            f"{what}: of {len(frame)} rows some have no value, by column: {holes}. Fill them or leave those "
            "rows out beforehand."
        )


def numbers(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column as floats.

    Raises:
        ParameterError: the column holds text or anything else that is no number; the message names the first.
    """
    values = frame[column]
    if values.dtype.is_numeric() or values.dtype == pl.Boolean or values.dtype == pl.Null:
        return values.cast(pl.Float64)
    read = values.cast(pl.Float64, strict=False) if values.dtype == pl.String else None
    bad = (
        None
        if read is None
        else frame.filter(read.is_null() & values.is_not_null())[column].head(1).to_list()
    )
    shown = f", for instance {bad[0]!r}" if bad else ""
    raise ParameterError(
        f"column {column!r}: holds {values.dtype} and not numbers{shown}. Cast it before the fit"
    )
