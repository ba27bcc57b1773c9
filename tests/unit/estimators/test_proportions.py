"""Shares of few cases and ratios of counts."""

from __future__ import annotations

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.proportions import proportion, proportionality


def test_wilson_interval_is_the_published_one():
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263
    found = proportion(81, 263)
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.2553, 0.3662)
    # 0 of 20
    nothing = proportion(0, 20)
    assert (round(nothing.lower, 4), round(nothing.upper, 4)) == (0.0, 0.1611)
    assert nothing.lower_is_bound
    with pytest.raises(NotEstimable):
        proportion(0, 0)


def test_ratios_of_counts_are_averaged_in_logarithms():
    found = proportionality([8, 20, 3], [8, 10, 6])
    assert (found.n, found.n_equal, found.median) == (3, 1, 1.0)
    assert found.geometric_mean == pytest.approx(1.0)
    logs = np.log([1, 2, 0.5])
    reach = 4.302652729911275 * logs.std(ddof=1) / np.sqrt(3)  # Student's t on two degrees of freedom
    assert found.upper == pytest.approx(np.exp(reach))
    with pytest.raises(NotEstimable, match="at least two"):
        proportionality([1], [2])
    with pytest.raises(ParameterError, match="above zero"):
        proportionality([1, 0], [2, 3])
