"""Candidates beside the ledgers: doubles, answers, groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from news_desk import BAN, KNOWN, TYPES, candidate
from retorsion.news.matching import GROUP, groups, known_acts, matched


def match(**fields: object):  # type: ignore[no-untyped-def]
    (one,) = matched([candidate(**fields)], KNOWN, TYPES)
    return one


def test_the_same_kind_within_three_days_is_a_double_nearest_first() -> None:
    assert match(date=date(2020, 2, 3)).doubles == ("fra-2020-02-01-ban", "fra-2020-02-05-ban")
    assert match(date=date(2020, 2, 4)).doubles == ("fra-2020-02-05-ban", "fra-2020-02-01-ban")
    assert match(date=date(2020, 2, 9)).doubles == ()


def test_the_day_an_act_was_done_counts_beside_the_day_it_was_announced() -> None:
    assert match(actor_code="BEL", target_code="FRA", act_type="protest", date=date(2020, 3, 1)).doubles == (
        "bel-2020-03-06-protest",
    )


def test_near_types_are_doubles_after_the_same_type() -> None:
    found = match(act_type="export_ban_goods", date=date(2020, 2, 4))
    assert found.doubles == ("fra-2020-02-05-ban", "fra-2020-02-01-ban")
    assert match(act_type="summons", actor_code="BEL", target_code="FRA", date=date(2020, 3, 6)).doubles == (
        "bel-2020-03-06-protest",
    )


def test_another_kind_stands_beside_and_is_no_double() -> None:
    found = match(act_type="expulsion", actor_code="BEL", target_code="FRA", date=date(2020, 3, 6))
    assert (found.doubles, found.beside) == ((), ("bel-2020-03-06-protest",))


@pytest.mark.parametrize("other", [{"actor_code": "NLD"}, {"target_code": "NLD"}, {"date": None}])
def test_another_side_or_no_day_is_no_double(other: dict[str, object]) -> None:
    assert match(**{"date": date(2020, 2, 1)} | other).doubles == ()


def test_the_addressee_of_an_act_and_each_of_several_targets_count() -> None:
    both = BAN | {"act_id": "fra-2020-05-01-ban", "target_codes": "NLD;LUX", "addressee_code": "BEL"}
    acts = pl.DataFrame(
        [both | {"announced_date": date(2020, 5, 1)}], schema_overrides={"done_date": pl.Date}
    )
    for target in ("NLD", "LUX", "BEL"):
        one = candidate(target_code=target, date=date(2020, 5, 1))
        assert matched([one], known_acts(acts), TYPES)[0].doubles == ("fra-2020-05-01-ban",)


def test_an_act_of_which_only_the_month_is_known_may_be_doubled_in_all_of_it() -> None:
    assert match(date=date(2020, 7, 29)).doubles == ("fra-2020-07-ban",)
    assert match(date=date(2020, 8, 1)).doubles == ()
    assert match(date=date(2020, 2, 15), date_basis="month").doubles == (
        "fra-2020-02-01-ban",
        "fra-2020-02-05-ban",
    )


def test_what_was_read_from_the_same_page_is_a_double_whatever_its_day_and_type() -> None:
    pages = pl.DataFrame({"record_id": [BAN["act_id"]], "sha256": ["a" * 64]})
    known = known_acts(pl.DataFrame([BAN], schema_overrides={"done_date": pl.Date}), pages)
    for fields in ({"date": None}, {"date": date(2021, 1, 4)}, {"act_type": "expulsion"}):
        assert matched([candidate(**fields)], known, TYPES)[0].doubles == (BAN["act_id"],)
        assert matched([candidate(page_sha256="b" * 64, **fields)], known, TYPES)[0].doubles == ()


def test_a_total_doubles_no_act() -> None:
    assert match(kind="total", date=date(2020, 2, 1)).doubles == ()


@pytest.mark.parametrize(
    ("words", "day", "answered"),
    [
        ("in response to the import bans", date(2020, 2, 20), "fra-2020-02-05-ban"),
        ("in response to the import bans", date(2020, 2, 5), "fra-2020-02-05-ban"),  # on the day itself
        ("in response to the import bans", date(2020, 2, 4), "fra-2020-02-01-ban"),
        ("over the import ban", date(2020, 1, 31), ""),  # none before
        ("over the import ban", date(2020, 4, 25), "fra-2020-02-05-ban"),  # named, so looked for longer
        ("over the import ban", date(2022, 1, 1), ""),  # too long ago
        ("over waffles", date(2020, 4, 25), "fra-2020-02-05-ban"),  # named by its summary
        ("in response", date(2020, 2, 20), "fra-2020-02-05-ban"),  # names nothing: the latest of late
        ("in response", date(2020, 4, 25), ""),
        ("", date(2020, 2, 20), ""),
    ],
)  # fmt: skip
def test_a_reply_answers_the_act_that_its_words_fit_best(words: str, day: date, answered: str) -> None:
    found = match(actor_code="BEL", target_code="FRA", act_type="summons", date=day, reply_words=words)
    assert found.reply_to == answered


def test_an_act_of_the_same_pages_may_be_the_one_that_is_answered() -> None:
    ban = candidate(date=date(2021, 1, 4))
    answer = candidate(actor_code="BEL", target_code="FRA", act_type="summons", date=date(2021, 1, 5))
    answer = replace(answer, reply_words="over the ban on imports of waffles")
    found = matched([answer, ban, replace(ban, kind="total"), replace(ban, date=None)], KNOWN, TYPES)
    assert found[0].reply_to == f"{GROUP}{found[1].group}"
    assert {match.reply_to for match in found[1:]} == {""}


def test_words_that_fit_outweigh_some_days() -> None:
    later = replace(
        KNOWN[-1], act_id="fra-2020-02-09-drill", act_type="military_activity", days=(date(2020, 2, 9),)
    )
    later = replace(later, summary="France holds a drill.")
    one = candidate(actor_code="BEL", target_code="FRA", act_type="summons", date=date(2020, 2, 10))
    for words, answered in (("over the import ban", "fra-2020-02-05-ban"), ("over the drill", later.act_id)):
        (match,) = matched([replace(one, reply_words=words)], [*KNOWN, later], TYPES)
        assert match.reply_to == answered


def test_candidates_of_several_pages_a_day_apart_are_one_group() -> None:
    one = candidate(date=date(2021, 1, 1))
    pages = [
        one,
        replace(one, page="b.txt", date=date(2021, 1, 2)),
        replace(one, page="c.txt", date=date(2021, 1, 3)),  # two days from the first
        replace(one, page="d.txt", date=date(2020, 12, 31), act_type="summons"),
        replace(one, page="e.txt", date=None),
        replace(one, page="f.txt", date=None),
    ]
    numbers = groups(pages)
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 5
    backwards = groups(pages[::-1])[::-1]
    assert (backwards[0] == backwards[1], len(set(backwards))) == (True, 5)


def test_groups_do_not_depend_on_a_chain_of_days() -> None:
    pages = [candidate(date=date(2021, 1, day)) for day in (4, 3, 2, 1)]
    assert groups(pages) == [2, 2, 1, 1]
