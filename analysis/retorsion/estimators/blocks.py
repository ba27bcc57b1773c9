"""Blocks of days within which a permutation may move acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retorsion.errors import ParameterError

__all__ = ["shift_blocks"]


def shift_blocks(
    start: date, n_days: int, *, block_days: int, breaks: Sequence[date] = ()
) -> NDArray[np.int64]:
    """Number of the block of each day: blocks of equal length that begin anew at each break.

    Args:
        start: first day.
        n_days: length of the window.
        block_days: length of a block.
        breaks: days at which the level of acts is known to change, which no shift should cross.
    """
    if block_days < 2:
        raise ParameterError(f"block_days {block_days}: nothing to shift. Use at least 2")
    edges = sorted({0, *(min(max((day - start).days, 0), n_days) for day in breaks), n_days})
    labels = np.zeros(n_days, dtype=np.int64)
    label = 0
    for first, last in pairwise(edges):
        for begin in range(first, last, block_days):
            labels[begin : min(begin + block_days, last)] = label
            label += 1
    return labels
