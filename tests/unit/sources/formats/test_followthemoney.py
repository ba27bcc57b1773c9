"""FollowTheMoney entities as lines of JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.followthemoney import read_followthemoney, subjects

FILE = FIXTURES / "lists" / "entities.ftm.json"


def test_sanctions_are_subjects_of_whom_they_are_about() -> None:
    rows = read_followthemoney(FILE, source_id="ftm")
    found = subjects(rows.accepted)
    columns = ("list_number", "subject_type", "subject_name", "country_codes", "programmes", "announced_date")
    assert found.select(columns).rows() == [
        ("sanction-1", "individual", "Arno EXAMPLE", ["RUS"], ["EX-ONE"], date(2022, 3, 15)),
        ("sanction-2/NK-one", "individual", "Arno EXAMPLE", ["RUS"], ["An old programme"], None),
        ("sanction-2/NK-two", None, None, None, ["An old programme"], None),  # not described in the file
        (
            "sanction-3",
            "entity",
            "Invented Bank",
            ["BLR"],
            ["EX-TWO"],
            date(2022, 4, 1),
        ),  # inside its subject
    ]
    assert found["effective_date"].to_list() == [date(2022, 3, 16), None, None, None]
    assert found["ended_date"].to_list() == [None, date(2016, 1, 1), date(2016, 1, 1), None]


def test_every_line_is_an_entity_or_set_aside() -> None:
    rows = read_followthemoney(FILE, source_id="ftm")
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert rows.accepted["row"].n_unique() + len(rows.rejected) == len(lines) == 7
    assert rows.rejected["row"].to_list() == [6, 7]


def test_entities_without_sanctions_are_subjects_without_programmes(tmp_path: Path) -> None:
    path = tmp_path / "entities.ftm.json"
    path.write_text(FILE.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")
    found = subjects(read_followthemoney(path, source_id="ftm").accepted)
    assert found.select("list_number", "programmes").rows() == [("NK-one", [None])]


@pytest.mark.parametrize("text", ["[1, 2]\n", "{}\n", "no json\n", '{"id": 1}\n' * 500, "[" * 100_000])
def test_what_holds_no_entity_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "entities.ftm.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"no line that is an entity|nested 100000 deep"):
        read_followthemoney(path, source_id="ftm")


@pytest.mark.parametrize(
    ("dates", "day", "precision"),
    [
        (["2022-03-15", "2022-03"], date(2022, 3, 15), "day"),
        (["2020-07"], date(2020, 7, 1), "month"),
        (["2020"], None, None),
        (["2023-01-01", "2022-12-31"], date(2022, 12, 31), "day"),
    ],
)
def test_a_day_comes_before_a_month_and_a_year_is_no_date(
    tmp_path: Path, dates: list[str], day: date | None, precision: str | None
) -> None:
    path = tmp_path / "entities.ftm.json"
    person = {"id": "p", "schema": "Person", "properties": {"name": ["A"], "nationality": ["RU", "zz"]}}
    sanction = {"id": "s", "schema": "Sanction", "properties": {"entity": ["p"], "listingDate": dates}}
    path.write_text(f"{json.dumps(person)}\n{json.dumps(sanction)}\n")
    (found,) = subjects(read_followthemoney(path, source_id="ftm").accepted).to_dicts()
    assert (found["announced_date"], found["date_precision"]) == (day, precision)
    assert found["country_codes"] == ["RUS"]  # capitals are no matter, and zz is no state


def test_a_day_of_listing_that_is_no_date_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "entities.ftm.json"
    text = FILE.read_text(encoding="utf-8")
    assert read_followthemoney(FILE, source_id="ftm").notes == ()
    path.write_text(text.replace("2022-03-15", "15 March 2022"), encoding="utf-8")
    rows = read_followthemoney(path, source_id="ftm")
    assert rows.notes == ("days of listing that are no dates, and are left out: 15 March 2022",)
    assert subjects(rows.accepted)["announced_date"][0] is None
