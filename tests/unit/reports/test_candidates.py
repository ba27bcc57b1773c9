"""The page of candidates as a file: alone, the same every time, and of a page's words only data."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from news_desk import KNOWN, LOOKED, TYPES, candidate
from retorsion.news.candidate import Candidate
from retorsion.news.matching import matched
from retorsion.news.rows import COLUMNS, PROPOSED, rows
from retorsion.reports.candidates import AROUND, candidates_page
from retorsion.reports.page import check_page, read_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u200b"


def page(text: str, *candidates: Candidate) -> str:
    matches = matched(candidates, KNOWN, TYPES)
    return candidates_page(
        rows(matches, LOOKED), {"a.txt": text}, known=KNOWN, act_types=TYPES, pairs=[("FRA", "BEL")]
    )


def data(html: str) -> Any:
    return json.loads(re.search(r'id="desk-data">(.*?)</script>', html, re.DOTALL)[1])  # type: ignore[index]


def span(text: str, words: str, **fields: Any) -> Candidate:
    start = text.index(words)
    return candidate(evidence=words, start=start, end=start + len(words), **fields)


def test_hostile_words_are_data_alone() -> None:
    html = page(HOSTILE, span(HOSTILE, HOSTILE, url=f"https://example.org/{HOSTILE}"))
    check_page(html, name="candidates.html")
    reader = read_page(html)
    assert len(reader.scripts) == 1
    assert not {"\u202e", "\u200b"} & set(html)
    assert "<img" not in html
    row = dict(zip(COLUMNS, data(html)["rows"][0], strict=True))
    assert row["evidence"] == HOSTILE


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("One.\n\nTwo X three.\n\nFour.", "Two ", " three."),
        ("X three", "", " three"),
        ("One\ntwo X", "One\ntwo ", ""),
        ("a" * 9999 + "X" + "b" * 9999, "a" * AROUND, "b" * AROUND),
    ],
)
def test_evidence_stands_in_its_paragraph(text: str, before: str, after: str) -> None:
    shown = data(page(text, span(text, "X")))["shown"][0]
    assert (shown["before"], shown["after"]) == (before, after)


def test_rows_of_the_ledger_stand_beside_with_what_is_known_of_them() -> None:
    found = data(page("X", span("X", "X", date=date(2020, 2, 3))))
    assert found["shown"][0]["beside"] == ["fra-2020-02-01-ban", "fra-2020-02-05-ban"]
    assert found["acts"]["fra-2020-02-01-ban"] == {
        "day": "2020-02-01",
        "actor": "France",
        "type": "import ban",
        "summary": "France bars Belgian waffles.",
        "url": "https://example.org/a",
    }
    july = data(page("X", span("X", "X", date=date(2020, 7, 3))))
    assert july["acts"]["fra-2020-07-ban"]["day"] == "2020-07"


def test_every_cell_that_is_proposed_has_a_control_with_its_meaning() -> None:
    html = page("X", span("X", "X"))
    for name in PROPOSED:
        assert html.count(f'name="{name}"') == 1, name
        assert re.search(rf'<small id="d-{name}">[^<]{{4,}}</small>', html), name
    assert (
        html.index('label="Sides of the cases"')
        < html.index('value="BEL"')
        < html.index('label="Other states"')
    )


def test_it_is_the_same_every_time_and_says_when_there_is_nothing() -> None:
    one = span("X", "X")
    assert page("X", one) == page("X", one)
    empty = page("X")
    check_page(empty, name="candidates.html")
    assert data(empty)["rows"] == []
