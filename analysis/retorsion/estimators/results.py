"""What an estimate looks like: a frozen record that knows how to become plain JSON values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

import numba
import numpy as np
import polars as pl

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile ``function`` to machine code on first call and keep the result on disk (numba)."""
    return cast(F, numba.njit(cache=True)(function))


def plain(value: object) -> Any:
    """``value`` as JSON would hold it: arrays as lists, dates as ISO text, not-a-number as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, pl.DataFrame):
        return [plain(row) for row in value.iter_rows(named=True)]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain JSON form")


@dataclass(frozen=True)
class Estimate:
    """Base of all results of this package."""

    def to_dict(self) -> dict[str, Any]:
        """Fields as plain JSON values; infinite and undefined numbers become null."""
        return cast(dict[str, Any], plain(self))


@dataclass(frozen=True)
class Interval(Estimate):
    """An estimate with its interval.

    Attributes:
        estimate: point estimate.
        lower: lower limit.
        upper: upper limit.
        level: confidence level, for instance 0.95.
        method: how the limits were found.
        lower_is_bound: the lower limit is the edge of what the parameter may be, so the interval says only
            how large it can be (one-sided).
        upper_is_bound: the same for the upper limit.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    method: str
    lower_is_bound: bool = False
    upper_is_bound: bool = False
