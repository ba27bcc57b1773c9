"""Periods of published figures are read, and nothing else is taken for one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.checks.periods import Period, parse_period
from retorsion.errors import SourceError


@pytest.mark.parametrize(
    ("text", "start", "n_months"),
    [
        ("2023", date(2023, 1, 1), 12),
        ("FY2023", date(2023, 4, 1), 12),
        ("2023H1", date(2023, 1, 1), 6),
        ("2023H2", date(2023, 7, 1), 6),
        ("2021Q1", date(2021, 1, 1), 3),
        ("2021Q4", date(2021, 10, 1), 3),
        ("2023-12", date(2023, 12, 1), 1),
        ("2023-04/2023-09", date(2023, 4, 1), 6),
        ("2022-12/2023-01", date(2022, 12, 1), 2),
        ("2023-04/2023-04", date(2023, 4, 1), 1),
    ],
)
def test_periods_are_read(text: str, start: date, n_months: int) -> None:
    assert parse_period(text, fiscal_year_start_month=4) == Period(start, n_months)


@pytest.mark.parametrize(
    "text",
    [
        "2023-13",
        "2023-00",
        "2023H3",
        "2023Q5",
        "2023-09/2023-04",
        "FY23",
        "2023 ",
        "23",
        "2023-1",
        "",
        "2023-04/",
    ],
)
def test_an_impossible_period_names_the_row(text: str) -> None:
    with pytest.raises(SourceError, match=r"row 17, column 'period'.*is not a period.*Write 2023, FY2023"):
        parse_period(text, fiscal_year_start_month=4, row=17)


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(0, 60))
def test_a_range_has_as_many_months_as_it_spans(year: int, month: int, more: int) -> None:
    last = year * 12 + month - 1 + more
    text = f"{year}-{month:02d}/{last // 12}-{last % 12 + 1:02d}"
    period = parse_period(text, fiscal_year_start_month=1)
    assert period == Period(date(year, month, 1), more + 1)
    assert (period.end - timedelta(days=1)).strftime("%Y-%m") == text.split("/")[1]
    assert period.year_before().n_months == period.n_months
    assert period.year_before().end.replace(year=period.end.year) == period.end
    assert period.n_months_shared(period) == more + 1


@given(st.text(max_size=20))
def test_any_other_text_is_an_error_of_the_source(text: str) -> None:
    try:
        period = parse_period(text, fiscal_year_start_month=4)
    except SourceError:
        return
    assert period.n_months >= 1
    assert period.start.day == 1


@given(st.integers(2000, 2100), st.integers(1, 12))
def test_quarters_and_halves_make_up_the_year(year: int, fiscal_start: int) -> None:
    for parts in (["Q1", "Q2", "Q3", "Q4"], ["H1", "H2"]):
        periods = [parse_period(f"{year}{part}", fiscal_year_start_month=fiscal_start) for part in parts]
        assert sum(period.n_months for period in periods) == 12
        assert all(a.end == b.start for a, b in pairwise(periods))
    fiscal = parse_period(f"FY{year}", fiscal_year_start_month=fiscal_start)
    assert fiscal == Period(date(year, fiscal_start, 1), 12)
