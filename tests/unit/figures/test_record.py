"""Figures of the record as it is."""

from __future__ import annotations

from datetime import date

import pytest
from invented_acts import PAIR, act, acts_of
from retorsion.figures.record import acts_by_year
from retorsion.figures.svg import show


@pytest.mark.parametrize("sides", [PAIR, PAIR[:1], PAIR[1:]])
def test_a_side_without_acts_has_an_empty_panel(sides: tuple[str, ...]) -> None:
    acts = acts_of([act(f"{side}{k}", side, date(2020 + k, 5, 1)) for side in sides for k in range(3)])
    shown = show(acts_by_year(acts, pair=PAIR, source="nobody"))
    assert ("0 acts" in shown.svg) == (len(sides) < 2)
