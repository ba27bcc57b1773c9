"""Days that a text names."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.news.days import full_date, stated_days, weekday_before

PAGE = date(2024, 5, 15)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("18 March 2022", date(2022, 3, 18)),
        ("March 18th, 2022", date(2022, 3, 18)),
        ("Fri, 18 Mar. 2022 16:52", date(2022, 3, 18)),
        ("18.03.2022", date(2022, 3, 18)),
        ("2022/3/18", date(2022, 3, 18)),
        ("3/18/2022", date(2022, 3, 18)),
        ("04/03/2022", None),
        ("31 February 2022", None),
        ("Mar 14 2017 | 4:00 AM", date(2017, 3, 14)),
    ],
)
def test_a_date_with_a_year(text: str, day: date | None) -> None:
    assert full_date(text) == day


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("on Monday and on May 3", [(date(2024, 5, 13), "weekday"), (date(2024, 5, 3), "stated")]),
        ("on Wednesday", [(date(2024, 5, 15), "weekday")]),
        ("last Wednesday", [(date(2024, 5, 8), "weekday")]),
        ("on Thursday last week", [(date(2024, 5, 9), "weekday")]),
        ("in late March", [(date(2024, 3, 25), "month")]),
        ("last month", [(date(2024, 4, 15), "month")]),
        ("two weeks ago", [(date(2024, 5, 1), "days_after")]),
        ("they may ban it; the march of 10 men; it sat in the sun", []),
        ("in 2014", [(date(2014, 7, 1), "year")]),
        (
            "on Thursday, April 25, 2024, and on Monday",
            [(date(2024, 4, 25), "stated"), (date(2024, 5, 13), "weekday")],
        ),
        ("on 30 December", [(date(2023, 12, 30), "stated")]),
        ("the day before yesterday", [(date(2024, 5, 13), "stated")]),
    ],
)
def test_expressions_of_time(text: str, days: list[tuple[date, str]]) -> None:
    assert [(one.day, one.basis) for one in stated_days(text, PAGE)] == days


@pytest.mark.parametrize(
    "text",
    [
        "by June 3",
        "until Friday",
        "effective July 1",
        "from 1 June",
        "since Monday",
        "next Monday",
        "takes effect on June 1",
    ],
)
def test_when_something_ends_or_begins_is_not_when_it_was_done(text: str) -> None:
    assert [one.is_bound for one in stated_days(text, PAGE)] == [True]


def test_without_a_day_of_the_page_only_full_dates_are_days() -> None:
    assert [one.day for one in stated_days("on Monday, last week, in May, on 3 May 2020", None)] == [
        date(2020, 5, 3)
    ]


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.sampled_from(["Monday", "Tue", "Sunday"]))
def test_a_weekday_lies_within_the_week_before(page: date, name: str) -> None:
    assert 0 <= (page - weekday_before(page, name)).days < 7
    assert 1 <= (page - weekday_before(page, name, is_last=True)).days <= 7


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = stated_days(text, PAGE)
    assert all(one.end <= two.start for one, two in pairwise(found))
