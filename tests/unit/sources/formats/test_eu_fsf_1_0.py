"""The European Union's list in version 1.0: the same subjects, without any day of designation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.eu_fsf_1_0 import BLOCKS, read_eu_fsf_1_0
from retorsion.sources.readers import recognise
from retorsion.tables.look import look

FILE = FIXTURES / "lists" / "eu_fsf_full_1_0.csv"


def test_rows_of_one_number_are_one_subject() -> None:
    assert recognise(FILE).name == "eu_fsf_1_0"
    rows = read_eu_fsf_1_0(FILE, source_id="eu")
    person, body, _ = rows.accepted.to_dicts()
    assert (person["row"], person["n_rows"], body["row"], body["n_rows"]) == (2, 4, 3, 3)
    assert (person["subject_name"], person["aliases"]) == ("Example Person One", ["Person E. One"])
    assert (body["subject_name"], body["aliases"]) == ("Example; Works", [])
    assert (person["subject_type"], body["subject_type"]) == ("individual", "entity")
    assert person["country_codes"] == ["RUS"]  # not UKR, the country of birth
    assert (body["subject_country"], body["country_codes"]) == ("XKX", ["XKX"])  # beside one unknown
    assert (person["programmes"], body["programmes"]) == (["EXA"], ["EXB", "EXA"])
    assert (person["eu_reference"], person["remark"]) == ("EU.1.1", '(Date of example: "2022")')
    assert person["generated_date"] == date(2026, 8, 5)


def test_dates_of_regulations_are_no_days_of_designation() -> None:
    person, body, other = read_eu_fsf_1_0(FILE, source_id="eu").accepted.to_dicts()
    assert person["announced_date"] is body["announced_date"] is None
    assert (person["programme_dates"], body["programme_dates"]) == ([None], [None, None])
    assert (person["regulation"], person["regulation_published_date"]) == (
        "2024/9999 (OJ L)",
        date(2024, 9, 12),
    )
    assert (person["earliest_regulation_date"], body["earliest_regulation_date"]) == (
        date(2022, 4, 8),
        date(2023, 2, 25),
    )
    assert other["regulation_published_date"] is None  # a day in another form, which nothing hangs on
    shown = look(FILE).rows[:3]
    assert [(row["list_number"], row["programme"], row["announced_date"]) for row in shown] == [
        ("9001", "EXA", None), ("9002", "EXB", None), ("9002", "EXA", None),
    ]  # fmt: skip


def test_quarantine_and_no_row_lost() -> None:
    rows = read_eu_fsf_1_0(FILE, source_id="eu")
    assert rows.rejected.select("row", "column", "value").sort("row").rows() == [
        (10, "Naal_wholename", None),
        (12, "Subject_type", "V"),
        (13, "Naal_wholename", None),
    ]
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == 11


def test_columns_may_stand_in_another_order_and_a_block_may_have_fewer(tmp_path: Path) -> None:
    lines = [line.split(";") for line in FILE.read_text("utf-8-sig").splitlines()[:3]]
    heads = lines[0]
    kept = [at for at, name in enumerate(heads) if not name.startswith("Iden_")]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(";".join(line[at] for at in (*kept[:2], *kept[:1:-1])) for line in lines[:2]))
    (found,) = read_eu_fsf_1_0(path, source_id="eu").accepted.to_dicts()
    whole = read_eu_fsf_1_0(FILE, source_id="eu").accepted.to_dicts()[0]
    assert found["earliest_regulation_date"] == whole["earliest_regulation_date"]
    assert (found["subject_name"], found["remark"]) == (whole["subject_name"], whole["remark"])


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            b"Programme;",
            b"Program;",
            r"lacks the columns \['Programme'\]; has the unknown columns \['Program'\]",
        ),
        (b"Naal_gender", b"Naal_wholename", "in another order or twice"),
        (b"Naal_gender", b"Name_gender", r"unknown columns \['Name_gender'\]"),
        (b"Naal_gender", b"\xff", "cannot be read as UTF-8"),
    ],
)
def test_another_header_is_refused(tmp_path: Path, old: bytes, new: bytes, problem: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(FILE.read_bytes().replace(old, new, 1))
    with pytest.raises(SourceError, match=problem):
        read_eu_fsf_1_0(path, source_id="eu")


def test_every_block_is_in_the_fixture() -> None:
    heads = FILE.read_text("utf-8-sig").splitlines()[0].split(";")
    assert heads.count("Entity_logical_id") == 1 + len(BLOCKS)
    assert all(any(name.startswith(block) for name in heads) for block in BLOCKS)


def test_a_country_that_is_not_known_is_named_and_leaves_no_part_of_the_others(tmp_path: Path) -> None:
    person = read_eu_fsf_1_0(FILE, source_id="eu").accepted.row(0, named=True)
    assert person["country_codes"] == ["RUS"]
    path = tmp_path / "list.csv"
    path.write_bytes(FILE.read_bytes().replace(b"RUS", b"QQQ", 1))
    other = read_eu_fsf_1_0(path, source_id="eu").accepted.row(0, named=True)
    assert other["country_codes"] is None
    assert "QQQ" in other["subject_country"]
