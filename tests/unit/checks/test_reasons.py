"""How far the last digit of a published figure reaches."""

from __future__ import annotations

import pytest
from retorsion.checks.reasons import half_unit


@pytest.mark.parametrize(
    ("published", "half"),
    [
        (5.09, 0.005),
        (11.3, 0.05),
        (1080.0, 5),
        (1500.0, 50),
        (1000.0, 50),
        (92.0, 0.5),
        (2.0, 0.05),
        (0.9, 0.05),
    ],
)
def test_half_a_unit_of_the_last_digit(published: float, half: float) -> None:
    assert half_unit(published) == pytest.approx(half)
    assert half_unit(-published) == pytest.approx(half)


def test_a_change_is_good_to_half_a_point_at_least() -> None:
    assert half_unit(10.0, is_change=True) == pytest.approx(0.5)
    assert half_unit(-14.4, is_change=True) == pytest.approx(0.05)
