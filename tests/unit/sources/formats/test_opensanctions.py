"""OpenSanctions: targets and statements."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.opensanctions import (
    TARGETS,
    read_opensanctions,
    read_opensanctions_statements,
    sanctions_of,
)
from retorsion.sources.states import ftm_state

LISTS = FIXTURES / "lists"
FILE = LISTS / "opensanctions_targets.simple.csv"


def test_targets_as_published() -> None:
    rows = read_opensanctions(FILE, source_id="os")
    person, body, ship, wallet, unknown = rows.accepted.to_dicts()
    assert (wallet["schema"], wallet["subject_type"]) == ("CryptoWallet", None)
    assert (unknown["subject_country"], unknown["country_codes"]) == ("qq", None)
    assert (person["row"], body["row"]) == (2, 4)  # the first target has two lines
    assert (person["subject_type"], body["subject_type"], ship["subject_type"]) == (
        "individual",
        None,
        "vessel",
    )
    assert person["country_codes"] == ["UKR", "RUS"]
    assert ship["country_codes"] == ["PAN", "EU"]
    assert person["programmes"] == ["EX-ONE", "EX-TWO"]
    assert body["programmes"] is None
    assert person["reasons"] == "Listed for\nexample acts"
    assert body["reasons"] is None
    assert person["first_seen"] == datetime(2024, 1, 1, 5, 41, 1)
    assert rows.accepted["announced_date"].null_count() == 5
    assert rows.rejected.select("row", "column", "value").rows() == [
        (8, "first_seen", "2024-02-30T00:00:00"),
    ]


@pytest.mark.parametrize("columns", TARGETS.older)
def test_older_releases_lack_columns(tmp_path: Path, columns: tuple[str, ...]) -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    path = tmp_path / "targets.simple.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, columns, extrasaction="ignore", lineterminator="\n", quoting=csv.QUOTE_ALL
        )
        writer.writeheader()
        writer.writerows(records)
    rows = read_opensanctions(path, source_id="os")
    assert len(rows.accepted) == 5
    assert rows.accepted["programmes"].null_count() == 5


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "targets.simple.csv"
    path.write_bytes(FILE.read_bytes().replace(b'"schema"', b'"shape"', 1))
    with pytest.raises(SourceError, match=r"lacks the columns \['schema'\].*unknown columns \['shape'\]"):
        read_opensanctions(path, source_id="os")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ru", "RUS"), ("suhh", "SUN"), ("ge-ab", "GEO"), ("xk", "XKX"), ("eu", "EU"), ("RU", "RUS"),
     ("zz", None), ("", None), ("r", None)],
)  # fmt: skip
def test_state_codes(code: str, expected: str | None) -> None:
    assert ftm_state(code) == expected


def test_sanctions_of_statements() -> None:
    rows = read_opensanctions_statements(LISTS / "opensanctions_statements.csv", source_id="os")
    assert len(rows.accepted) == 14
    assert rows.rejected.select("row", "column").rows() == [(16, "value")]
    first, second = sanctions_of(rows.accepted).to_dicts()
    assert (first["row"], first["n_rows"], first["subject_name"]) == (5, 6, "EXAMPLE PERSON ONE")
    assert (first["subject_type"], first["subject_country"]) == ("individual", "ru")
    assert (first["announced_date"], first["date_precision"]) == (date(2014, 8, 5), "day")
    assert first["effective_date"] == date(2014, 8, 6)  # the earlier one is external
    assert (first["programmes"], first["authority"]) == (["EX-ONE"], "Example Ministry")
    assert (second["subject_id"], second["subject_name"], second["subject_type"]) == ("NK-absent", None, None)
    assert (second["announced_date"], second["date_precision"]) == (date(2015, 3, 1), "month")
    assert second["ended_date"] == date(2016, 1, 1)
    assert second["programmes"] == ["An old programme"]


@pytest.mark.real
def test_real_targets(real_data: Callable[[str], Path]) -> None:
    rows = read_opensanctions(real_data("opensanctions/targets.simple.csv"), source_id="os")
    assert (len(rows.accepted), len(rows.rejected)) == (5600, 0)
    last = rows.accepted.row(-1, named=True)
    assert (last["row"], last["list_number"], last["subject_type"]) == (9772, "ua-ws-vessel-902", "vessel")
    assert last["country_codes"] == ["LBR", "NOR"]
    assert dict(rows.accepted["subject_type"].value_counts().iter_rows()) == {
        "individual": 1543, "entity": 1524, "vessel": 1340, None: 1193,
    }  # fmt: skip
    assert rows.accepted["announced_date"].null_count() == 5600


def test_times_as_written_until_2022() -> None:
    rows = read_opensanctions(LISTS / "opensanctions_2022.targets.simple.csv", source_id="os")
    assert rows.rejected.is_empty()
    assert rows.accepted["first_seen"].to_list() == [
        datetime(2021, 7, 26, 11, 55, 45), datetime(2022, 3, 1, 0, 51, 28),
    ]  # fmt: skip


def test_codes_of_parts_and_of_no_state_and_kinds_that_are_no_body() -> None:
    rows = read_opensanctions(LISTS / "opensanctions_codes_and_kinds.targets.simple.csv", source_id="os")
    assert rows.rejected.is_empty()
    by_id = {row["list_number"]: row for row in rows.accepted.to_dicts()}
    assert by_id["xx-1"]["country_codes"] == ["GEO", "RUS"]  # South Ossetia lies in Georgia
    assert (by_id["xx-2"]["subject_type"], by_id["xx-3"]["country_codes"]) == (None, None)
    assert by_id["xx-4"]["country_codes"] == ["RUS"]


@pytest.mark.parametrize(
    ("code", "state"),
    [("ru", "RUS"), ("ge-ab", "GEO"), ("x-so", "GEO"), ("xk", "XKX"), ("suhh", "SUN"), ("yucs", "YUG"),
     ("uk", "GBR"), ("eu", "EU"), ("zz", None), ("qq", None), ("RU", "RUS")],
)  # fmt: skip
def test_codes_of_followthemoney(code: str, state: str | None) -> None:
    assert ftm_state(code) == state


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-05-03", datetime(2024, 5, 3)),
        ("2024-05-03T05:41:01Z", datetime(2024, 5, 3, 5, 41, 1)),
        ("2024-05-03 05:41:01.123456+00:00", datetime(2024, 5, 3, 5, 41, 1)),
        ("2024-05-03T05:41:01+02:00", None),
        ("3 May 2024", None),
    ],
)
def test_times_may_be_written_in_many_ways(tmp_path: Path, text: str, time: datetime | None) -> None:
    path = tmp_path / "targets.simple.csv"
    path.write_text(FILE.read_text(encoding="utf-8").replace("2024-01-01T05:41:01", text), encoding="utf-8")
    rows = read_opensanctions(path, source_id="os")
    if time is None:
        assert set(rows.rejected["column"]) >= {"first_seen"}
    else:
        assert rows.accepted["first_seen"][0] == time


def test_columns_in_another_order_and_a_mark_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "targets.simple.csv"
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(row[::-1] for row in rows if len(row) == len(rows[0]))
    usual = read_opensanctions(FILE, source_id="os").accepted
    assert read_opensanctions(path, source_id="os").accepted.drop("row").equals(usual.drop("row"))
