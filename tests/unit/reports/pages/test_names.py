"""Listed persons and bodies: one place for each name, with the act that listed it and what that act answered."""

from __future__ import annotations

from datetime import date

import polars as pl
from retorsion.reports.page import Site, check_page
from retorsion.reports.pages.names import (
    Listed,
    letter_page,
    listed_names,
    names_page,
    rounds_of,
    whose_lists,
)
from retorsion.reports.spelling import folded
from retorsion.tables.fields import tables

SITE = Site("Project", "What it is.", ())
BASE = dict.fromkeys(tables()["sanctions"].columns) | {
    "act_id": "ban-2",
    "sender_code": "FRA",
    "instrument_type": "asset_freeze",
    "subject_type": "individual",
    "announced_date": date(2022, 3, 1),
    "date_precision": "day",
    "source_id": "list",
    "source_urls": "https://example.org/a",
}


def sanctions(*rows: dict[str, object]) -> pl.DataFrame:
    given = [BASE | {"sanction_id": f"s{number}"} | row for number, row in enumerate(rows)]
    return pl.DataFrame(given, schema=tables()["sanctions"].schema)


SANCTIONS = sanctions(
    {"subject_name": "Sergey <b> Shoygu", "list_number": "1"},
    {"subject_name": "Alpha Bank", "subject_type": "bank"},
    {"subject_name": "José ÁLVAREZ", "list_number": "7"},
    {
        "subject_name": "Jose Alvarez",
        "announced_date": date(2023, 1, 1),
        "list_number": "9",
        "act_id": "ban-3",
    },
    {"subject_name": "Sergei Shoigu", "subject_type": "entity"},
    {"subject_name": "岩崎茂"},
    {"subject_name": None, "n_subjects": 3},
)
ACTS = pl.DataFrame(
    {"act_id": ["ban-2", "ban-3", "visa-2"], "package_id": ["ban-2", "ban-3", "ban-2"]},
)
REPLIES = pl.DataFrame(
    {
        "reply_act_id": ["visa-2", "note-4", "note-5", "note-6"],
        "act_id": ["raid-1", "ban-2", "ban-2", "ban-2"],
        "answers_type": ["act", "act", "sanctions_in_general", "sanctions_in_general"],
        "lag_days": [1, 2, 3, None],
    }
)
LINES = {each: f"A line on {each}" for each in ("raid-1", "ban-2", "visa-2", "note-4")}
PLACES = {"ban-2": "x/acts.html#ban-2", "raid-1": "x/acts.html#raid-1"}


def test_a_name_is_listed_once_and_sorted_by_the_last_word_of_a_person() -> None:
    found = listed_names(SANCTIONS)
    assert [(one.name, one.kind, one.place) for one in found] == [
        ("Alpha Bank", "bank", "names/a.html#alpha-bank"),
        ("José ÁLVAREZ", "person", "names/a.html#jose-alvarez"),
        ("Sergei Shoigu", "body", "names/s.html#sergei-shoigu"),
        ("Sergey <b> Shoygu", "person", "names/s.html#sergey-b-shoygu"),
        ("岩崎茂", "person", "names/other.html#name"),
    ]
    assert len(next(one for one in found if one.anchor == "jose-alvarez").listings) == 2


def test_names_that_would_share_an_anchor_do_not() -> None:
    found = listed_names(
        sanctions(
            {"subject_name": "A. B."}, {"subject_name": "A-B"}, {"subject_name": "安"}, {"subject_name": "倍"}
        )
    )
    assert len({one.place for one in found}) == 4


def test_an_act_answers_what_was_answered_by_all_that_was_decided_at_once() -> None:
    one = rounds_of(SANCTIONS, ACTS, REPLIES, lines=LINES, places=PLACES)["ban-2"]
    assert one.act == ("A line on ban-2", "x/acts.html#ban-2")
    assert (one.n_names, one.n_unnamed) == (5, 3)
    assert one.decided_with == [("A line on visa-2", None)]
    assert one.answered == [("A line on raid-1", "x/acts.html#raid-1")]
    assert one.replies == [("A line on note-4", None)]
    assert one.n_general == 2


def page_of(letter: str) -> str:
    names = listed_names(SANCTIONS)
    alike: dict[str, list[Listed]] = {}
    for each in names:
        alike.setdefault(folded(each.name), []).append(each)
    address = f"names/{letter}.html"
    own = [each for each in names if each.place.startswith(f"{address}#")]
    found = rounds_of(SANCTIONS, ACTS, REPLIES, lines=LINES, places=PLACES)
    return letter_page(SITE, address, own, found, {"list": "A list"}, alike=alike)


def test_the_page_of_a_letter_leads_from_a_name_to_the_act_and_to_what_it_answered() -> None:
    html = page_of("a")
    check_page(html, name="names/a.html")
    entry = html.split('id="jose-alvarez"')[1].split("</section>")[0]
    assert "listed 2 times" in entry
    assert '<a href="../x/acts.html#ban-2">A line on ban-2</a>' in entry
    assert '<a href="../tables/sanctions.html#?act_id=ban-2">5 in all</a>' in entry
    assert '<a href="../x/acts.html#raid-1">A line on raid-1</a>' in entry
    assert "2 replies to sanctions in general" in entry
    assert "7 of <a" in entry
    assert "Jose Alvarez, 9 of" in entry, "the other spelling"
    assert "No source in the record says what it answered." in entry, "of ban-3"
    assert '<a href="https://example.org/a">example.org</a>' in entry


def test_markup_in_a_name_is_text_and_other_spellings_are_named() -> None:
    html = page_of("s")
    check_page(html, name="names/s.html")
    assert "Sergey &lt;b&gt; Shoygu" in html
    plain = letter_page(
        SITE,
        "names/s.html",
        [one := Listed("Sergey Shoygu", "person", "names/s.html#a", [])],
        {},
        {},
        alike={
            folded("Shoigu Sergei"): [],
            folded("Sergey Shoygu"): [one, Listed("Sergei Shoigu", "person", "names/s.html#b", [])],
        },
    )
    assert '<a href="../names/s.html#b">Sergei Shoigu</a>' in plain


def test_the_overview_has_every_letter_and_every_act_once() -> None:
    found = rounds_of(SANCTIONS, ACTS, REPLIES, lines=LINES, places=PLACES)
    html = names_page(SITE, listed_names(SANCTIONS), found)
    check_page(html, name="names.html")
    assert html.count('href="names/a.html"') == 1
    assert html.index('href="names/s.html"') < html.index('href="names/other.html"'), "other names come last"
    assert html.count('href="tables/sanctions.html#?act_id=ban-2"') == 1
    assert "No list in this record names a person or a body." in names_page(SITE, [], {})


def test_the_overview_says_whose_lists_have_names_and_whose_have_none() -> None:
    given = sanctions({"subject_name": "A"}, {"subject_name": None, "sender_code": "DEU", "n_subjects": 2})
    assert whose_lists(given) == ("France (asset freeze)", "Germany")
    html = names_page(SITE, listed_names(given), {}, lists=whose_lists(given))
    assert "1 person or body is recorded by name, from the lists of France (asset freeze)." in html
    assert "Acts of Germany that list persons or bodies are recorded with counts" in html
