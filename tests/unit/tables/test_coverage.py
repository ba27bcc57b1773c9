"""What was searched, with the other side of each ledger."""

from __future__ import annotations

from datetime import date

import polars as pl
from retorsion.tables.coverage import coverage


def test_each_side_of_a_ledger_faces_the_other() -> None:
    rows = [("x", "FRA"), ("x", "BEL"), ("y", "FRA"), ("y", "LUX"), ("z", "FRA")]
    searched = pl.DataFrame(
        {
            "source_id": [ledger for ledger, _ in rows],
            "side_code": [side for _, side in rows],
            "kind_type": ["deeds"] * len(rows),
            "start_date": [date(2020, 1, 1)] * len(rows),
            "end_date": [date(2020, 12, 31)] * len(rows),
            "search_basis": ["news pages"] * len(rows),
            "completeness_pct": [None, 60.0, None, None, None],
            "note": [None] * len(rows),
        },
        schema_overrides={"note": pl.String},
    )
    found = coverage(searched).select("source_id", "side_code", "target_code", "completeness_pct").rows()
    assert found == [
        ("x", "BEL", "FRA", 60.0),
        ("x", "FRA", "BEL", None),
        ("y", "FRA", "LUX", None),
        ("y", "LUX", "FRA", None),
        ("z", "FRA", None, None),
    ]
