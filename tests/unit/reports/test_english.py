"""Plain English on the pages around the notebooks: short sentences, and none of the house's own words."""

from __future__ import annotations

import re
from html import unescape

import pytest
from retorsion.project import REPORTS
from retorsion.reports.site import pages

MOST_WORDS = 35
#: Turns of phrase that a reader has to translate.
HOUSE = re.compile(
    r"\b(?:none is typed|tak(?:e|en) (?:it )?away|to take away|stands? beside|stands? in (?:the )?place"
    r"|hangs? on|the share told|as told|are told|is told|to be had|so that there is|the target's|can bear)\b",
    re.IGNORECASE,
)
PARAGRAPH = re.compile(r"<(p|li|figcaption|h[1-4])\b[^>]*>(.*?)</\1>", re.DOTALL)


def paragraphs(html: str) -> list[str]:
    main = html.split("<main", 1)[1].split("</main>")[0]
    main = re.sub(r"<(script|style|svg|table|math|pre)\b.*?</\1>", " ", main, flags=re.DOTALL)
    texts = (re.sub(r"<[^>]+>", "", found[2]) for found in PARAGRAPH.finditer(main))
    return [" ".join(unescape(text).split()) for text in texts]


def sentences(text: str) -> list[str]:
    """Sentences of a paragraph; what is in brackets, such as a citation, is left out."""
    plain = re.sub(r"\([^()]*\)", "", text)
    return re.split(r"(?<=[.!?])\s+", plain)


BUILT = sorted(
    path
    for page in pages()
    if page.build is not None
    and page.address.endswith(".html")
    and page.address != "toolbox.html"  # of docstrings
    for path in REPORTS.glob(f"*/{page.address}" if page.of_case else page.address)
)


@pytest.mark.data
@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.relative_to(REPORTS).as_posix())
def test_sentences_are_short_and_in_plain_words(path: object) -> None:
    html = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    found = paragraphs(html)
    assert found
    long = [
        each for text in found for each in sentences(text) if len(re.findall(r"[A-Za-z]+", each)) > MOST_WORDS
    ]
    assert long == []
    assert [text for text in found if HOUSE.search(text)] == []


def test_the_test_finds_what_it_is_for() -> None:
    html = f"<main><p>{'word ' * 36}.</p><p>Take it away: CSV.</p></main>"
    long, house = paragraphs(html)
    assert len(re.findall(r"[A-Za-z]+", sentences(long)[0])) > MOST_WORDS
    assert HOUSE.search(house)
