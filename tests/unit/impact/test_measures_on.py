"""A measure of the target is seen from its own side: its ban on imports is one on the reporter's exports."""

from __future__ import annotations

import polars as pl
from retorsion.impact.goods import measures_on
from retorsion.params import ImpactCase

MEASURES = pl.DataFrame(
    [
        ("own export ban", "JPN", "CHN", "CHN", "export"),
        ("own import ban", "JPN", "CHN", "CHN", "import"),
        ("their import ban", "CHN", "JPN", "JPN", "import"),
        ("their export ban", "CHN", "JPN", "JPN", "export"),
        ("both ways", "CHN", "JPN", "JPN", "both"),
        ("on a third state", "CHN", "USA", "USA", "import"),
        ("over a third state", "JPN", "BLR", "CHN", "export"),
    ],
    schema=["measure_id", "imposer_code", "target_code", "addressee_code", "flow_type"],
    orient="row",
)
ASKED = ImpactCase(reporter="JPN", target="CHN")


def test_measures_of_both_sides_meet_the_flow_that_they_hit() -> None:
    assert measures_on(MEASURES, ASKED, "export")["measure_id"].to_list() == [
        "own export ban",
        "their import ban",
        "both ways",
        "over a third state",
    ]
    assert measures_on(MEASURES, ASKED, "import")["measure_id"].to_list() == [
        "own import ban",
        "their export ban",
        "both ways",
    ]
