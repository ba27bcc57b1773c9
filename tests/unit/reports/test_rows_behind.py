"""The rows of a file that hold a number of the findings."""

from __future__ import annotations

from typing import Any

import pytest
from retorsion.reports.rows_behind import RowFile, rows_behind

RATES = RowFile(
    "rates",
    "side,kind,rate,lower,n\nA,deeds,0.25,0.1,8\nA,words,0.25,0.12,8\nB,deeds,0.5,0.1,12\nB,words,,,0\n",
)


def found(key: str, value: object, record: dict[str, Any], steps: list[str]) -> tuple[str, list[int]] | None:
    one = rows_behind(key, value, record, steps, [RowFile("other", "n\n7\n"), RATES])
    return one and (one[0].name, one[1])


def test_a_number_is_found_under_another_name_by_what_stands_beside_it() -> None:
    record = {"estimate": 0.25, "lower": 0.12, "n": 8}
    assert found("estimate", 0.25, record, ["rates", "A"]) == ("rates", [1])


def test_the_way_to_the_record_tells_rows_of_the_same_numbers_apart() -> None:
    assert found("estimate", 0.25, {"estimate": 0.25, "n": 8}, ["deeds", "A"]) == ("rates", [0])


def test_a_count_is_a_row_s_only_in_its_own_column() -> None:
    assert found("n", 12, {"n": 12, "estimate": 0.5}, ["B"]) == ("rates", [2])
    assert found("k", 12, {"k": 12, "estimate": 0.5}, ["B"]) is None


@pytest.mark.parametrize("value", [0.3, None, "A word"])
def test_what_no_row_holds_has_none(value: object) -> None:
    assert found("estimate", value, {"estimate": value}, ["A"]) is None


def test_one_number_alone_may_be_there_by_chance() -> None:
    assert found("estimate", 0.5, {"estimate": 0.5}, []) is None


def test_rows_by_what_they_say() -> None:
    assert RATES.where({"side": "A"}) == [0, 1]
    assert RATES.where({"side": "B", "kind": "deeds"}) == [2]
    assert RATES.where({}) == [0, 1, 2, 3]


def test_more_rows_than_a_few_that_agree_alike_are_nobody_s() -> None:
    file = RowFile("same", "side,rate\n" + "A,0.5\n" * 4)
    assert rows_behind("rate", 0.5, {"rate": 0.5}, ["A"], [file]) is None
