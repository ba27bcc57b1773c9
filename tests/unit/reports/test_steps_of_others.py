"""What the page says of the steps of others, and of what the record misses."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from invented_acts import START, act, acts_of, case_of, events_of, findings_of
from retorsion.errors import NotEstimable
from retorsion.reports.steps_of_others import (
    first_steps,
    near_steps,
    order_of_steps,
    recall_of,
    recall_sentence,
    recall_table,
)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    steps = [date(2020, 2, 3) + timedelta(days=75 * k) for k in range(8)]
    events = events_of(
        *((f"g{k}", day, "G7", "group_step") for k, day in enumerate(steps)),
        *((f"u{k}", day + timedelta(days=1), "USA", "group_step") for k, day in enumerate(steps)),
    )
    rows = [act(f"a{k}", "AAA", day + timedelta(days=2), "freeze") for k, day in enumerate(steps)]
    rows += [act(f"b{k}", "BBB", date(2020, 1, 20) + timedelta(days=37 * k), "ban") for k in range(18)]
    base = {"event_types": ["group_step"], "target_code": "RUS"}
    asked = {
        "calendars": {"the G7": base | {"actor_codes": ["G7"]}, "the group": base | {"actor_codes": ["USA"]}},
        "recall": {"source": "lists", "start": "2020-01-01", "end": "2021-12-31"},
    }
    days = [day + timedelta(days=2) for day in steps]
    mentions = pl.DataFrame(
        {"list_id": "one", "query": "query", "act_date": days[:5], "actor_code": "AAA", "target_code": "BBB",
         "kind_type": "deeds", "description": "what", "source_url": "https://a.example/b"}
    )  # fmt: skip
    return findings_of(acts_of(rows), case=case_of(asked), events=events, mentions=mentions)[0]


def test_every_comparison_has_a_row(found: dict[str, Any]) -> None:
    shown = str(near_steps(found))
    assert shown.count("8 of 8") == 2  # AAA near the steps of either calendar
    assert "Windows and blocks with p below 0.05" in shown
    assert "words" not in shown.partition("<tbody")[2]  # nobody has enough words to be compared


def test_the_first_of_each_round_is_named(found: dict[str, Any]) -> None:
    said = str(order_of_steps(found))
    assert "Of 8 days with deeds of AAA from 1 January 2020 to 31 December 2021, 8 have a step near." in said
    html = first_steps(found).html.partition("<tbody")[2]
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    ]
    assert rows[:3] == [
        ["AAA", "the G7", "8", "8", "2 days later (2 to 2)", "8", "0"],
        ["AAA", "AAA", "0", "0", *3 * ['<i class="missing"></i>']],
        ["AAA", "the group", "0", "0", "1 day later (1 to 1)", "8", "0"],
    ]


def test_recall_stands_beside_rates_and_says_nothing_where_not_measured(found: dict[str, Any]) -> None:
    share = recall_of(found["recall"], "AAA", "deeds")
    assert share is not None
    assert (share["estimate"], share["n"]) == (1, 5)
    assert recall_of(found["recall"], "BBB", "words") is None
    assert "5 of 5" in str(recall_table(found))
    assert "upper bounds" in str(recall_sentence(found))


def test_without_calendar_or_list_the_page_passes_the_sentence_on() -> None:
    rows = [act(f"a{k}", "AAA", START + timedelta(days=9 * k), "freeze") for k in range(20)]
    nothing, _ = findings_of(acts_of(rows))
    without = nothing | {"coordination": {"not_estimable": "No calendar."}}
    with pytest.raises(NotEstimable, match="No calendar"):
        near_steps(without)
    with pytest.raises(NotEstimable, match="No calendar"):
        order_of_steps(without)
    with pytest.raises(NotEstimable, match="No calendar"):
        first_steps(without)
    with pytest.raises(NotEstimable, match="No second list"):
        recall_table(nothing)
    with pytest.raises(NotEstimable, match="No second list"):
        recall_sentence(nothing)
    assert recall_of(nothing["recall"], "AAA", "deeds") is None
