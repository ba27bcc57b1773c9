"""Shares of few cases, and how one count compares with another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import check_level, floats
from retorsion.estimators.results import Interval, Result

__all__ = ["Proportionality", "proportion", "proportionality"]


def proportion(n: int, total: int, *, level: float = 0.95) -> Interval:
    """A share with its Wilson interval (Wilson 1927, JASA 22), which holds for few cases and near 0 or 1.

    Raises:
        NotEstimable: there is nothing to take a share of.
        ParameterError: the level is not between 0 and 1, or the numbers are not whole, or one is above the total.
    """
    floats([n, total], "n and total", least=0, whole=True)
    check_level(level)
    if total < 1:
        raise NotEstimable("There is no case to take a share of.")
    if n > total:
        raise ParameterError(f"n {n}: is more than the total {total}. Correct it")
    lower, upper = proportion_confint(n, total, alpha=1 - level, method="wilson")
    return Interval(n / total, float(lower), float(upper), level, "Wilson", n == 0, n == total)


@dataclass(frozen=True)
class Proportionality(Result):
    """How many of one thing there are for each of another.

    Attributes:
        n: pairs of counts.
        geometric_mean: of the ratios.
        lower: lower limit of it.
        upper: upper limit of it.
        level: confidence level.
        median: of the ratios.
        n_equal: pairs of equal counts.
        equal: share of them.
        equal_lower: lower limit of the share (Wilson).
        equal_upper: upper limit of the share.
    """

    n: int
    geometric_mean: float
    lower: float
    upper: float
    level: float
    median: float
    n_equal: int
    equal: float
    equal_lower: float
    equal_upper: float


def proportionality(answer: ArrayLike, provocation: ArrayLike, *, level: float = 0.95) -> Proportionality:
    """Ratio of paired counts, for instance of people expelled in answer to people expelled before.

    The limits of the geometric mean are from Student's t on the logarithms.

    Args:
        answer: counts above zero.
        provocation: counts above zero that they answer, one for each.
        level: confidence level.

    Raises:
        NotEstimable: there are fewer than two pairs.
        ParameterError: the lengths differ, or a count is not above zero.
    """
    above, below = floats(answer, "answer"), floats(provocation, "provocation")
    if above.shape != below.shape or not (above > 0).all() or not (below > 0).all():
        raise ParameterError(
            f"{above.size} and {below.size} counts: a ratio needs two counts above zero in each pair. "
            "Leave out the pairs that lack one"
        )
    if above.size < 2:
        raise NotEstimable(f"{above.size} pair(s) of counts: an interval of their ratio needs at least two.")
    logs = np.log(above / below)
    reach = float(stats.t.ppf(0.5 + level / 2, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs)))
    n_equal = int((above == below).sum())
    equal = proportion(n_equal, len(logs), level=level)
    return Proportionality(
        len(logs),
        float(np.exp(logs.mean())),
        float(np.exp(logs.mean() - reach)),
        float(np.exp(logs.mean() + reach)),
        level,
        float(np.exp(np.median(logs))),
        n_equal,
        equal.estimate,
        equal.lower,
        equal.upper,
    )
