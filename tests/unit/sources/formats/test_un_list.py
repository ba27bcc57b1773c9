"""The list of the United Nations: layout, quarantine, and XML that must not be trusted."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.un_list import read_un_list

LISTS = FIXTURES / "lists"
FILE = LISTS / "un_consolidated.xml"
TEXT = FILE.read_text(encoding="utf-8")


def test_published_layout() -> None:
    rows = read_un_list(FILE, source_id="un")
    person, body = rows.accepted.to_dicts()
    assert (person["row"], body["row"]) == (4, 45)
    assert (person["list_number"], body["list_number"]) == ("EXi.001", "EXe.001")
    assert (person["subject_name"], body["subject_name"]) == ("EXAMPLE PERSON ONE", "EXAMPLE FRONT")
    assert (person["subject_type"], body["subject_type"]) == ("individual", "entity")
    assert (person["announced_date"], body["announced_date"]) == (date(2012, 12, 31), date(2014, 5, 20))
    assert person["aliases"] == ["E. P. One", "Uno"]
    assert (person["subject_country"], body["subject_country"]) == ("Exampleland; Otherland", "Exampleland")
    assert person["programmes"] == ["Examples"]
    assert person["remarks"] == "Example & more."
    assert person["updated_text"] == ["2016-10-13", "2020-02-06"]
    assert person["generated_text"] == "2026-09-03T23:00:00.818Z"


def test_quarantine_and_no_subject_lost() -> None:
    rows = read_un_list(FILE, source_id="un")
    assert rows.rejected.select("row", "column").sort("row").rows() == [(28, "listed_on"), (35, "FIRST_NAME")]
    assert len(rows.accepted) + len(rows.rejected) == 4


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("<CONSOLIDATED", BOMB + "<CONSOLIDATED", 1).replace("Uno", "&i;"), "document type"),
        (
            TEXT.replace(
                "<CONSOLIDATED", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><CONSOLIDATED', 1
            ).replace("Uno", "&f;"),
            "document type",
        ),
        (TEXT.replace("<CONSOLIDATED", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><CONSOLIDATED', 1),
         "document type"),
        (TEXT.replace("Uno", "&undefined;"), "well-formed"),
        (TEXT[:900], "well-formed"),
        (TEXT.replace("INDIVIDUALS>", "PEOPLE>"), "PEOPLE"),
        ("<html><body>Service unavailable</body></html>", "html"),
        ("<CONSOLIDATED_LIST><INDIVIDUALS/></CONSOLIDATED_LIST>", "no subjects"),
        (TEXT.replace("Uno", "x" * 10_000_000), "more than"),
        (TEXT.replace("<NOTE>Fled.</NOTE>", "<N>" * 5000 + "</N>" * 5000), "does not have there"),
        (TEXT.replace('encoding="UTF-8"', 'encoding="no-such-code"'), "encoding"),
    ],
)  # fmt: skip
def test_files_that_are_not_the_list_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "consolidated.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=words):
        read_un_list(path, source_id="un")


def test_an_element_that_is_not_read_is_noted_and_refuses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.xml"
    path.write_text(TEXT.replace("<SORT_KEY/>", "<RANK>1</RANK>"), encoding="utf-8")
    rows, usual = read_un_list(path, source_id="un"), read_un_list(FILE, source_id="un")
    assert rows.notes == ("elements that are not read: RANK",)
    assert rows.accepted.drop("row").equals(usual.accepted.drop("row"))


def test_a_list_with_days_of_submission_is_read() -> None:
    rows = read_un_list(LISTS / "un_submitted_on.xml", source_id="un")
    assert rows.accepted.select("list_number", "announced_date").rows() == [
        ("KPi.901", date(2016, 11, 30)),
        ("KPe.901", date(2013, 3, 7)),
    ]


def test_a_delisted_subject_has_its_end_and_days_may_have_a_time(tmp_path: Path) -> None:
    path = tmp_path / "list.xml"
    path.write_text(
        TEXT.replace("<SORT_KEY/>", "<DELISTED_ON>2020-05-01</DELISTED_ON>", 1).replace(
            "<LISTED_ON>2012-12-31<", "<LISTED_ON>2012-12-31T00:00:00<"
        ),
        encoding="utf-8",
    )
    rows = read_un_list(path, source_id="un")
    usual = read_un_list(FILE, source_id="un")
    assert rows.accepted["announced_date"].equals(usual.accepted["announced_date"])
    assert "ended_date" not in usual.accepted.columns
    assert set(rows.accepted["ended_date"]) == {date(2020, 5, 1), None}
    assert rows.notes == ()


def test_names_of_elements_may_carry_a_prefix(tmp_path: Path) -> None:
    text = re.sub(r"<(/?)([A-Z])", r"<\1un:\2", TEXT)
    text = text.replace("<un:CONSOLIDATED_LIST", '<un:CONSOLIDATED_LIST xmlns:un="https://www.un.org/sc"', 1)
    path = tmp_path / "x.xml"
    path.write_text(text, encoding="utf-8")
    found, plain = (read_un_list(one, source_id="un") for one in (path, FILE))
    assert found.accepted.equals(plain.accepted)
    assert len(found.rejected) == len(plain.rejected)
