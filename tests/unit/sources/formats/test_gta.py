"""Global Trade Alert: JSON and CSV read alike, traps kept visible."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.gta import read_gta

LISTS = FIXTURES / "lists"
JSON, CSV = LISTS / "gta_interventions.json", LISTS / "gta_interventions.csv"


def test_json_as_the_api_answers() -> None:
    rows = read_gta(JSON, source_id="gta")
    first, second = rows.accepted.to_dicts()
    assert first["imposer_codes"] == ["IND"]
    assert (first["affected_codes"], first["inferred_codes"]) == (["RUS", "JPN"], ["JPN"])
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
    assert differing == {"row", "inferred_codes", "source"}
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
        ('[{"intervention_id": 1, "surprise": 2}]', "surprise"),
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
