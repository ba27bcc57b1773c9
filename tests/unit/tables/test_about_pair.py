"""Which events stand around the acts of a pair, where a side has dealings with other states too."""

from __future__ import annotations

import polars as pl
import pytest
from retorsion.tables.about_pair import events_about

EVENTS = pl.DataFrame(
    [
        ("own", "AAA", "BBB", "ledger_ab"),
        ("invasion", "BBB", "DDD", "ledger_ab"),
        ("elsewhere", "AAA", "CCC", "ledger_ac"),
        ("told elsewhere", "BBB", "AAA", "ledger_ac"),
        ("of others", "CCC", "DDD", "ledger_ac"),
    ],
    schema=["event_id", "actor_code", "target_code", "source_id"],
    orient="row",
)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (None, ["own", "invasion", "elsewhere", "told elsewhere"]),
        (["ledger_ab"], ["own", "invasion", "told elsewhere"]),
        ([], ["own", "told elsewhere"]),
    ],
)
def test_events_of_other_ledgers_count_between_the_two_alone(
    sources: list[str] | None, found: list[str]
) -> None:
    assert events_about(EVENTS, ("AAA", "BBB"), sources)["event_id"].to_list() == found


def test_an_event_with_several_targets_stands_once_for_the_pair() -> None:
    several = pl.DataFrame(
        [("drill", "AAA", "CCC", "x"), ("drill", "AAA", "BBB", "x")],
        schema=EVENTS.schema,
        orient="row",
    )
    assert events_about(several, ("AAA", "BBB"), ["y"])["target_code"].to_list() == ["BBB"]
