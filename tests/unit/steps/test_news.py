"""Candidates at the command line: the table and the page of pages of news, set beside the ledgers."""

# ruff: noqa: E501 - one proposal a line

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from news_desk import LOOKED, candidate
from retorsion.errors import RetorsionError
from retorsion.news.candidate import Candidate
from retorsion.news.matching import known_acts, matched
from retorsion.news.reading import Reading, Refused
from retorsion.news.rows import COLUMNS, rejection_key, rows
from retorsion.project import parameters
from retorsion.steps import news
from retorsion.steps.ledgers import read_ledgers

TEXT = "Tokyo protested on Friday. " * 5


def protest(**fields: Any) -> Candidate:
    given = {"actor_code": "JPN", "target_code": "RUS", "act_type": "protest", "date": date(2015, 8, 23)}
    return candidate(**given | {"start": 0, "end": 26, "evidence": TEXT[:26]} | fields)


def proposed(*candidates: Candidate, **looked: Any) -> list[dict[str, str]]:
    ledgers = read_ledgers(parameters().sources, [])
    matches = matched(candidates, known_acts(ledgers.parts["acts"]), ledgers.act_types)
    return [row for _, row in rows(matches, replace(LOOKED, **looked))]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, bytes]]:
    """A reader that finds a protest on every page but those named ``bad``; what it was given."""
    given: list[Mapping[str, bytes]] = []

    def read_pages(files: Mapping[str, bytes], **_: object) -> Reading:
        given.append(files)
        good = [name for name in files if not name.startswith("bad")]
        bad = tuple(Refused(name, "It has no text.") for name in files if name.startswith("bad"))
        return Reading(tuple(protest(page=name) for name in good), bad, dict.fromkeys(good, TEXT))

    monkeypatch.setattr(news, "read_pages", read_pages)
    monkeypatch.setattr(news, "load_parser", lambda: None)
    return given


