"""The text of a saved web page: what a reader sees, and what the page states of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import html

from retorsion.news.words import words

#: Elements whose text is no news: machinery, menus, forms, other articles.
_DROPPED = words(
    "script style noscript template svg math nav header footer aside form button select option iframe "
    "object figure figcaption head title menu dialog canvas audio video picture textarea label"
)
#: Elements that end a line.
_BLOCKS = words(
    "p div article section main h1 h2 h3 h4 h5 h6 li ul ol dl dt dd table tr td th blockquote pre br hr "
    "body address details summary"
)
#: What hides an element that states its own style.
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?![.\d]*[1-9])|text-indent\s*:\s*-\d{3,}|(?:left"
    r"|top)\s*:\s*-\d{3,}|clip\s*:\s*rect",
    re.IGNORECASE,
)
_DATE_NAMES = words(
    "article:published_time og:published_time date pubdate publishdate publish-date dc.date "
    "dc.date.issued dcterms.created dcterms.date datepublished parsely-pub-date sailthru.date "
    "article.published cxenseparse:publishtime"
)


#: The start of an element to its end, with values that hold what looks like one; such a value; what parts attributes.
_TAG = re.compile(r"""<[a-z](?:=\s*+(?:"[^"]*+"|'[^']*+')|[^>=]++|=)*+""", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_BETWEEN = re.compile(r"[\s=/\"']++")
#: Pairs of attributes in one element, over all elements: each is compared with the others, 500 million in two seconds.
_MOST_PAIRS = 500_000_000


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What was taken out of a page.

    Attributes:
        text: Its visible text, a block a line.
        dates: What its metadata state as the day of publication, the most trusted first.
        url: The address it states for itself, else empty.
    """

    text: str
    dates: tuple[str, ...]
    url: str


def html_page(source: str) -> HtmlPage:
    """Visible text and metadata of a page of HTML.

    Raises:
        ValueError: If the source holds no element at all, or elements with more attributes than any page has.
    """
    if _n_pairs(source) > _MOST_PAIRS:
        raise ValueError("its elements have far more attributes than those of any page")
    root = html.document_fromstring(
        source.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
    )
    hidden = _hidden_names(root)
    pieces: list[str] = []
    _collect(root, hidden, pieces)
    lines = (re.sub(r"[ \t\r\f\v\u00a0]+", " ", line).strip() for line in "".join(pieces).split("\n"))
    return HtmlPage("\n".join(line for line in lines if line), tuple(_dates(root)), _url(root))


def _n_pairs(source: str) -> int:
    """Pairs of attributes in one element, over all elements, at most."""
    numbers = (len(_BETWEEN.findall(_VALUE.sub("=", tag[0]))) for tag in _TAG.finditer(source))
    return sum(n * n for n in numbers) // 2


def _hidden_names(root: html.HtmlElement) -> frozenset[str]:
    """Classes (``.name``) and ids (``#name``) that a style sheet within the page hides."""
    sheets = _without_comments(" ".join(element.text or "" for element in root.iter("style")))
    found = set()
    for rule in sheets.split("}"):
        selectors, _, declared = rule.rpartition("{")
        if _HIDING.search(declared):
            names = (part.strip() for part in selectors.rpartition("{")[2].split(","))
            found |= {name for name in names if re.fullmatch(r"[.#][\w-]+", name)}
    return frozenset(found)


def _without_comments(sheet: str) -> str:
    """A style sheet without comments, in one pass whatever it holds."""
    kept, start = [], 0
    while (begin := sheet.find("/*", start)) >= 0:
        kept.append(sheet[start:begin])
        end = sheet.find("*/", begin + 2)
        if end < 0:
            return " ".join(kept)
        start = end + 2
    return " ".join([*kept, sheet[start:]])


def _is_dropped(element: html.HtmlElement, hidden: frozenset[str]) -> bool:
    if not isinstance(element.tag, str) or element.tag in _DROPPED:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden", "").lower() == "true":
        return True
    if element.get("role", "") in ("navigation", "banner", "contentinfo", "complementary", "search"):
        return True
    names = {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id', '')}"}
    return bool(_HIDING.search(element.get("style", ""))) or bool(names & hidden)


def _collect(root: html.HtmlElement, hidden: frozenset[str], pieces: list[str]) -> None:
    """Append the visible text below ``root``; a stack of its own, so that no depth of nesting exhausts Python's."""
    stack: list[tuple[html.HtmlElement, bool]] = [(root, False)]
    while stack:
        element, is_done = stack.pop()
        is_block = element.tag in _BLOCKS
        if is_done:
            pieces.append(("\n" if is_block else "") + (element.tail or "").replace("\n", " "))
        elif _is_dropped(element, hidden):
            pieces.append((element.tail or "").replace("\n", " ") if element is not root else "")
        else:
            pieces.append(("\n" if is_block else "") + (element.text or "").replace("\n", " "))
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))


def _dates(root: html.HtmlElement) -> Iterator[str]:
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name.lower() in _DATE_NAMES and element.get("content"):
            yield element.get("content")
    for element in root.iter("script"):
        if element.get("type", "").lower() == "application/ld+json":
            yield from _published(element.text or "")
    for element in root.iter("time"):
        if element.get("datetime"):
            yield element.get("datetime")


def _published(text: str) -> Iterator[str]:
    """``datePublished`` of a block of JSON-LD, wherever it stands in it."""
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("datePublished"), str):
                yield value["datePublished"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _url(root: html.HtmlElement) -> str:
    for element in root.iter("link"):
        if element.get("rel", "").lower() == "canonical" and element.get("href", "").startswith("http"):
            return str(element.get("href"))
    for element in root.iter("meta"):
        if element.get("property") == "og:url" and element.get("content", "").startswith("http"):
            return str(element.get("content"))
    return ""


def looks_like_html(text: str) -> bool:
    """Whether a text is a page of HTML and not plain text."""
    return bool(
        re.search(
            r"<!doctype html|<html[\s>]|<body[\s>]|<(p|div|article|span|h1)[\s>]",
            text[:20_000],
            re.IGNORECASE,
        )
    )
