"""Totals from lists that each hold some things."""

from __future__ import annotations

import json

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.capture_recapture import chao_lower_bound, chapman


def test_chapman_by_hand():
    found = chapman(200, 100, 40)
    assert found.n_seen == 260
    assert found.total == pytest.approx(201 * 101 / 41 - 1)
    variance = 201 * 101 * 160 * 60 / (41**2 * 42)
    unseen = found.total - 260
    factor = np.exp(1.959964 * np.sqrt(np.log(1 + variance / unseen**2)))
    assert found.lower == pytest.approx(260 + unseen / factor, rel=1e-6)
    assert found.upper == pytest.approx(260 + unseen * factor, rel=1e-6)
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_a_list_that_holds_all_of_the_other_has_an_upper_limit_still():
    found = chapman(50, 20, 20)
    assert found.total == found.lower == 50
    # the Wilson interval of 20 of 20 begins at .839
    assert found.upper == pytest.approx(50 / 0.8389, rel=1e-3)


def test_lists_that_share_nothing_or_too_much_say_so():
    with pytest.raises(NotEstimable, match="Lists of 5 and 7 things share none"):
        chapman(5, 7, 0)
    with pytest.raises(ParameterError, match="between 0 and the shorter"):
        chapman(5, 7, 6)


def test_chao_by_hand_and_with_lists_of_one_length():
    held = (
        [[1, 0, 0]] * 6 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 2 + [[1, 1, 0]] * 3 + [[0, 1, 1]] + [[1, 1, 1]] * 2
    )
    found = chao_lower_bound(held)
    assert found.n_seen == 18
    assert found.total == pytest.approx(18 + (6 * 4 + 6 * 2 + 4 * 2) / 5)
    assert found.n_seen < found.lower < found.total < found.upper
    # with equal lists it is the form for equal catch: two thirds of f1 squared over twice f2 and one
    equal = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 5 + [[1, 1, 0]] * 4
    assert chao_lower_bound(equal).total == pytest.approx(19 + 2 / 3 * 15**2 / (2 * 5))


def test_chao_needs_three_lists_and_things_that_were_seen():
    with pytest.raises(ParameterError, match="Two lists: use chapman"):
        chao_lower_bound([[1, 0], [1, 1]])
    with pytest.raises(ParameterError, match="on no list"):
        chao_lower_bound([[1, 0, 0], [0, 0, 0]])
    with pytest.raises(NotEstimable, match="Nothing is on any list"):
        chao_lower_bound(np.zeros((0, 3)))
    assert chao_lower_bound([[1, 1, 1]] * 4).total == 4
