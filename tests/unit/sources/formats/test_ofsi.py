"""The United Kingdom's list: banner, one subject from many rows, quarantine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.ofsi import read_ofsi

LISTS = FIXTURES / "lists"
FILE = LISTS / "ofsi_ConList.csv"


def test_published_layout() -> None:
    rows = read_ofsi(FILE, source_id="ofsi")
    person, body, ship, other = rows.accepted.to_dicts()
    assert other["subject_name"] == "THREE"  # of a subject without a primary name, the first it has
    # Line 1 is the banner, line 2 the header, and the first row has two lines.
    assert (person["row"], body["row"], ship["row"]) == (3, 6, 8)
    assert (person["n_rows"], body["n_rows"], ship["n_rows"]) == (2, 2, 1)
    assert person["subject_name"] == "Example Person ONE"
    assert person["aliases"] == ["Example UNO"]
    assert (person["subject_type"], body["subject_type"], ship["subject_type"]) == (
        "individual", "entity", "vessel",
    )  # fmt: skip
    assert (person["subject_country"], body["subject_country"]) == ("Russia", "Ukraine; Russia")
    assert person["generated_date"] == date(2026, 6, 3)


def test_first_listing_is_the_date_and_designation_under_the_act_is_kept_apart() -> None:
    person, body, ship, _ = read_ofsi(FILE, source_id="ofsi").accepted.to_dicts()
    assert (person["announced_date"], person["uk_designated_date"]) == (date(2014, 3, 18), date(2020, 12, 31))
    assert body["announced_date"] == date(2014, 7, 25)
    assert body["programmes"] == ["Examples", "More examples"]
    assert body["programme_dates"] == [date(2014, 7, 25), date(2014, 9, 12)]
    assert ship["uk_designated_date"] is None


def test_quarantine_and_no_row_lost() -> None:
    rows = read_ofsi(FILE, source_id="ofsi")
    assert rows.rejected.select("row", "column", "value").sort("row").rows() == [
        (9, "Group Type", "Person"),
        (11, "Listed On", "2014-03-18"),
    ]
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == 8


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"Last Updated,03/06/2026\r\n", b"", "Last Updated,dd/mm/yyyy"),
        (b"Last Updated,03/06/2026\r\n", b"Last Updated,2026-06-03\r\n", "Last Updated,dd/mm/yyyy"),
        (b"Last Updated,03/06/2026\r\n", b"Last Updated,31/02/2026\r\n", "does not exist"),
        (b"Name 6,", b"Surname,", "Surname"),
        (b"\xef\xbb\xbfLast", b"\xff\xfeLast", "Last Updated"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    path = tmp_path / "ConList.csv"
    path.write_bytes(FILE.read_bytes().replace(old, new, 1))
    with pytest.raises(SourceError, match=words):
        read_ofsi(path, source_id="ofsi")


def test_a_subject_with_variations_alone_has_the_first_as_its_name() -> None:
    rows = read_ofsi(LISTS / "ofsi_variation_only.csv", source_id="ofsi")
    first, second = rows.accepted.to_dicts()
    assert rows.rejected.is_empty()
    assert (first["list_number"], first["subject_name"], first["aliases"]) == (
        "90004", "Dora EXEMPLAR", ["Dorothea EXEMPLAR"],
    )  # fmt: skip
    assert (first["announced_date"], second["subject_name"]) == (date(2022, 3, 15), "Emil SAMPLE")


def test_numbered_nationalities_are_parted() -> None:
    rows = read_ofsi(LISTS / "ofsi_nationalities.csv", source_id="ofsi")
    assert rows.accepted["subject_country"].to_list() == [
        "Russia; Ukraine",
        "Myanmar (Burma)",
        None,
        "Russia",
    ]


def test_the_layout_until_2022() -> None:
    rows = read_ofsi(LISTS / "ofsi_2020_layout.csv", source_id="ofsi")
    (person,) = rows.accepted.to_dicts()
    assert (person["subject_name"], person["aliases"]) == ("Jan EXEMPLAR", ["Johann EXEMPLAR"])
    assert (person["announced_date"], person["generated_date"]) == (date(2014, 3, 17), date(2020, 4, 27))


@pytest.mark.parametrize("kind", ["Nickname", "Main name", ""])
def test_a_kind_of_name_that_is_not_known_refuses_no_subject(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ConList.csv"
    text = (LISTS / "ofsi_variation_only.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("Primary name variation", kind), encoding="utf-8")
    rows = read_ofsi(path, source_id="ofsi")
    assert rows.accepted["subject_name"].to_list() == ["Dora EXEMPLAR", "Emil SAMPLE"]


def test_the_name_and_unread_days_decide_nothing_by_their_spelling(tmp_path: Path) -> None:
    text = FILE.read_bytes()
    usual = read_ofsi(FILE, source_id="ofsi").accepted
    path = tmp_path / "list.csv"
    path.write_bytes(text.replace(b"Primary name", b"Primary Name"))
    assert read_ofsi(path, source_id="ofsi").accepted.equals(usual)
    path.write_bytes(text.replace(b"Last Updated,03/06/2026", b'"Last Updated","03/06/2026",,,', 1))
    assert read_ofsi(path, source_id="ofsi").accepted.equals(usual)
    path.write_bytes(text.replace(b"31/12/2020", b"n/a"))
    odd = read_ofsi(path, source_id="ofsi").accepted
    assert odd.drop("uk_designated_date").equals(usual.drop("uk_designated_date"))
    assert odd["uk_designated_date"][0] is None
