"""Plain English on every page: short sentences, and none of the house's own words."""

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
    r"|hangs? on|the share told|as told|are told|is told|to be had|so that there is|the target[’']s|can bear)\b",
    re.IGNORECASE,
)
PARAGRAPH = re.compile(r"<(p|li|dd|figcaption|caption|h[1-4])\b[^>]*>(.*?)</\1>", re.DOTALL)
#: A title and what is under it, and two parts of a caption, are sentences of their own.
BREAK = re.compile(r"</strong> (?=<span class=\"figure-subtitle\")|<small>|<br>")
#: A citation in brackets, such as (Name and Name 2011, Journal 93(1)).
CITATION = re.compile(r"\((?:[^()]*[A-Z][a-z]+[^()]*)?\b(?:19|20)\d\d\b(?:[^()]|\(\d+\))*\)")


def paragraphs(html: str) -> list[str]:
    """The prose of a page: no code, no file names, no drawing, and of tables the captions alone."""
    main = html.split("<main", 1)[1].split("</main>")[0]
    captions = "".join(found[0] for found in re.finditer(r"<caption.*?</caption>", main, re.DOTALL))
    main = re.sub(r"<(script|style|svg|table|math|pre|code)\b.*?</\1>", "–", main, flags=re.DOTALL) + captions
    texts = (re.sub(r"<[^>]+>", "", BREAK.sub(". ", found[2])) for found in PARAGRAPH.finditer(main))
    return [" ".join(unescape(text).split()) for text in texts]


def long_sentences(text: str) -> list[str]:
    """Sentences of a paragraph with too many words and numbers, citations not counted."""
    found = re.split(r"(?<=[.!?])\s+", CITATION.sub("", text))
    return [each for each in found if sum(bool(re.search(r"\w", word)) for word in each.split()) > MOST_WORDS]


BUILT = sorted(REPORTS.rglob("*.html"))


@pytest.mark.data
@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.relative_to(REPORTS).as_posix())
def test_sentences_are_short(path: object) -> None:
    found = paragraphs(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert found
    assert [each for text in found for each in long_sentences(text)] == []


@pytest.mark.data
def test_pages_around_the_notebooks_are_in_plain_words() -> None:
    addresses = [
        page.address for page in pages() if page.build is not None and page.address != "toolbox.html"
    ]
    own = [path for path in BUILT if path.relative_to(REPORTS).as_posix().split("/")[-1] in addresses]
    found = {path: paragraphs(path.read_text(encoding="utf-8")) for path in own}
    assert [(path.name, text) for path, texts in found.items() for text in texts if HOUSE.search(text)] == []


def test_the_test_finds_what_it_is_for() -> None:
    html = (
        f"<main><p>{'word ' * 36}.</p><p>Take it away: CSV.</p><p>{'word ' * 18}. {'word ' * 18}.</p>"
        f"<p>{'word ' * 35} (Name 2011, <em>A Journal</em> 93(1)).</p><p><code>{'x ' * 40}</code></p>"
        f'<figcaption><strong>{"word " * 20}</strong> <span class="figure-subtitle">{"word " * 20}</span></figcaption>'
        f"<table><caption>{'word ' * 36}</caption><tr><td>{'word ' * 36}</td></tr></table></main>"
    )
    found = paragraphs(html)
    assert [len(long_sentences(text)) for text in found] == [1, 0, 0, 0, 0, 0, 1]
    assert [bool(HOUSE.search(text)) for text in found] == [False, True, False, False, False, False, False]
