"""Tasks give the same results and errors whoever runs them."""

from __future__ import annotations

import math

import pytest
from retorsion.escalation.in_order import InOrder
from retorsion.steps.workers import workers


def test_processes_and_the_plain_way_give_the_same() -> None:
    with workers(["math"]) as executor:
        for running in (executor, InOrder()):
            assert [running.submit(math.factorial, n).result() for n in range(6)] == [1, 1, 2, 6, 24, 120]
            failed = running.submit(math.sqrt, -1.0)
            with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative"):
                failed.result()


def test_one_worker_is_the_plain_way() -> None:
    with workers([], n=1) as executor:
        assert isinstance(executor, InOrder)
