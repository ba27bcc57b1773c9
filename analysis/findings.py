"""How findings are written: floats rounded, because processors differ in the last bits; or why none is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

#: Key under which a statement stands where a number cannot.
NOT_ESTIMABLE = "not_estimable"

#: More digits than any interval of ours supports, fewer than processors differ in.
SIGNIFICANT_DIGITS = 6

#: Results of this size are nothing but the last bits of a sum that should be zero.
NEGLIGIBLE = 1e-12


def rounded(value: Any, digits: int = SIGNIFICANT_DIGITS) -> Any:
    """Value with every float inside rounded to significant digits.

    Args:
        value: JSON-ready value: dicts, lists, numbers, text.
        digits: significant digits.
    """
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float):
        return 0.0 if abs(value) < NEGLIGIBLE else float(f"{value:.{digits}g}")
    return value


def rounded_frame(frame: pl.DataFrame, digits: int = SIGNIFICANT_DIGITS) -> pl.DataFrame:
    """Frame with its float columns rounded to significant digits."""
    names = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(
        pl.when(pl.col(name).abs() < NEGLIGIBLE)
        .then(0.0)
        .otherwise(pl.col(name).round_sig_figs(digits))
        .alias(name)
        for name in names
    )


def statement_frame(part: Mapping[str, Any]) -> pl.DataFrame:
    """A frame that holds a part's statement instead of rows."""
    return pl.DataFrame({NOT_ESTIMABLE: [part.get(NOT_ESTIMABLE, "There is no row.")]})
