"""Recorded facts and their faults: each message names file, row, column, value and remedy."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.readers import FORMATS, formats
from retorsion.sources.rows import Check, messages, sift
from retorsion.sources.text.recorded import layout_of, read_recorded
from retorsion.sources.text.strict_csv import read_strict_csv

LAYOUTS = sorted(name for name in formats() if hasattr(import_module(f"{FORMATS}.{name}"), "LAYOUT"))
LIST_HEADER = "category,number,first_notice_date,revision_dates,kind,name_en,country_en"


def write(folder: Path, *lines: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def test_a_well_formed_list_is_read_with_types_and_line_numbers(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        LIST_HEADER,
        "29,029-000001,2022-03-01,,individual,A B,",
        "28,028-000001,2022-03-01,,entity,C,X",
    )
    rows = read_recorded(path, "asset_freeze_list", source_id="s")
    assert rows.rejected.is_empty()
    assert rows.accepted["row"].to_list() == [2, 3]
    assert rows.accepted.schema["first_notice_date"] == pl.Date
    assert rows.accepted["country_en"].to_list() == [None, "X"]


def test_a_designation_without_a_date_is_quarantined(tmp_path: Path) -> None:
    path = write(
        tmp_path, LIST_HEADER, "29,029-000001,,,individual,A B,", "29,029-000002,2022-03-01,,individual,C,"
    )
    rows = read_recorded(path, "asset_freeze_list", source_id="s")
    assert rows.accepted["number"].to_list() == ["029-000002"]
    message = messages(rows.rejected)[0]
    assert message.startswith("list.csv, row 2, column 'first_notice_date', value None: is not a date.")
    assert "Write the date as YYYY-MM-DD" in message
    assert '"name_en":"A B"' in rows.rejected["raw"][0]


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        ("29,029-000001,2022-02-30,,individual,A,", "first_notice_date", "2022-02-30", "is not a date"),
        ("29,028-000001,2022-03-01,,individual,A,", "number", "028-000001", "is of another category"),
        ("29,29-1,2022-03-01,,individual,A,", "number", "29-1", "is not a list number"),
        ("29,029-000001,2022-03-01,,ship,A,", "kind", "ship", "is unknown"),
        ("29,029-000001,2022-03-01,,individual,,", "name_en", None, "is missing"),
    ],
)
def test_each_fault_of_a_row_is_named(
    tmp_path: Path, line: str, column: str, value: str, reason: str
) -> None:
    rejected = read_recorded(write(tmp_path, LIST_HEADER, line), "asset_freeze_list", source_id="s").rejected
    row = rejected.row(0, named=True)
    assert (row["file"], row["row"], row["column"], row["value"]) == ("list.csv", 2, column, value)
    assert reason in row["reason"]
    assert row["remedy"].endswith(".")


def test_the_second_of_two_equal_numbers_is_quarantined(tmp_path: Path) -> None:
    line = "29,029-000001,2022-03-01,,individual,A,"
    rows = read_recorded(write(tmp_path, LIST_HEADER, line, line), "asset_freeze_list", source_id="s")
    assert rows.accepted["row"].to_list() == [2]
    assert rows.rejected["row"].to_list() == [3]
    assert "duplicate" in rows.rejected["reason"][0]


@pytest.mark.parametrize(
    ("data", "problem", "row"),
    [
        (b"", "empty", None),
        (b"a,b\r\n1,2\n", "carriage return", 1),
        (b"a,b\n1,\x00\n", "NUL", 2),
        (b"a,b\n1,\xff\n", "not valid UTF-8", 2),
        (b"a,b\n1\n", "1 cells where the header has 2", 2),
        (b"a,b\n1,2,3\n", "3 cells where the header has 2", 2),
        (b'a,b\n1,"2\n3"\n', "line break", 2),
        (b'a,b\n1,"2\n', "well-formed", 2),
        (b"a\n1\n", r"lacks the columns \['b'\]", 1),
        (b"a,b,c\n1,2,3\n", r"unknown columns \['c'\]", 1),
        (b"b,a\n1,2\n", "another order", 1),
    ],
)
def test_a_file_that_is_not_in_its_layout_is_refused(
    tmp_path: Path, data: bytes, problem: str, row: int | None
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=problem) as caught:
        read_strict_csv(path, ("a", "b"))
    assert caught.value.file == "file.csv"
    assert caught.value.row == row
    assert caught.value.remedy.endswith(".")


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.binary(max_size=300), layout=st.sampled_from(LAYOUTS))
def test_no_bytes_raise_anything_but_the_projects_own_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, layout: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(data)
    with pytest.raises(RetorsionError):
        read_recorded(path, layout, source_id="s")


CELL = st.text(st.characters(blacklist_characters='"\r\n\x00', blacklist_categories=("Cs",)), max_size=12)


@settings(max_examples=EXAMPLES, deadline=None)
@given(layout=st.sampled_from(LAYOUTS), data=st.data())
def test_any_cells_are_accepted_or_quarantined_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, layout: str, data: st.DataObject
) -> None:
    columns = layout_of(layout).columns
    cells = data.draw(st.lists(st.lists(CELL, min_size=len(columns), max_size=len(columns)), max_size=6))
    lines = [",".join(f'"{cell}"' for cell in row) for row in cells]
    path = write(tmp_path_factory.mktemp("cells"), ",".join(columns), *lines)
    rows = read_recorded(path, layout, source_id="s")
    assert len(rows.accepted) + len(rows.rejected) == len(cells)


def test_sift_reports_the_first_failed_check_and_counts_null_as_failed() -> None:
    frame = pl.DataFrame({"row": [2, 3, 4], "x": ["1", None, "-1"]})
    number = pl.col("x").cast(pl.Int64, strict=False)
    checks = [Check("x", number > -5, "first", "R."), Check("x", number > 0, "second", "R.")]
    rows = sift(frame, checks, source_id="s", file="f")
    assert rows.accepted["row"].to_list() == [2]
    assert rows.rejected.select("row", "reason").rows() == [(3, "first"), (4, "second")]
