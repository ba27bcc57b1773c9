"""Kinds of measure in force, counted on invented acts."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from retorsion.sources.formats.act_types import MEASURE_KINDS
from retorsion.tables.fields import tables
from retorsion.tables.in_force import measures_in_force

DAY = date(2024, 1, 1)


def sanction(act: str, kind: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "act_id": act,
        "sender_code": "AAA",
        "addressee_code": "BBB",
        "instrument_type": kind,
        "announced_date": date.fromisoformat(day),
        **more,
    }


def measure(act: str, kind: str, day: str, **more: Any) -> dict[str, Any]:
    given = {"imposer_code": "BBB", "addressee_code": "AAA", "phase_type": "decision"} | more
    return {"act_id": act, "instrument_type": kind, "announced_date": date.fromisoformat(day), **given}


SANCTIONS = pl.DataFrame(
    [
        sanction("freeze", "asset_freeze", "2022-03-01", effective_date=date(2022, 3, 5)),
        sanction("freeze", "asset_freeze", "2022-03-01", absent_by_date=date(2023, 1, 1)),
        sanction("gone", "asset_freeze", "2021-01-01", revoked_date=date(2023, 1, 1)),
        sanction("later", "asset_freeze", "2024-02-01"),
        sanction("law", "sanctions_law", "2022-01-01"),
    ],
    schema=tables()["sanctions"].schema,
)
MEASURES = pl.DataFrame(
    [
        measure("ban", "export_ban_goods", "2022-05-01", ended_date=date(2024, 1, 2)),
        measure("ban", "export_ban_goods", "2022-05-01", ended_date=date(2023, 1, 2)),
        measure("duty", "tariff_measure", "2022-06-01"),
        measure("draft", "tariff_measure", "2020-06-01", phase_type="announcement"),
        measure("other", "tariff_measure", "2020-06-01", addressee_code="CCC"),
    ],
    schema=tables()["trade_measures"].schema,
)

TYPES = pl.DataFrame(
    {
        "act_type": ["asset_freeze", "export_ban_goods", "tariff_measure", "sanctions_law", "protest"],
        "measure_kind": ["Asset freeze", "Export ban", "Tariff or trade remedy", "none", None],
    }
)


def counted(day: date = DAY) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = measures_in_force(SANCTIONS, MEASURES, TYPES, [("AAA", "BBB"), ("BBB", "AAA")], day=day)
    assert len(found) == 2 * len(MEASURE_KINDS)
    return {(row[0], row[2]): row[3:] for row in found.iter_rows() if row[3]}


def test_an_act_counts_once_until_all_that_it_did_has_ended() -> None:
    assert counted() == {
        ("AAA", "Asset freeze"): (2, 1, date(2022, 3, 5)),
        ("BBB", "Export ban"): (1, 1, date(2022, 5, 1)),
        ("BBB", "Tariff or trade remedy"): (1, 1, date(2022, 6, 1)),
    }


def test_the_day_decides() -> None:
    assert counted(date(2022, 1, 1)) == {("AAA", "Asset freeze"): (1, 1, date(2021, 1, 1))}
    assert counted(date(2024, 3, 1))["AAA", "Asset freeze"] == (3, 2, date(2022, 3, 5))
    assert counted(date(2024, 3, 1))["BBB", "Export ban"] == (1, 0, None)
