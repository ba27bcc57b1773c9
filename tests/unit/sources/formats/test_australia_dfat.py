"""Australia's list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from damage import EXAMPLES, damaged, inside
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.australia_dfat import read_australia_dfat
from retorsion.sources.readers import recognise
from workbooks import workbook

HEADER = [
    "Reference",
    "Name of Individual or Entity",
    "Type",
    "Name Type",
    "Citizenship",
    "Committees",
    "Control Date",
]
ROWS = [
    ["101", "Arno EXAMPLE", "Individual", "Primary Name", "Russia", "Autonomous (Russia)", "25/02/2022"],
    ["101a", "Arnold EXAMPLE", "Individual", "aka", "Russia", "Autonomous (Russia)", "25/02/2022"],
    [
        "102",
        "Invented Bank",
        "Entity",
        "Primary Name",
        None,
        "Autonomous (Russia); 1718 (DPRK)",
        "2022-03-18 00:00:00",
    ],
    ["103", "Invented Tanker", "Vessel", "Primary Name", None, "Autonomous (Russia)", "18 June 2025"],
]


def test_names_of_one_reference_are_one_subject(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", {"Sheet1": [HEADER, *ROWS]})
    assert recognise(path).name == "australia_dfat"
    rows = read_australia_dfat(path, source_id="au")
    person, bank = rows.accepted.to_dicts()
    assert (person["list_number"], person["n_rows"], person["aliases"]) == ("101", 2, ["Arnold EXAMPLE"])
    assert (person["announced_date"], person["country_codes"]) == (date(2022, 2, 25), ["RUS"])
    assert bank["programmes"] == ["Autonomous (Russia)", "1718 (DPRK)"]
    assert bank["programme_dates"] == [date(2022, 3, 18)] * 2
    assert rows.rejected.select("row", "column", "value").rows() == [(5, "announced_date", "18 June 2025")]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", {"Sheet1": [HEADER[:-1], *(row[:-1] for row in ROWS)]})
    with pytest.raises(SourceError, match="Control Date"):
        read_australia_dfat(path, source_id="au")


def test_a_workbook_without_a_sheet_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", {})
    with pytest.raises(SourceError, match="it has no sheet"):
        read_australia_dfat(path, source_id="au")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64 - 1))
def test_damage_raises_nothing_but_our_error(tmp_path: Path, seed: int) -> None:
    path = workbook(tmp_path / "list.xlsx", {"Sheet1": [HEADER, *ROWS]})
    path.write_bytes((inside if seed % 4 else damaged)(path.read_bytes(), seed))
    try:
        read_australia_dfat(path, source_id="au")
    except RetorsionError:
        return


def test_lines_above_the_header_and_another_sheet_are_passed_over(tmp_path: Path) -> None:
    above = [["Consolidated list"], [None], ["As of", "1 March 2022"]]
    path = workbook(tmp_path / "list.xlsx", {"About": [["Terms"]], "List": [*above, HEADER, *ROWS[:2]]})
    person = read_australia_dfat(path, source_id="au").accepted.row(0, named=True)
    assert (person["row"], person["n_rows"], person["announced_date"]) == (5, 2, date(2022, 2, 25))


@pytest.mark.parametrize(
    ("system", "number"),
    [("", "44617"), ("", "44617.5"), ('<workbookPr date1904="1"/>', "43155")],
)
def test_days_that_the_workbook_counts_are_read_by_its_own_calendar(
    tmp_path: Path, system: str, number: str
) -> None:
    rows = [[*ROWS[0][:-1], number]]
    path = workbook(tmp_path / "list.xlsx", {"Sheet1": [HEADER, *rows]}, properties=system)
    assert read_australia_dfat(path, source_id="au").accepted["announced_date"].to_list() == [
        date(2022, 2, 25)
    ]
