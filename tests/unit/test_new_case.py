"""A case out of what the tables hold: the spans in which its acts were looked for."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from retorsion.new_case import searched_spans

ALL = [(side, kind) for side in ("FRA", "BEL") for kind in ("deeds", "words")]


def searched(*rows: tuple[str, str, date, date]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"side_code": pl.String, "kind_type": pl.String, "start_date": pl.Date, "end_date": pl.Date},
        orient="row",
    )


def test_spans_are_those_in_which_all_was_searched() -> None:
    spans = [(date(2014, 1, 1), date(2014, 12, 31)), (date(2021, 7, 1), date(2026, 2, 28))]
    rows = [(side, kind, *span) for side, kind in ALL for span in spans]
    late = [("FRA", "deeds", date(2015, 1, 1), date(2020, 12, 31))]
    assert searched_spans(searched(*rows, *late), ("FRA", "BEL")) == spans


def test_spans_that_meet_are_one_and_the_shortest_search_bounds_them() -> None:
    rows = [(side, kind, date(2020, 1, 1), date(2020, 6, 30)) for side, kind in ALL]
    rows += [(side, kind, date(2020, 7, 1), date(2020, 12, 31)) for side, kind in ALL[:3]]
    rows += [(*ALL[3], date(2020, 7, 1), date(2020, 9, 30))]
    assert searched_spans(searched(*rows), ("FRA", "BEL")) == [(date(2020, 1, 1), date(2020, 9, 30))]


@pytest.mark.parametrize("number", range(4))
def test_without_one_side_or_kind_there_is_no_span(number: int) -> None:
    rows = [(*one, date(2020, 1, 1), date(2020, 6, 30)) for one in ALL if one != ALL[number]]
    assert searched_spans(searched(*rows), ("FRA", "BEL")) == []
