"""From pages of news to candidate acts: the whole way, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from retorsion.news.article import parse_pages
from retorsion.news.candidate import Candidate
from retorsion.news.events import Finder
from retorsion.news.frames import load_frames
from retorsion.news.judging import LEAST
from retorsion.news.merging import candidates
from retorsion.news.page import Page, PageError, read_page

if TYPE_CHECKING:
    from spacy.language import Language


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that was not read.

    Attributes:
        page: Name of the file.
        reason: Why, in one sentence.
    """

    page: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a set of pages gave.

    Attributes:
        candidates: Acts and running totals, by page and place in it.
        refused: Pages that were not read, each with the reason.
        texts: The text of every page that was read. Offsets of candidates count its characters; for HTML it is
            the text that was taken out of the page, not the page's source.
    """

    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    texts: Mapping[str, str]


def read_pages(
    files: Mapping[str, bytes],
    *,
    parser: Language,
    urls: Mapping[str, str] | None = None,
    dates: Mapping[str, date] | None = None,
    least: float = LEAST,
) -> Reading:
    """Candidate acts of news pages.

    Args:
        files: Bytes of each page by the name of its file: plain text, or HTML as a browser saves it.
        parser: What ``load_parser`` gives.
        urls: Addresses of pages, by name, where the user states them.
        dates: Days of pages, by name, where the user states them.
        least: Confidence below which a candidate is left out.

    Returns:
        Candidates, pages that were refused, and the texts that offsets refer to.
    """
    pages: list[Page] = []
    refused: list[Refused] = []
    for name in sorted(files):
        try:
            pages.append(
                read_page(name, files[name], url=(urls or {}).get(name, ""), day=(dates or {}).get(name))
            )
        except PageError as error:
            refused.append(Refused(name, str(error)))
    frames = load_frames()
    finder = Finder(frames)
    found: list[Candidate] = []
    for article in parse_pages(pages, parser, frames.vocabulary()):
        read = candidates(article, finder.events(article))
        found.extend(one for one in read if one.confidence >= least)
    return Reading(tuple(found), tuple(refused), {page.name: page.text for page in pages})
