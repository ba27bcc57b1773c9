"""What a record misses, by lists found by other searches."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from invented_acts import EVENTS, START, act, acts_of, case_of, events_of, params_of, record_of
from retorsion.errors import NotEstimable
from retorsion.escalation.recall import recall_part

SEARCHED = {"recall": {"source": "lists", "start": "2020-01-01", "end": "2020-12-31"}}


def mentions(*rows: tuple[str, int, str, str]) -> pl.DataFrame:
    """Rows (list, day from the start, actor, kind) as the reader gives them."""
    other = {"AAA": "BBB", "BBB": "AAA"}
    return pl.DataFrame(
        [
            (name, "query", START + timedelta(days=day), actor, other.get(actor, "AAA"), kind, "what", "https://a.example/b")
            for name, day, actor, kind in rows
        ],
        schema={
            "list_id": pl.String,
            "query": pl.String,
            "act_date": pl.Date,
            "actor_code": pl.String,
            "target_code": pl.String,
            "kind_type": pl.String,
            "description": pl.String,
            "source_url": pl.String,
        },
        orient="row",
    )  # fmt: skip


def part(rows: list[dict[str, Any]], lists: pl.DataFrame | None, events: pl.DataFrame = EVENTS) -> Any:
    return recall_part(record_of(acts_of(rows), case=case_of(SEARCHED), events=events), lists)


DEEDS = [act(f"a{k}", "AAA", START + timedelta(days=10 * k), "freeze") for k in range(12)]


def test_a_day_of_a_list_is_held_by_a_day_of_the_record_within_a_day_of_it() -> None:
    # 0 on the day, 11 and 19 a day off, 25 nothing near; 30 and 31 compete for one day of the record
    lists = mentions(*(("one", day, "AAA", "deeds") for day in (0, 11, 19, 25, 30, 31)))
    found, frames = part(DEEDS, lists)
    one = found["by_side"]["AAA"]["deeds"]
    assert (one["n_listed"], one["n_held"], one["n_record"]) == (6, 4, 12)
    assert one["recall"]["estimate"] == pytest.approx(4 / 6)
    held = dict(frames["recall_days"].select("act_date", "record_date").iter_rows())
    assert held[START + timedelta(days=30)] == START + timedelta(days=30)
    assert held[START + timedelta(days=31)] is None
    assert one["chapman"]["total"] == pytest.approx(13 * 7 / 5 - 1)
    assert "chao" not in one  # two lists have no bound of that kind


def test_acts_of_one_day_count_once_and_lists_are_told_apart() -> None:
    rows = [("one", 0, "AAA", "deeds")] * 3 + [("one", 10, "AAA", "deeds"), ("one", 25, "AAA", "deeds")]
    rows += [("two", 0, "AAA", "deeds"), ("two", 45, "AAA", "deeds"), ("two", 50, "AAA", "deeds")]
    found, frames = part([*DEEDS, act("twice", "AAA", START, "ban")], mentions(*rows))
    one = found["by_side"]["AAA"]["deeds"]
    assert {name: (own["n"], own["n_held"]) for name, own in one["by_list"].items()} == {
        "one": (3, 2), "two": (3, 2)
    }  # fmt: skip
    assert (one["n_listed"], one["n_held"], one["n_record"]) == (5, 3, 12)
    # alone: 9 days of the record, 25 of the first list, 45 of the second; on two: 10, 50
    assert one["chao"]["total"] == pytest.approx(14 + (9 + 9 + 1) / 3)
    assert frames["recall"].row(0, named=True)["least_total"] == pytest.approx(one["chao"]["total"])


def test_words_deeds_and_provocations_do_not_hold_one_another() -> None:
    rows = [act(f"w{k}", "AAA", START + timedelta(days=5 * k)) for k in range(6)]
    events = events_of(
        *((f"d{k}", START + timedelta(days=5 * k), "BBB", "drill") for k in range(4)), target="AAA"
    )
    lists = mentions(
        *(("one", 5 * k, "AAA", "deeds") for k in range(4)),
        *(("one", 5 * k, "AAA", "words") for k in range(4)),
        *(("one", 5 * k, "BBB", "provocations") for k in range(5)),
    )
    found, _ = part(rows, lists, events)
    first, second = found["by_side"]["AAA"], found["by_side"]["BBB"]
    assert first["deeds"]["recall"]["estimate"] == 0
    assert first["deeds"]["chapman"]["not_estimable"].startswith("Lists of 0 and 4 things share none")
    assert first["words"]["recall"]["estimate"] == 1
    assert second["provocations"]["n_held"] == 4
    assert second["words"]["not_estimable"].startswith("The lists hold 0 days with words of BBB")


def test_what_is_known_by_the_month_holds_one_day_of_it() -> None:
    month = act("m", "AAA", date(2020, 3, 1), "freeze", date_precision="month")
    lists = mentions(*(("one", (date(2020, 3, day) - START).days, "AAA", "deeds") for day in (9, 17, 25)))
    found, frames = part([month], lists)
    assert found["by_side"]["AAA"]["deeds"]["n_held"] == 1
    assert frames["recall_days"]["record_date"].drop_nulls().to_list() == [date(2020, 3, 1)]


def test_days_outside_what_both_searched_and_other_pairs_do_not_count() -> None:
    lists = mentions(
        *(("one", day, "AAA", "deeds") for day in (0, 10, 20, 400, 410)), ("one", 5, "CCC", "deeds")
    )
    late = [act(f"l{k}", "AAA", START + timedelta(days=400 + k), "freeze") for k in range(5)]
    found, _ = part([*DEEDS, *late], lists)
    assert found["by_side"]["AAA"]["deeds"]["n_listed"] == 3
    assert found["by_side"]["AAA"]["deeds"]["n_record"] == 12
    assert found["end"] == START + timedelta(days=20)


def test_no_list_and_a_list_of_others_are_two_sentences() -> None:
    with pytest.raises(NotEstimable, match="No second list of acts of AAA and BBB was made"):
        part(DEEDS, None)
    with pytest.raises(NotEstimable, match="hold no act between AAA and BBB of the days that were searched"):
        part(DEEDS, mentions(("one", 5, "CCC", "deeds")))


def test_too_few_days_on_the_lists_give_a_statement_and_a_row() -> None:
    found, frames = part(DEEDS, mentions(("one", 0, "AAA", "deeds"), ("one", 10, "AAA", "deeds")))
    sentence = found["by_side"]["AAA"]["deeds"]["not_estimable"]
    assert sentence.startswith("The lists hold 2 days with deeds of AAA; at least 3")
    assert frames["recall"]["note"][0] == sentence
    assert params_of().escalation.recall.min_days == 3
