"""Plain English on every page: short sentences, and none of the house's own words."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files

import pytest
import yaml
from retorsion.project import REPORTS
from retorsion.reports.site import pages

MOST_WORDS = 35
MOST_WORDS_OF_A_PARAGRAPH = 80
MOST_NUMBERS = 5
MOST_WORDS_OF_A_STORY = 1200
#: Turns of phrase that a reader has to translate.
HOUSE = re.compile(
    r"\b(?:none is typed|tak(?:e|en) (?:it )?away|to take away|stands? beside|stands? in (?:the )?place"
    r"|hangs? on|the share told|as told|are told|is told|to be had|so that there is|the target[’']s|can bear)\b",
    re.IGNORECASE,
)
PARAGRAPH = re.compile(r"<(p|li|dd|figcaption|caption|h[1-4])\b[^>]*>(.*?)</\1>", re.DOTALL)
#: A title and what is under it, and two parts of a caption, are sentences of their own.
BREAK = re.compile(r"</strong> (?=<span class=\"figure-subtitle\")|<small>|<br>")
#: Where one paragraph ends inside another element: the title of a figure, a part of a card, the links below it.
END = re.compile(
    r"</p>|</div>|</h\d>|<span class=\"finding-interval\">|</strong>\s*(?=<span class=\"figure-subtitle\")"
)
#: A citation in brackets, such as (Name and Name 2011, Journal 93(1)).
CITATION = re.compile(r"\((?:[^()]*[A-Z][a-z]+[^()]*)?\b(?:19|20)\d\d\b(?:[^()]|\(\d+\))*\)")


def paragraphs(html: str, without: str = "") -> list[str]:
    """The prose of a page, but of one element: no code, no file names, no drawing, and of tables the captions alone."""
    main = html.split("<main", 1)[1].split("</main>")[0]
    captions = "".join(found[0] for found in re.finditer(r"<caption.*?</caption>", main, re.DOTALL))
    main = re.sub(r"<(script|style|svg|table|math|pre|code)\b.*?</\1>", "–", main, flags=re.DOTALL) + captions
    chosen = (found[2] for found in PARAGRAPH.finditer(main) if found[1] != without)
    parts = (part for text in chosen for part in END.split(text))
    texts = (" ".join(unescape(re.sub(r"<[^>]+>", "", BREAK.sub(". ", part))).split()) for part in parts)
    return [text for text in texts if text]


def long_sentences(text: str) -> list[str]:
    """Sentences of a paragraph with too many words and numbers, citations not counted."""
    found = re.split(r"(?<=[.!?])\s+", CITATION.sub("", text))
    return [each for each in found if sum(bool(re.search(r"\w", word)) for word in each.split()) > MOST_WORDS]


MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
#: Days, months and years.
DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:(?: and | to |–)\d{{1,2}})? )?(?:{MONTHS})(?: \d{{4}})?\b"
    r"|\b(?:18|19|20)\d\d(?:[-–](?:\d{4}|\d\d(?:-\d\d)?))?\b"
)
IN_BRACKETS = re.compile(r"\([^()]*\)")
NUMBER = re.compile(r"(?<![\w.,])\d(?:[\d,.]*\d)?")


def is_dense(text: str) -> bool:
    """Whether a paragraph has too many words or numbers.

    Citations do not count; of numbers, neither do dates nor what is in brackets, such as an interval.
    """
    text = CITATION.sub("", text)
    n_words = sum(bool(re.search(r"\w", word)) for word in text.split())
    numbers = NUMBER.findall(DATE.sub(" ", IN_BRACKETS.sub(" ", text)))
    return n_words > MOST_WORDS_OF_A_PARAGRAPH or len(numbers) > MOST_NUMBERS


BUILT = sorted(REPORTS.rglob("*.html"))


@pytest.mark.data
@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.relative_to(REPORTS).as_posix())
def test_sentences_and_paragraphs_are_short(path: object) -> None:
    html = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    found = paragraphs(html)
    assert found
    assert [each for text in found for each in long_sentences(text)] == []
    # a list of facts, such as the codes that a source holds, is no paragraph
    assert [text for text in paragraphs(html, without="dd") if is_dense(text)] == []


#: Pages of notebooks whose story is read before the method; the others are read as documentation.
STORIES = [path for path in BUILT if re.match(r"0[1-6]_(?!toolbox)", path.name)]


@pytest.mark.data
def test_pages_and_figures_say_per_cent() -> None:
    code = re.compile(r"<(script|style|pre|code)\b.*?</\1>|https?://[^\s\"<]*", re.DOTALL)
    texts = {path: code.sub("", path.read_text(encoding="utf-8")) for path in BUILT}
    assert [path.name for path, text in texts.items() if re.search(r"\bpercent\b", text)] == []


@pytest.mark.data
@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.relative_to(REPORTS).as_posix())
def test_the_story_of_a_page_is_short(path: object) -> None:
    html = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    story = re.sub(r"<nav\b.*?</nav>", "", html, flags=re.DOTALL)
    for folded in ("code", "method"):
        story = re.sub(rf'<details class="{folded}".*?</details>', "", story, flags=re.DOTALL)
    assert sum(len(text.split()) for text in paragraphs(story)) <= MOST_WORDS_OF_A_STORY


@pytest.mark.data
def test_pages_around_the_notebooks_are_in_plain_words() -> None:
    addresses = [
        page.address for page in pages() if page.build is not None and page.address != "toolbox.html"
    ]
    own = [path for path in BUILT if path.relative_to(REPORTS).as_posix().split("/")[-1] in addresses]
    found = {path: paragraphs(path.read_text(encoding="utf-8")) for path in own}
    assert [(path.name, text) for path, texts in found.items() for text in texts if HOUSE.search(text)] == []


def test_what_cards_say_of_findings_is_in_plain_words() -> None:
    findings = yaml.safe_load(files("retorsion.reports").joinpath("quantities.yaml").read_text("utf-8"))[
        "findings"
    ]
    said = [text for parts in findings.values() for one in parts.values() for text in one.values()]
    assert len(said) > 100
    house = [text for text in said if HOUSE.search(text) or "the target" in text]
    assert [*house, *(text for text in said if long_sentences(text))] == []


def test_the_test_finds_what_it_is_for() -> None:
    html = (
        f"<main><p>{'word ' * 36}.</p><p>Take it away: CSV.</p><p>{'word ' * 18}. {'word ' * 18}.</p>"
        f"<p>{'word ' * 35} (Name 2011, <em>A Journal</em> 93(1)).</p><p><code>{'x ' * 40}</code></p>"
        f'<figcaption><strong>{"word " * 20}</strong> <span class="figure-subtitle">{"word " * 20}</span></figcaption>'
        f"<table><caption>{'word ' * 36}</caption><tr><td>{'word ' * 36}</td></tr></table></main>"
    )
    found = paragraphs(html)
    assert [len(long_sentences(text)) for text in found] == [1, 0, 0, 0, 0, 0, 0, 1]
    assert [bool(HOUSE.search(text)) for text in found] == [False, True, *6 * [False]]


@pytest.mark.parametrize(
    ("text", "dense"),
    [
        ("word " * 80, False),
        ("word " * 81, True),
        ("Of 1, 2, 3, 4 and 5.", False),
        ("Of 1, 2.5, 30%, 4,000, −5 and 6.", True),
        ("On 22 March 2022 and 2022-03-22, from 2017 to 2018–19 and 5 to 6 June: 1, 2, 3, 4, 5.", False),
        ("36% (28% to 45%), 14% (9% to 19%), 1, 2, 3 (Name 2011, A Journal 93(1)).", False),
        ("C4F6 and part-time2, HS6: 1, 2, 3, 4, 5.", False),
    ],
)
def test_dense_paragraphs_are_those_with_many_words_or_numbers(text: str, dense: bool) -> None:
    assert is_dense(text) is dense
