"""How likely a candidate is right: what is looked at, what it is worth, and what is left out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from places import ROOT
from retorsion.news.article import parse_pages
from retorsion.news.events import Finder
from retorsion.news.frames import load_frames
from retorsion.news.judging import CONSTANT, LEAST, judged, load_judgement, traits
from retorsion.news.page import Page, read_page
from retorsion.news.reading import read_pages

if TYPE_CHECKING:
    from spacy.language import Language

PAGE = date(2024, 5, 15)
SURE = "Chile expelled two Peruvian diplomats on Wednesday."
ASIDE = (
    "Bolivia opened a road on Tuesday.\nFarmers were glad.\nThe road is long.\nIt has two lanes.\n"
    "Talks began in Lima last week.\nA minister spoke of Brazil.\nIt rained.\nThe minister left.\n"
    "Traders fear for the goods that Chile, which expelled Peruvian diplomats, no longer buys in Bolivia."
)

#: Sentences with what few have: many states, other days, asides before the act.
RARE = (
    "After talks with Brazil, Bolivia, Kenya, Norway and Ghana on May 3, Chile, which Togo backs, on Monday expelled"
    " two Peruvian diplomats.",
    "Chile on Monday responded by expelling two Peruvian diplomats.",
    "Peru left the talks on Monday after Chile expelled its ambassador on Sunday.",
    "Peru said Chile had expelled two diplomats in March.\nA Kenyan minister said on Tuesday that Peru expelled a"
    " Chilean consul.",
    "The quarrel began in May. It is over the Peruvian ambassador, whom Chile expelled, as Bolivia did.",
    "Over the shots at a trawler, Chile on Monday summoned the Peruvian ambassador and will expel a consul.",
)


def likelihoods(texts: list[str], parser: Language) -> list[list[float]]:
    """Of every event of each text how likely it is right."""
    frames = load_frames()
    finder = Finder(frames)
    pages: list[Page] = [read_page("page.txt", text.encode(), day=PAGE) for text in texts]
    found = []
    for article in parse_pages(pages, parser, frames.vocabulary()):
        events = finder.events(article)
        found.append([judged(event, events, article) for event in events])
    return found


def test_what_a_main_clause_tells_of_its_day_is_likelier_than_an_aside(parser: Language) -> None:
    (sure,), aside = likelihoods([SURE, ASIDE], parser)
    assert sure > 0.8
    assert aside
    assert all(0 < one < LEAST for one in aside)


def test_every_trait_that_weighs_something_is_met_in_texts(parser: Language) -> None:
    """A weight for a trait that nothing has would stand in the table for nothing."""
    frames = load_frames()
    finder = Finder(frames)
    texts = [text for frame in frames.frames for text, _ in frame.examples]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "tests/fixtures/news").glob("*.txt")]
    texts += [ASIDE, f"{SURE}\n{ASIDE}", *RARE]
    pages = [read_page("page.txt", text.encode(), day=PAGE) for text in texts if len(text.split()) > 3]
    met: set[str] = set()
    for article in parse_pages(pages, parser, frames.vocabulary()):
        events = finder.events(article)
        for event in events:
            met |= traits(event, events, article)
    assert load_judgement().keys() - met == {CONSTANT}


@pytest.mark.parametrize(("least", "kept"), [(0.0, 1), (LEAST, 1), (0.99, 0)])
def test_less_likely_candidates_are_left_out(least: float, kept: int, parser: Language) -> None:
    reading = read_pages({"page.txt": SURE.encode()}, parser=parser, dates={"page.txt": PAGE}, least=least)
    assert len(reading.candidates) == kept


def test_an_aside_is_read_only_by_who_asks_for_it(parser: Language) -> None:
    pages, dates = {"page.txt": ASIDE.encode()}, {"page.txt": PAGE}
    assert read_pages(pages, parser=parser, dates=dates).candidates == ()
    assert read_pages(pages, parser=parser, dates=dates, least=0).candidates != ()
