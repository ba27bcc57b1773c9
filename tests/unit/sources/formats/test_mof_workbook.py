"""The ministry's workbooks, with the days of removal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.mof_workbook import read_mof_workbook
from retorsion.tables.lists import designations
from retorsion.tables.options import ListOptions
from retorsion.tables.sanctions import sanctions
from workbooks import workbook

FILE = FIXTURES / "lists" / "mof_workbook_2022.xlsx"


def test_numbers_days_revisions_and_removals() -> None:
    rows = read_mof_workbook(FILE, source_id="mof")
    assert rows.rejected.is_empty()
    columns = ("list_number", "subject_type", "announced_date", "revision_dates", "ended_date")
    assert rows.accepted.select(columns).rows() == [
        ("029-000001", "individual", date(2022, 3, 1), None, None),
        ("029-000002", "individual", date(2022, 3, 3), "2022-05-27", None),
        ("029-000003", "individual", None, None, date(2023, 6, 1)),
        ("030-000001", "bank", date(2022, 2, 26), None, None),
    ]
    assert rows.accepted["subject_name"].to_list() == [
        "Arno Exemplar",
        "Berta Specimen",
        None,
        "Invented Bank",
    ]


def test_a_removal_is_a_day_of_revocation_and_no_observation() -> None:
    programmes = pl.DataFrame(
        {"programme": ["29", "30"], "target_code": ["RUS"] * 2, "addressee_code": ["RUS"] * 2}
    )
    built = designations(
        read_mof_workbook(FILE, source_id="mof").accepted,
        programmes,
        ListOptions(sender_code="JPN", instrument_type="asset_freeze"),
        source_id="mof",
        source_url="https://example.org",
        vintage_date=date(2023, 7, 1),
    )
    gone = sanctions(built.accepted).filter(pl.col("list_number") == "029-000003").row(0, named=True)
    assert (gone["revoked_date"], gone["announced_date"]) == (date(2023, 6, 1), None)
    assert (gone["first_observed_date"], gone["date_precision"]) == (None, None)


@pytest.mark.parametrize(
    ("notice", "number", "column"),
    [("soon", "4", "announced_date"), ("2022.2.30", "4", "announced_date"), ("2022.3.1", "1", "list_number"),
     ("23年削除", "4", "announced_date"), (None, "4", "announced_date")],
)  # fmt: skip
def test_a_faulty_row_is_set_aside(tmp_path: Path, notice: str | None, number: str, column: str) -> None:
    lines = [["題"], ["告示日付", "番号", "英語表記"], ["令和4年3月1日", "1", "A"], [notice, number, "B"]]
    path = workbook(tmp_path / "list.xlsx", {"28.団体": lines})
    rows = read_mof_workbook(path, source_id="mof")
    assert rows.accepted.select("list_number", "subject_type", "announced_date").rows() == [
        ("028-000001", "entity", date(2022, 3, 1))
    ]
    assert rows.rejected.select("row", "column").rows() == [(4, column)]


def test_sheets_that_are_no_category_are_noted_and_other_files_refused(tmp_path: Path) -> None:
    good = [["告示日付", "番号", "英語表記"], ["2022.3.1", "1", "A"]]
    rows = read_mof_workbook(
        workbook(tmp_path / "a.xlsx", {"目次": [["x"]], "28.団体": good}), source_id="mof"
    )
    assert rows.notes == ("sheets that are not read: 目次",)
    with pytest.raises(SourceError, match="no sheet of a category"):
        read_mof_workbook(workbook(tmp_path / "b.xlsx", {"Sheet 1": good}), source_id="mof")
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SourceError, match=r"zip|workbook"):
        read_mof_workbook(tmp_path / "c.xlsx", source_id="mof")
