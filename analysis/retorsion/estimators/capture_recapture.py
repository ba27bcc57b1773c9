"""How many things there are, from lists that each hold some of them, and how many of them a list holds.

Two lists that were made without regard to each other catch the same thing by chance alone, so the share of one list
that the other holds too is the other's recall. Lists are seldom so: what is easy to find stands on both
(heterogeneous capture), or one is a source of the other (dependence). Either makes the overlap too large, the total
too small and the recall too high. Lists that avoid one another do the opposite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import check_level, floats
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import Result

__all__ = ["ListTotal", "chao_lower_bound", "chapman"]


@dataclass(frozen=True)
class ListTotal(Result):
    """Total number of things, with what the lists hold of it.

    Attributes:
        n_seen: different things on the lists.
        total: how many there are, estimated; with :func:`chao_lower_bound`, how many there are at least.
        lower: lower limit of the total, never below what was seen.
        upper: upper limit.
        level: confidence level.
        method: of the estimate and its limits.
    """

    n_seen: int
    total: float
    lower: float
    upper: float
    level: float
    method: str


def _limits(n_seen: int, total: float, variance: float, level: float) -> tuple[float, float]:
    """Log-normal limits of what was not seen, put on top of what was (Chao 1987, Biometrics 43)."""
    unseen = total - n_seen
    if unseen <= 0:
        return float(n_seen), float(n_seen)
    factor = np.exp(stats.norm.ppf(0.5 + level / 2) * np.sqrt(np.log1p(variance / unseen**2)))
    return float(n_seen + unseen / factor), float(n_seen + unseen * factor)


def chapman(n_first: int, n_second: int, n_both: int, *, level: float = 0.95) -> ListTotal:
    """Total from two lists (Chapman 1951, Univ. California Publ. Statistics 1; variance of Seber 1970, Biometrika 57).

    Where one list holds all of the other, the variance is zero and would promise too much; the upper limit is then
    what the Wilson limit of that share allows.

    Args:
        n_first: things on the first list.
        n_second: things on the second.
        n_both: things on both.
        level: confidence level.

    Raises:
        NotEstimable: a list is empty, or they share nothing.
        ParameterError: more things on both than on one.
    """
    floats([n_first, n_second, n_both], "n_first, n_second and n_both", whole=True)
    check_level(level)
    if n_both < 0 or n_both > min(n_first, n_second):
        raise ParameterError(
            f"n_both {n_both}: is not between 0 and the shorter of the lists ({n_first}, {n_second}). Correct it"
        )
    if n_both == 0:
        raise NotEstimable(
            f"Lists of {n_first} and {n_second} things share none, so how many there are cannot be told."
        )
    a, b, m = n_first + 1, n_second + 1, n_both
    total = a * b / (m + 1) - 1
    variance = a * b * (n_first - m) * (n_second - m) / ((m + 1) ** 2 * (m + 2))
    n_seen = n_first + n_second - m
    lower, upper = _limits(n_seen, total, variance, level)
    if variance == 0:
        least = proportion(n_both, min(n_first, n_second), level=level).lower
        upper = max(n_first, n_second) / least
    return ListTotal(n_seen, total, lower, upper, level, "Chapman, log-normal")


def chao_lower_bound(held: ArrayLike, *, level: float = 0.95) -> ListTotal:
    """Least total from three lists or more: things on one list and on two tell of those on none.

    Lists may differ in length; with things that differ in how easily they are caught the true total lies above
    (Chao 1989, Biometrics 45). Limits are log-normal, with the variance by the delta method.

    Args:
        held: one row for each thing that was seen and one column for each list: whether the list holds it.
        level: confidence level.

    Raises:
        NotEstimable: nothing on any list.
        ParameterError: fewer than three lists, or a thing on none.
    """
    table = np.asarray(held, dtype=bool)
    if table.ndim != 2 or table.shape[1] < 3:
        raise ParameterError(
            f"held of shape {table.shape}: needs three lists or more. Two lists: use chapman"
        )
    if not len(table):
        raise NotEstimable("Nothing is on any list, so how many things there are cannot be told.")
    times = table.sum(axis=1)
    if np.any(times == 0):
        raise ParameterError("held: has a thing that is on no list. Leave out what was not seen")
    alone = table[times == 1].sum(axis=0).astype(float)
    once, twice = float(alone.sum()), float(np.sum(times == 2))
    unseen = float(once**2 - (alone**2).sum()) / (2 * (twice + 1))
    variance = unseen + float((alone * (once - alone) ** 2).sum() + twice * unseen**2) / (twice + 1) ** 2
    n_seen = len(table)
    lower, upper = _limits(n_seen, n_seen + unseen, variance, level)
    return ListTotal(n_seen, n_seen + unseen, lower, upper, level, "Chao, lower bound, log-normal")