def test_a_folder_of_pages_gives_a_table_and_a_page(
    read: list[Mapping[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "pages"
    (pages / "more").mkdir(parents=True)
    for name in ("b.txt", "more/a.HTML", "bad.txt", "notes.csv"):
        (pages / name).write_bytes(b"x")
    news.run(pages, tmp_path / "out", None, None)
    assert list(read[0]) == ["b.txt", "bad.txt", "more/a.HTML"]
    said = capsys.readouterr()
    assert "not read: bad.txt: It has no text." in said.err
    assert "2 pages read, 1 not; 2 candidates in " in said.out
    assert "Not in hosts.csv, which accepted rows need: example.org" in said.err
    with (tmp_path / "out" / "candidates.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["page"] for row in found] == ["b.txt", "more/a.HTML"]
    assert found[0]["doubles"].startswith("jpn-2015-08-22-protest-medvedev-visit")
    assert found[0]["act_id"] == found[1]["act_id"]  # one act told by two pages
    html = (tmp_path / "out" / "candidates.html").read_text(encoding="utf-8")
    assert "Candidate acts" in html
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    news.run(pages, tmp_path / "out", None, None)
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_a_table_beside_pages_states_their_addresses_and_days(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}

    def read_pages(files: Mapping[str, bytes], **stated: Any) -> Reading:
        given.update(stated)
        return Reading((), (), {})

    monkeypatch.setattr(news, "read_pages", read_pages)
    monkeypatch.setattr(news, "load_parser", lambda: None)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"x")
    table = tmp_path / "pages.csv"
    table.write_text(
        "page,url,page_date\na.txt,https://example.org/a,2020-01-02\nb.txt,,\n", encoding="utf-8"
    )
    news.run(tmp_path, tmp_path / "out", None, None)
    assert given["urls"] == {"a.txt": "https://example.org/a"}
    assert given["dates"] == {"a.txt": date(2020, 1, 2)}
    table.write_text("page,url,page_date\nc.txt,,2020-01-32\n", encoding="utf-8")
    with pytest.raises(
        RetorsionError, match=r"pages.csv, row 2, column 'page', value 'c.txt': is not there.*Also"
    ):
        news.run(tmp_path, tmp_path / "out", None, None)


@pytest.mark.usefixtures("read")
def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(RetorsionError, match="is not there"):
        news.run(tmp_path / "none", tmp_path, None, None)
    with pytest.raises(RetorsionError, match="holds no page"):
        news.run(tmp_path, tmp_path, None, None)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(RetorsionError, match="--url and --date are for a single one"):
        news.run(tmp_path, tmp_path, "https://example.org/a", None)
    with pytest.raises(RetorsionError, match="is not a day"):
        news.run(tmp_path / "a.txt", tmp_path, None, "3 May")


@pytest.mark.parametrize(
    ("fields", "cells"),
    [
        ({}, {"announced_date": "2015-08-23", "announced_basis": "text", "done_date": "2015-08-23", "done_basis": "text"}),
        ({"url": "https://www.gov.example/a"}, {"announced_basis": "official", "done_basis": "official"}),
        ({"date_basis": "page_date"}, {"announced_date": "2015-08-23", "announced_basis": "article_day", "done_date": "", "done_basis": ""}),
        ({"date_basis": "month"}, {"announced_date": "2015-08", "announced_basis": "month", "done_date": "", "act_id": "jpn-2015-08-protest"}),
        ({"date_basis": "year"}, {"announced_date": "", "announced_basis": "", "act_id": "jpn-day-protest"}),
        ({"date": None, "date_basis": "none"}, {"announced_date": "", "act_id": "jpn-day-protest"}),
        ({"kind": "total", "n_banks": 7}, {"total_type": "cumulative", "n_banks": "7", "done_date": "", "act_id": "jpn-2015-08-23-total"}),
        ({"act_type": "import_ban"}, {"flow_type": "import"}),
        ({"evidence": "two\nlines\x00 of it"}, {"evidence": "two lines of it"}),
        ({"evidence": "=HYPERLINK(1)"}, {"evidence": "'=HYPERLINK(1)"}),
        ({"url": ""}, {"confidence_type": "high", "url": ""}),
        ({"date_basis": "page_date"}, {"confidence_type": "medium"}),
    ],
)  # fmt: skip
def test_what_is_proposed(fields: dict[str, Any], cells: dict[str, str]) -> None:
    (row,) = proposed(protest(**fields))
    assert row | cells == row
    assert tuple(row) == COLUMNS
    assert row["decision"] == row["decided_by"] == row["is_new"] == row["summary"] == ""


def test_an_identifier_that_is_taken_gets_a_number() -> None:
    taken = frozenset({"jpn-2015-08-23-protest", "jpn-2015-08-23-protest-2"})
    two = [protest(), protest(phase_type="announcement")]
    assert sorted(row["act_id"] for row in proposed(*two, act_ids=taken)) == [
        "jpn-2015-08-23-protest-3",
        "jpn-2015-08-23-protest-4",
    ]


def test_an_answer_names_the_identifier_that_is_proposed_for_what_it_answers() -> None:
    answer = protest(actor_code="RUS", target_code="JPN", reply_words="over the protest on Friday")
    rows_ = proposed(answer, protest(), act_ids=frozenset({"jpn-2015-08-23-protest"}))
    assert {row["actor_code"]: row["reply_to"] for row in rows_} == {
        "RUS": "jpn-2015-08-23-protest-2",
        "JPN": "",
    }


def test_what_was_rejected_before_is_marked_and_last() -> None:
    one = protest(confidence=0.9)
    found = proposed(one, protest(confidence=0.1, start=3), rejected=frozenset({rejection_key(one)}))
    assert [(row["confidence"], row["was_rejected"]) for row in found] == [("0.10", ""), ("0.90", "true")]


def test_the_surest_come_first_and_a_group_stays_together() -> None:
    summons = protest(act_type="summons", confidence=0.6)
    found = proposed(protest(page="b.txt", confidence=0.2), summons, protest(confidence=0.8))
    assert [row["confidence"] for row in found] == ["0.80", "0.20", "0.60"]
