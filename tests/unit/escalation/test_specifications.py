"""Headline numbers in every way to count: the number of ways, the range, and what each choice does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from invented_acts import act, acts_of, events_of, record_of, replies_of, single
from retorsion.errors import NotEstimable
from retorsion.escalation.record import spans_searched
from retorsion.escalation.specifications import specifications_part

JANUARY = date(2020, 1, 6)


@pytest.fixture(scope="module")
def found() -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """A acts in packages of three; B once each time, and drills; A speaks every year; one page in two is official."""
    rows, links, drills = [], [], []
    for k in range(12):
        day = JANUARY + timedelta(days=50 * k)
        kinds = "agency" if k % 2 else "agency;official"
        rows += [
            act(f"a{k}{step}", "AAA", day, "freeze", package_id=f"a{k}0", source_types=kinds)
            for step in range(3)
        ]
        rows.append(act(f"b{k}", "BBB", day + timedelta(days=2), "ban", source_types=kinds))
        links.append((f"b{k}", f"a{k}0", "act"))
        drills.append((f"drill{k}", day + timedelta(days=9), "BBB", "drill"))
    rows += [act(f"year{k}", "AAA", date(2020 + k, 5, 1), "yearly_speech") for k in range(2)]
    return specifications_part(record_of(acts_of(rows), replies_of(*links), events=events_of(*drills)))


def test_every_combination_is_a_row(found: Any) -> None:
    part, frames = found
    share = part["quantities"]["share of first"]
    # units, scales, provocations, sources, yearly acts
    assert share["n"] == 3 * 2 * 2 * 2 * 2
    rows = frames["specifications"].filter(pl.col("quantity") == "share of first")
    assert len(rows) == share["n"]
    assert rows["estimate"].min() == pytest.approx(share["lowest"], rel=1e-2)
    assert share["widest_lower"] <= share["lowest"] <= share["main"]["estimate"] <= share["highest"]


def test_each_choice_moves_the_share_as_it_must(found: Any) -> None:
    by_choice = found[0]["quantities"]["share of first"]["by_choice"]
    # A freezes 36 times at 8 and speaks twice at 2; B bans 12 times at 8 and drills 12 times at 7.2
    assert by_choice["unit"]["act"]["estimate"] == pytest.approx(288 / 384)
    assert by_choice["unit"]["package"]["estimate"] == pytest.approx(96 / 192)
    assert by_choice["provocations"]["in"]["estimate"] == pytest.approx(288 / (384 + 12 * 7.2))
    assert by_choice["yearly"]["in"]["estimate"] == pytest.approx(292 / 388)
    assert by_choice["sources"]["official"]["estimate"] == pytest.approx(144 / 192)
    assert by_choice["scale"]["intensity_equal"]["estimate"] == pytest.approx(36 / 48)


def test_answers_hang_on_what_is_counted_as_one(found: Any) -> None:
    by_choice = found[0]["quantities"]["answered deeds of AAA"]["by_choice"]
    assert by_choice["unit"]["act"]["estimate"] == pytest.approx(12 / 36)
    assert by_choice["unit"]["package"]["estimate"] == 1.0
    assert by_choice["sources"]["official"]["estimate"] == pytest.approx(6 / 18)
    assert (
        "too few acts"
        in found[0]["quantities"]["answered acts of BBB"]["by_choice"]["denominator"]["without answers"][
            "not_estimable"
        ]
    )


def test_too_few_acts_for_one_number_leave_the_others(found: Any) -> None:
    part, _ = specifications_part(
        record_of(acts_of([act("a", "AAA", JANUARY), act("b", "BBB", JANUARY, "ban")]))
    )
    assert part["quantities"]["share of first"]["main"]["estimate"] == pytest.approx(0.2)
    excited = part["quantities"]["all of BBB set off words of AAA"]
    assert "at least 10 on 8 days are needed" in excited["not_estimable"]
    with pytest.raises(NotEstimable, match="No hostile act is recorded"):
        specifications_part(record_of(acts_of([])))
    with pytest.raises(NotEstimable, match="BBB has no hostile act"):
        specifications_part(record_of(single(), events=events_of()))


def searched(*rows: tuple[str, str, date, date]) -> pl.DataFrame:
    other = {"AAA": "BBB", "BBB": "AAA"}
    return pl.DataFrame(
        [(side, other[side], kind, start, end) for side, kind, start, end in rows],
        schema=["side_code", "target_code", "kind_type", "start_date", "end_date"],
        orient="row",
    ).with_columns(pl.lit(None, dtype=pl.Float64).alias("completeness_pct"))


def test_a_span_counts_where_words_and_deeds_of_both_sides_were_searched() -> None:
    first, last, gap = date(2020, 1, 1), date(2020, 12, 31), date(2020, 6, 30)
    rows = [(side, kind, first, last) for side in ("AAA", "BBB") for kind in ("deeds", "words")]
    assert spans_searched(searched(*rows), ("AAA", "BBB")) == [(first, last)]
    rows[-1] = ("BBB", "words", first, gap)
    assert spans_searched(searched(*rows), ("AAA", "BBB")) == [(first, gap)]
    rows.append(("BBB", "words", gap + timedelta(days=1), last))
    assert spans_searched(searched(*rows), ("AAA", "BBB")) == [(first, last)]
    assert spans_searched(searched(*rows[:1]), ("AAA", "BBB")) == []
    assert spans_searched(searched(*rows), ("AAA", "CCC")) == []
    unsearched = searched(*rows).with_columns(pl.lit(0.0).alias("completeness_pct"))
    assert spans_searched(unsearched, ("AAA", "BBB")) == []
