"""What was searched: spans of one side and kind do not overlap, and each fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_rows import GOOD, assert_quarantined, changed, read
from retorsion.sources.rows import messages

FAULTS: dict[str, tuple[dict[str, str], str, str, tuple[str, ...]]] = {
    "end before start": ({"end_date": "2019-12-31"}, "end_date", "2019-12-31", ("before the start",)),
    "no day": ({"start_date": "2020"}, "start_date", "2020", ("is not a date",)),
    "no state": ({"side_code": "FRX"}, "side_code", "FRX", ("is not a known state",)),
    "unknown kind": ({"kind_type": "deed"}, "kind_type", "deed", ("Did you mean 'deeds'?",)),
    "not said how": ({"search_basis": ""}, "search_basis", "", ("is missing",)),
    "more than all": ({"completeness_pct": "101"}, "completeness_pct", "101", ("from 0 to 100",)),
    "less than nothing": ({"completeness_pct": "-1"}, "completeness_pct", "-1", ("no share in per cent",)),
    "in words": ({"completeness_pct": "most"}, "completeness_pct", "most", ("is not a number",)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str, tmp_path: Path) -> None:
    cells, column, value, words = FAULTS[fault]
    assert_quarantined(tmp_path, "coverage", changed("coverage", **cells), 2, column, value, *words)


@pytest.mark.parametrize(("start", "end"), [("2020-12-31", "2021-12-31"), ("2020-03-01", "2020-04-01")])
def test_spans_of_one_side_and_kind_do_not_overlap(start: str, end: str, tmp_path: Path) -> None:
    rows = [*GOOD["coverage"], GOOD["coverage"][0] | {"start_date": start, "end_date": end}]
    words = ("lies in another span of the same side and kind", "begin after the one before it ends")
    assert_quarantined(tmp_path, "coverage", rows, 4, "start_date", start, *words)


def test_a_span_before_is_compared_too(tmp_path: Path) -> None:
    before = GOOD["coverage"][0] | {"start_date": "2019-06-01", "end_date": "2020-01-01"}
    found = read(tmp_path, "coverage", [*GOOD["coverage"], before])
    assert found.rejected["row"].to_list() == [2]
    assert found.rejected["value"].to_list() == ["2020-01-01"]


def test_spans_of_another_kind_or_side_may_overlap(tmp_path: Path) -> None:
    words = GOOD["coverage"][0] | {"kind_type": "words", "completeness_pct": "62.5"}
    next_span = GOOD["coverage"][0] | {"start_date": "2021-01-01", "end_date": "2021-01-01"}
    found = read(tmp_path, "coverage", [*GOOD["coverage"], words, next_span])
    assert messages(found.rejected) == []
    assert found.accepted["completeness_pct"].to_list() == [None, None, 62.5, None]
