"""Acts met by other ways of searching: one reader, each fault with its row, column and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from retorsion.sources.text.recorded import read_recorded

HEADER = "list_id,query,act_date,date_basis,actor_code,target_code,kind_type,description,source_url\n"
GOOD = "English,Japan protests,2022-03-25,page,JPN,RUS,words,A protest at drills,https://a.example/b\n"


def read(tmp_path: Path, row: str):
    path = tmp_path / "mentions.csv"
    path.write_text(HEADER + GOOD + row, encoding="utf-8")
    return read_recorded(path, "recall_samples", source_id="recall_samples")


def test_a_row_is_typed(tmp_path: Path) -> None:
    rows = read(tmp_path, GOOD)  # one act may stand on two pages
    assert rows.rejected.is_empty()
    assert rows.accepted["act_date"].to_list() == [date(2022, 3, 25)] * 2


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("2022-03-25", "2022-03", "act_date", "is not a date"),
        ("2022-03-25", "2222-03-25", "act_date", "is a day to come"),
        (",page,", ",memory,", "date_basis", "is unknown"),
        (",JPN,", ",JAP,", "actor_code", "is not a known state"),
        (",words,", ",talk,", "kind_type", "is unknown"),
        ("https://a.example/b", "a page", "source_url", "is not the address of a page"),
        ("English,", ",", "list_id", "is missing"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, column: str, reason: str) -> None:
    rows = read(tmp_path, GOOD.replace(old, new))
    assert len(rows.accepted) == 1
    fault = rows.rejected.row(0, named=True)
    assert (fault["column"], fault["row"]) == (column, 3)
    assert reason in fault["reason"]
