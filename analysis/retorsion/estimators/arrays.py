"""Anybody's numbers and days as those that the estimators compute with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retorsion.errors import ParameterError

__all__ = ["check_level", "floats", "only_days"]


def floats(
    values: ArrayLike, what: str, *, least: float | None = None, whole: bool = False, finite: bool = True
) -> NDArray[np.float64]:
    """Floats of the same shape.

    Args:
        values: numbers.
        what: their name in messages.
        least: the smallest one allowed.
        whole: whether they must be whole numbers.
        finite: whether they must all be known and finite.

    Raises:
        ParameterError: one is no number, missing, infinite, too small or not whole; the message shows the first.
    """
    needs = f"{'whole' if whole else 'finite'} numbers{'' if least is None else f' of {least:g} or more'}"
    try:
        read = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{what}: takes {needs}; {error}. Correct it or leave it out") from error
    fine = np.isfinite(read) | (not finite)
    if least is not None:
        fine &= read >= least
    if whole:
        fine &= read == np.floor(np.where(np.isfinite(read), read, 0.5))
    if not fine.all():
        raise ParameterError(
            f"{what}: takes {needs}, which {int((~fine).sum())} of {read.size} are not; the first of those is "
            f"{read[~fine].flat[0]:g}. Correct it or leave it out"
        )
    return read


def only_days(values: Iterable[date], what: str) -> list[date]:
    """The days themselves.

    Raises:
        ParameterError: one is no date; the message shows the first.
    """
    days = list(values)
    for one in days:
        if not isinstance(one, date):
            raise ParameterError(f"{what}: holds {one!r}, which is no date. Give days as datetime.date")
    return days


def check_level(level: float) -> None:
    """Raise :class:`ParameterError` unless it can be the level of an interval, between 0 and 1."""
    if not 0 < floats(level, "level") < 1:
        raise ParameterError(f"level {level:g}: an interval's level lies between 0 and 1, for instance 0.95")
