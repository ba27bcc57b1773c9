"""Every page of every case is about its own pair: nothing of another case stands on it."""

from __future__ import annotations

import json
import re
from functools import cache

import polars as pl
import pytest
from markupsafe import Markup
from places import ROOT
from retorsion.project import case, parameters, scan
from retorsion.sources.states import aliases, state_name
from retorsion.tables.about_pair import events_about

pytestmark = pytest.mark.data

CASES = parameters().cases
#: Pages on which any state may be named: they list trading partners, or the sources of the whole project.
OF_ALL_STATES = (
    "01_sources_and_tables",
    "03_trade_impact",
    "04_diversion",
    "evidence_impact",
    "evidence_checks",
)


@cache
def pages(name: str) -> dict[str, str]:
    """Words of each page of a case without its navigation, its footer and what only machines read."""
    found = {}
    for path in sorted((ROOT / "reports" / name).glob("*.html")):
        html = path.read_text(encoding="utf-8")
        for part in ("nav", "header", "footer", "script", "style", "svg"):
            html = re.sub(rf"<{part}[\s>].*?</{part}>", " ", html, flags=re.DOTALL)
        words = " ".join(Markup(re.sub(r"<[^>]+>", " ", html)).unescape().split())
        # steps of a coalition are by other states, and stand on the page of acts as what may be behind its acts
        found[path.stem] = words.rpartition("Background events")[0] if path.stem == "acts" else words
    return found


@cache
def rows_of(name: str) -> frozenset[str]:
    """Ids of the acts and events that are the case's own."""
    asked = case(name)
    acts = scan("acts").collect()
    both = pl.col("actor_code").is_in(asked.pair) & pl.col("addressee_code").is_in(asked.pair)
    events = events_about(scan("context_events").collect(), asked.pair, asked.escalation.context)
    return frozenset([*acts.filter(both)["act_id"], *events["event_id"]])


def words_of_rows(name: str) -> list[str]:
    """What the rows of a case say in the words of the ledger, the longest first."""
    own = rows_of(name)
    acts = scan("acts").select("act_id", "summary", "note").collect().filter(pl.col("act_id").is_in(own))
    events = (
        scan("context_events").select("event_id", "summary").collect().filter(pl.col("event_id").is_in(own))
    )
    links = scan("replies").select("reply_act_id", "note").collect().filter(pl.col("reply_act_id").is_in(own))
    asked = case(name)
    said = {
        *acts["summary"],
        *acts["note"],
        *events["summary"],
        *links["note"],
        asked.title,
        asked.question,
        *(mark.label for mark in asked.escalation.marks),
        *asked.escalation.variants,
        *asked.escalation.drivers,
        *asked.escalation.calendars,
    }
    return sorted((" ".join(text.split()) for text in said if text), key=len, reverse=True)


def names_of(code: str) -> list[str]:
    """Name, code, capital and demonym of a state."""
    of_state = [word for kind in ("capital", "demonym") for word, one in aliases(kind).items() if one == code]
    return [state_name(code), code, *of_state]


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    if not pages(request.param):
        pytest.skip(f"the pages of {request.param} are not built; run `make`")
    return str(request.param)


def test_no_title_of_another_case_stands_outside_the_navigation(name: str) -> None:
    others = [case(other).title for other in CASES if other != name]
    found = [(page, title) for page, words in pages(name).items() for title in others if title in words]
    assert found == []


def test_no_act_of_another_pair_is_shown(name: str) -> None:
    every = {*scan("acts").collect()["act_id"], *scan("context_events").collect()["event_id"]}
    foreign = every - rows_of(name)
    for page, words in pages(name).items():
        if page == "01_sources_and_tables":  # speaks of the tables, which hold all pairs
            continue
        shown = set(re.findall(r"\b[a-z]{2,3}-\d{4}-\d{2}[a-z0-9-]*", words))
        assert shown & foreign == set(), page


def test_no_sentence_of_the_project_names_a_state_of_another_case(name: str) -> None:
    own = case(name).pair
    others = sorted({code for other in CASES for code in case(other).pair} - set(own))
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for code in others for word in names_of(code)))
    for page, words in pages(name).items():
        if page in OF_ALL_STATES:
            continue
        for said in words_of_rows(name):
            words = words.replace(said, " ")
        words = re.sub(r"https?://\S+|\b[\w.-]+\.(?:com|org|net|jp|cn|ru)\b\S*", " ", words)
        found = [words[max(0, one.start() - 60) : one.end() + 60] for one in pattern.finditer(words)]
        assert found == [], page


def test_the_findings_are_about_the_pair(name: str) -> None:
    path = ROOT / "data" / "findings" / name / "escalation" / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    assert (
        tuple(summary["pair"].values() if isinstance(summary["pair"], dict) else summary["pair"])
        == case(name).pair
    )
