"""What is counted as right, wrong and missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from retorsion.errors import SourceError
from retorsion.news.candidate import Candidate
from retorsion.news.scoring import COLUMNS, read_coded, score

READ = Candidate(
    page="a.txt",
    page_sha256="",
    url="",
    page_date=date(2024, 5, 15),
    page_date_basis="header",
    kind="act",
    date=date(2024, 5, 14),
    date_basis="weekday",
    actor_code="CHL",
    target_code="PER",
    act_type="expulsion",
    phase_type="decision",
    n_individuals=4,
    n_banks=None,
    n_other_bodies=None,
    reply_words="",
    reply_to="",
    doubles="",
    start=0,
    end=1,
    evidence="C",
    trigger="expelled",
    frame="f",
    confidence=0.9,
)
HEAD = "\t".join(COLUMNS) + "\n"
ROW = "a\tact\t2024-05-14\t0\tCHL\tPER\texpulsion|envoy_recalled\t4\t\t\t1\tfour\n"


def test_a_candidate_is_right_where_actor_target_type_and_day_are() -> None:
    result = score([READ], read_coded(HEAD + ROW, "gold"), ["a.txt"])
    assert (result.precision(), result.recall(), result.counts_right, result.counted, result.lines) == (
        1,
        1,
        1,
        1,
        [],
    )


@pytest.mark.parametrize(
    ("other", "wrong", "missed"),
    [
        ({"date": date(2024, 5, 12)}, "day", "day"),
        ({"date": None}, "day", "day"),
        ({"actor_code": "BOL"}, "actor", "actor"),
        ({"target_code": "BOL"}, "target", "target"),
        ({"act_type": "protest"}, "type", "no frame"),
        ({"act_type": "protest", "actor_code": "BOL"}, "no such act", "no frame"),
    ],
)
def test_misses_say_what_is_wrong(other: dict[str, object], wrong: str, missed: str) -> None:
    result = score([replace(READ, **other)], read_coded(HEAD + ROW, "gold"), ["a.txt"])  # type: ignore[arg-type]
    assert (dict(result.wrong), dict(result.misses)) == ({wrong: 1}, {missed: 1})
    assert (result.precision(), result.recall(), len(result.lines)) == (0, 0, 2)
    assert (result.precision(with_days=False), result.recall(with_days=False)) == (
        (1, 1) if wrong == "day" else (0, 0)
    )


def test_what_need_not_be_found_is_right_if_found_and_no_miss_if_not() -> None:
    gold = read_coded(HEAD + ROW.replace("\t1\tfour", "\t0\tfour"), "gold")
    assert score([READ], gold, ["a"]).precision() == 1
    empty = score([], gold, ["a"])
    assert (empty.precision(), empty.recall(), empty.lines) == (None, None, [])
    assert "precision none" in empty.summary()


def test_only_the_pages_named_are_scored() -> None:
    result = score([READ], read_coded(HEAD + ROW + ROW.replace("a\t", "b\t", 1), "gold"), ["a.txt"])
    assert (result.required, result.found) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file\tkind\n", "no column date"),
        (HEAD + ROW.replace("2024-05-14", "May"), "row 2"),
        (HEAD + ROW.replace("\t4\t", "\tx\t"), "row 2"),
    ],
)
def test_a_slip_in_the_table_is_named(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_coded(text, "gold.tsv")
