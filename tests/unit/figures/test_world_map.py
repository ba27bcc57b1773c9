"""The map of the world: outlines, classes and the words of each state."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest
from matplotlib.path import Path
from retorsion.figures.style import wording
from retorsion.figures.svg import show
from retorsion.figures.world_map import _projected, change_by_buyer, outlines
from retorsion.sources.states import iso_codes

BUYERS = pl.DataFrame(
    {
        "state_code": ["AAA", "DEU", "CHN", "IND", "FRA", "PER"],
        "before": [0.0, 100.0, 50.0, 1.0, 10.0, 0.01],
        "after": [0.0, 10.0, 80.0, 40.0, None, 0.05],
    }
).filter(pl.col("state_code") != "AAA")
WORDS = {"base": "2021", "after": "2024", "unit": "billion dollars", "source": "invented"}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_every_outline_belongs_to_a_state_and_areas_keep_their_proportion() -> None:
    codes = {code for code, _ in outlines()}
    assert codes - {"XKX"} <= set(iso_codes())
    assert len(codes) > 165
    assert "ATA" not in codes

    def area(code: str) -> float:
        parts = [corners for one, corners in outlines() if one == code]
        return sum(0.5 * abs(np.cross(part[:-1], part[1:]).sum()) for part in parts)

    assert area("RUS") / area("BRA") == pytest.approx(17.1 / 8.5, rel=0.05)
    assert area("GRL") / area("COD") == pytest.approx(2.17 / 2.34, rel=0.06)


def test_the_projection_puts_known_points_in_their_places() -> None:
    x, y = _projected("0,0 180,0 0,90").T
    assert x[0] == y[0] == 0
    assert x[1] == pytest.approx(2.70663, abs=1e-4)
    assert y[2] == pytest.approx(1.31737, abs=1e-4)


def test_simferopol_lies_in_ukraine() -> None:
    point = _projected("34.1,45.0")[0]
    assert {code for code, corners in outlines() if Path(corners).contains_point(point)} == {"UKR"}


def test_states_without_much_trade_are_not_counted_and_each_mark_has_its_words() -> None:
    figure = change_by_buyer(BUYERS, target_code="RUS", least=0.5, **WORDS)
    assert (
        wording(figure).title
        == "2 of 4 states with recorded trade bought less from Russia in 2024 than in 2021"
    )
    shown = show(figure)
    assert 'data-tip="Germany: 100.0 billion dollars in 2021, 10.0 in 2024"' in shown.html
    assert 'data-tip="Peru: little or no recorded trade"' in shown.html
    assert "<title>Germany: 100.0 billion dollars in 2021, 10.0 in 2024</title>" in shown.svg
    assert "data-tip" not in shown.svg
    assert len(re.findall(r'data-tip="Germany', shown.html)) == 2  # for desk and phone


def test_a_map_without_trade_is_refused() -> None:
    with pytest.raises(ValueError, match="leave the map out"):
        change_by_buyer(BUYERS, target_code="RUS", least=1e6, **WORDS)
