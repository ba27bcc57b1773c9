"""Global Trade Alert: JSON and CSV read alike, traps kept visible."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.gta import read_gta
from retorsion.sources.readers import recognise

LISTS = FIXTURES / "lists"
JSON, CSV = LISTS / "gta_interventions.json", LISTS / "gta_interventions.csv"


def test_json_as_the_api_answers() -> None:
    rows = read_gta(JSON, source_id="gta")
    first, second = rows.accepted.to_dicts()
    assert first["imposer_codes"] == ["IND"]
    assert (first["affected_codes"], first["inferred_codes"]) == (["RUS", "JPN"], ["RUS", "JPN"])
    assert (second["affected_codes"], second["inferred_codes"]) == (None, None)
    assert (first["hs6_codes"], second["hs6_codes"]) == (["010121", "292149"], ["010121"])
    assert first["sector_codes"] == ["011", "341"]
    assert (first["announced_date"], first["published_date"]) == (date(2022, 3, 1), date(2022, 5, 1))
    assert (first["is_in_force"], second["is_in_force"]) == (True, False)
    assert first["is_official_source"] is True
    assert rows.rejected.select("row", "column").sort("row").rows() == [
        (3, "implementing_iso"),
        (4, "gta_evaluation"),
        (5, "affected_products"),
        (6, "date_announced"),
    ]
    assert len(rows.accepted) + len(rows.rejected) == 6


def test_csv_says_the_same() -> None:
    by_json = read_gta(JSON, source_id="gta").accepted.row(0, named=True)
    rows = read_gta(CSV, source_id="gta")
    by_csv = rows.accepted.row(0, named=True)
    differing = {name for name in by_json if by_json[name] != by_csv[name]}
    assert (
        differing
        == {"row", "inferred_codes", "source", "product_effective_dates", "product_ended_dates"} & differing
    )
    assert {"row", "inferred_codes"} <= differing
    assert rows.rejected.select("row", "column", "value").rows() == [(4, "n_products", "2")]


def test_a_date_that_may_be_a_year_is_marked_and_kept() -> None:
    first, second = read_gta(JSON, source_id="gta").accepted.to_dicts()
    assert (first["effective_date"], first["effective_may_be_year"]) == (date(2022, 12, 31), True)
    assert (second["ended_date"], second["ended_may_be_year"]) == (date(2024, 1, 1), True)
    assert (first["ended_may_be_year"], second["effective_may_be_year"]) == (False, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "no interventions"),
        ("{}", "not a list"),
        ("[1]", "not a list"),
        ("[", "not JSON"),
        ("[" * 100_000, "nested|not JSON"),
        ("[NaN]", "not JSON"),
        ('[{"intervention_id": 1, "surprise": 2}]', "lacks the fields"),
        ("<html>", "not JSON"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "gta.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=words):
        read_gta(path, source_id="gta")


def test_half_a_surrogate_is_quarantined(tmp_path: Path) -> None:
    item = json.loads(JSON.read_text(encoding="utf-8"))[0]
    path = tmp_path / "gta.json"
    path.write_text(json.dumps([{**item, "state_act_title": "\ud800"}]), encoding="utf-8")
    rows = read_gta(path, source_id="gta")
    assert rows.rejected["column"].to_list() == ["state_act_title"]


def documented(name: str) -> list[dict[str, Any]]:
    rows = read_gta(LISTS / name, source_id="gta")
    assert rows.rejected.is_empty()
    assert recognise(LISTS / name).name == "gta"
    return rows.accepted.to_dicts()


def test_version_1_as_documented() -> None:
    targeted, inferred = documented("gta_api_v1_documented.json")
    assert (targeted["imposer_codes"], targeted["affected_codes"]) == (["JPN"], ["RUS"])
    assert targeted["inferred_codes"] == []
    assert inferred["inferred_codes"] == inferred["affected_codes"] == ["RUS"]
    assert targeted["sector_codes"] == ["341", "352"]
    assert targeted["hs6_codes"] == ["292149", "292229"]
    assert targeted["product_effective_dates"] == [date(2024, 7, 11)] * 2


def test_version_2_as_documented() -> None:
    (one,) = documented("gta_api_v2_documented.json")
    assert (one["sector_codes"], one["hs6_codes"]) == (["341"], ["292149"])
    assert one["source"] == "Invented"


def test_the_whole_answer_of_the_api_with_days_of_products() -> None:
    first, second = documented("gta_api_answer.json")
    assert first["imposer_codes"] == ["RUS"]
    assert first["hs6_codes"] == ["730410", "730420"]
    assert first["product_effective_dates"] == [date(2023, 1, 1), date(2023, 2, 1)]
    assert first["product_ended_dates"] == [None, date(2023, 8, 1)]
    assert first["inferred_codes"] == []  # Excluded
    assert second["inferred_codes"] is None  # Included: some are, and it does not say which
    assert (first["sector_codes"], second["sector_codes"]) == (["412"], ["491"])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"inferred_jurisdictions": "Perhaps"}, "inferred_jurisdictions"),
        ({"inferred_jurisdictions": ["RUS"]}, "inferred_jurisdictions"),
        ({"affected_sectors": [{"name": "no number"}]}, "sectors"),
        ({"affected_products": [{"product_id": 730410, "date_removed": "soon"}]}, "product_to"),
        ({"affected_products": [{"product_id": 730410, "date_implemented": 7.5}]}, "date_implemented"),
        ({"implementing_jurisdictions": [{"iso": "QQQ"}]}, "implementing_iso"),
    ],
)
def test_a_value_that_is_not_documented_is_quarantined(
    tmp_path: Path, changes: dict[str, object], column: str
) -> None:
    loaded = json.loads((LISTS / "gta_api_answer.json").read_text())
    loaded["results"][0] |= changes
    path = tmp_path / "x.json"
    path.write_text(json.dumps(loaded))
    rows = read_gta(path, source_id="gta")
    assert len(rows.accepted) == 1
    assert rows.rejected.select("row", "column").rows() == [(1, column)]


def test_a_page_of_several_and_fields_that_are_not_read_are_noted(tmp_path: Path) -> None:
    loaded = json.loads((LISTS / "gta_api_answer.json").read_text())
    loaded["count"] = 123
    loaded["results"][0]["surprise"] = 2
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(json.dumps({**loaded, "results": [loaded["results"]]}).encode()))
    rows = read_gta(path, source_id="gta")
    assert len(rows.accepted) == 2
    assert rows.notes == (
        "the file holds 2 of the 123 interventions of the query",
        "fields that are not read: surprise",
    )


@pytest.mark.real
def test_real_sample(real_data: Callable[[str], Path]) -> None:
    rows = read_gta(real_data("gta/gta_interventions_sample.csv"), source_id="gta")
    assert (len(rows.accepted), len(rows.rejected)) == (49, 0)
    first = rows.accepted.row(0, named=True)
    assert (first["row"], first["intervention_id"], first["hs6_codes"]) == (2, "152110", ["870431"])
    assert first["affected_codes"] == ["CAN", "CHN", "JPN", "MEX", "ESP"]
    assert (first["announced_date"], first["effective_date"]) == (date(2026, 1, 21), date(2026, 3, 22))
    assert rows.accepted["hs6_codes"].explode().drop_nulls().str.len_chars().unique().to_list() == [6]
    assert dict(rows.accepted["evaluation"].value_counts().iter_rows()) == {
        "Red": 30, "Green": 11, "Amber": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"id": 643, "iso": None}, "RUS"),
        ({"id": 699, "name": "India"}, "IND"),
        ({"id": 643, "iso": "rus"}, "RUS"),
    ],
)
def test_a_state_without_letters_is_that_of_its_number(
    tmp_path: Path, state: dict[str, Any], code: str
) -> None:
    (first, *_) = json.loads((LISTS / "gta_api_answer.json").read_text(encoding="utf-8"))["results"]
    path = tmp_path / "x.json"
    path.write_text(
        json.dumps([first | {"affected_jurisdictions": [state], "inferred_jurisdictions": "inferred"}])
    )
    found = read_gta(path, source_id="gta").accepted.row(0, named=True)
    assert (found["affected_codes"], found["inferred_codes"]) == ([code], [code])
    path.write_text(
        json.dumps([first, first | {"intervention_id": 5, "affected_jurisdictions": [{"id": 5}]}])
    )
    assert read_gta(path, source_id="gta").rejected["column"].to_list() == ["affected_jurisdictions"]


def test_an_answer_under_data_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    items = json.loads(JSON.read_text(encoding="utf-8"))
    found = items.get("results", items) if isinstance(items, dict) else items
    path.write_text(json.dumps({"count": len(found), "data": found}), encoding="utf-8")
    assert recognise(path).name == "gta"
    assert read_gta(path, source_id="gta").accepted.equals(read_gta(JSON, source_id="gta").accepted)
