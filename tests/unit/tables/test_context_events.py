"""Events beside the acts: provocations carry scores, a coalition's steps their kind, a pair sees each event once."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from retorsion.tables.about_pair import events_about
from retorsion.tables.context_events import context_events
from retorsion.tables.fields import tables

TYPES = pl.DataFrame(
    {
        "act_type": ["drill", "invasion", "coalition_step", "protest"],
        "is_provocation": [True, False, False, False],
        "cameo_code": ["150", "190", "113", "114"],
        "plover_category": ["MOBILIZE", "ASSAULT", "ACCUSE", "ACCUSE"],
        "plover_mode": [None, None, "Disapprove", "Allege"],
    }
)
HOSTS = pl.DataFrame(
    {"host": ["a.example", "b.example", "c.example"], "source_type": ["state_media", "agency", "spun"]}
)
CAMEO = pl.DataFrame(
    {"cameo_code": ["113", "114", "150", "190"], "goldstein_score": [-2.0, -2.0, -7.2, -10.0]}
)
PLOVER = pl.DataFrame(
    {"plover_type": ["MOBILIZE", "ASSAULT", "ACCUSE/Disapprove"], "plover_score": [-7.0, -10.0, -3.0]}
)


def event(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    row = {
        "act_id": name,
        "announced_date": date(2022, 3, 1),
        "date_precision": "day",
        "announced_basis": "text",
        "done_date": date(2022, 2, 28),
        "done_basis": "official",
        "actor_code": "RUS",
        "target_codes": "JPN",
        "addressee_code": "JPN",
        "domain_type": "context",
        "act_type": kind,
        "n_individuals": None,
        "n_banks": None,
        "n_other_bodies": None,
        "note": None,
        "summary": "An event.",
        "source_id": "ledger_x",
        "source_urls": "https://www.a.example/1 https://c.example/2 https://b.example/3",
    }
    return row | changes


def acts(*rows: dict[str, Any]) -> pl.DataFrame:
    counts = dict.fromkeys(("n_individuals", "n_banks", "n_other_bodies"), pl.Int64)
    return pl.DataFrame(
        list(rows), schema_overrides={"note": pl.String, "addressee_code": pl.String} | counts
    )


CALENDAR = pl.DataFrame(
    {
        "event_id": ["eu-2022-03-02-third"],
        "event_date": [date(2022, 3, 2)],
        "actor_code": ["EU"],
        "target_code": ["RUS"],
        "step": ["3rd package"],
        "kind": ["mixed"],
        "n_designations": [26],
        "summary": ["The EU lists some."],
        "source_urls": ["https://a.example"],
        "source_id": ["calendar"],
    }
)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rows = acts(
        event("rus-drill", "drill"),
        event("rus-invasion", "invasion", target_codes="UKR", addressee_code="UKR"),
        event("rus-wide-drill", "drill", target_codes="KOR;JPN", addressee_code=None),
        event("rus-protest", "protest", domain_type="diplomatic_action"),
    )
    return context_events(rows, CALENDAR, TYPES, HOSTS, CAMEO, PLOVER)


def test_only_provocations_are_scored(table: pl.DataFrame) -> None:
    found = table.select("event_id", "target_code", "is_provocation", "cameo_code", "intensity_goldstein")
    assert found.rows() == [
        ("rus-drill", "JPN", True, "150", 7.2),
        ("rus-invasion", "UKR", False, None, None),
        ("rus-wide-drill", "JPN", True, "150", 7.2),
        ("rus-wide-drill", "KOR", True, "150", 7.2),
        ("eu-2022-03-02-third", "RUS", False, None, None),
    ]
    drill = table.row(0, named=True)
    assert (drill["intensity_plover"], drill["intensity_equal"]) == (7.0, 1.0)
    assert (drill["done_date"], drill["done_basis"]) == (date(2022, 2, 28), "official")


def test_steps_of_a_coalition_are_events_of_their_own_type(table: pl.DataFrame) -> None:
    step = table.row(-1, named=True)
    assert step["event_type"] == "coalition_step"
    assert (step["step"], step["kind"], step["n_designations"]) == ("3rd package", "mixed", 26)
    assert step["date_precision"] == "day"
    assert table.filter(pl.col("step").is_null())["event_id"].n_unique() == 3


def test_kinds_of_sources_are_named_once_and_the_best_of_them(table: pl.DataFrame) -> None:
    drill, step = table.row(0, named=True), table.row(-1, named=True)
    assert (drill["source_types"], drill["best_source_type"]) == ("agency;spun;state_media", "agency")
    assert (step["source_types"], step["best_source_type"]) == ("state_media", "state_media")


def test_without_a_calendar_there_are_the_ledgers_events() -> None:
    found = context_events(acts(event("rus-drill", "drill")), pl.DataFrame(), TYPES, HOSTS, CAMEO, PLOVER)
    assert found["event_id"].to_list() == ["rus-drill"]
    assert tuple(found.columns) == tables()["context_events"].columns


def test_a_pair_sees_an_event_of_several_targets_once(table: pl.DataFrame) -> None:
    seen = events_about(table, ("JPN", "RUS"))
    assert seen["event_id"].is_unique().all()
    assert seen["event_date"].is_sorted()
    wide = seen.filter(pl.col("event_id") == "rus-wide-drill")
    assert wide["target_code"].to_list() == ["JPN"]
    assert events_about(table, ("KOR", "USA"))["event_id"].to_list() == ["rus-wide-drill"]
