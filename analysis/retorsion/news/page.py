"""A page of news as text: decoded, freed of what no reader sees, in English, with its day."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from datetime import date

from lxml.etree import LxmlError

from retorsion.errors import RetorsionError
from retorsion.news.candidate import PageDateBasis
from retorsion.news.days import either_date, full_date, iso_date
from retorsion.news.html_text import html_page, looks_like_html
from retorsion.news.words import words

#: No page of news is longer: bytes of the file, characters of its text, characters without the end of a sentence.
MAX_BYTES, MAX_TEXT, MAX_SENTENCE = 4_000_000, 100_000, 6_000
#: Words that every English text is full of.
_ENGLISH = words(
    "the of and to in a that is was for on with as by it at from has be have its said will he his are "
    "which not an this after were but who their had they would or been more over against also between "
    "than when into"
)
#: A text of this many words is judged by its share of them.
_MIN_WORDS, _MIN_SHARE = 25, 0.15
#: Fewer words are judged by their letters alone: a headline may have none of the small words.
_FEW_WORDS = 12
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH = frozenset(
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_SAME = str.maketrans(
    "’‘‛`´“”„«»—–‒―−\u00a0\u2007\u2009\u202f\u3000\t\r\f\v", "'''''\"\"\"\"\"-----         "
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\ufffd]")
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.I,
)
_FRONT = re.compile(r"\A(?:\ufeff)?(?:---\s*\n)?((?:[A-Za-z_]{2,20}:[^\n]*\n)+)(?:---\s*\n)?")


class PageError(RetorsionError):
    """A page that cannot be read; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        name: Name of its file.
        sha256: SHA-256 of its bytes.
        url: Its address, as given or as it states, else empty.
        text: What a reader sees; offsets of candidates count its characters.
        clean: The text with one kind of quotation mark and dash and without marks of no width.
        places: For each character of ``clean`` its place in ``text``.
        date: Day of the page.
        date_basis: How that day is known.
    """

    name: str
    sha256: str
    url: str
    text: str
    clean: str
    places: tuple[int, ...]
    date: date | None
    date_basis: PageDateBasis

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in ``text`` of a stretch of ``clean``."""
        return self.places[start], self.places[end - 1] + 1


def read_page(name: str, data: bytes, *, url: str = "", day: date | None = None) -> Page:
    """A page from the bytes of its file.

    Args:
        name: Name of the file.
        data: Its bytes: plain text or HTML.
        url: Address, where the user states it.
        day: Day of the page, where the user states it.

    Raises:
        PageError: If the page is too long, not decodable, empty, or not in English.
    """
    if len(data) > MAX_BYTES:
        raise PageError(
            f"It has {len(data):,} bytes, and a page of news has less than {MAX_BYTES:,}. Cut out the article"
        )
    source = decode(data)
    stated: tuple[str, ...] = ()
    text, own_url = source, ""
    if looks_like_html(source):
        try:
            page = html_page(source)
        except (ValueError, LxmlError) as error:
            raise PageError(
                f"Its HTML cannot be read ({error}). Save the text of the article instead"
            ) from error
        text, stated, own_url = page.text, page.dates, page.url
    text, front = _front_matter(text)
    clean, places = _cleaned(text)
    _check(clean)
    known, basis = _day(day, (*stated, *front.get("date", ())), clean)
    url = url or next(iter(front.get("url", ())), "") or own_url
    if known is None and (found := re.search(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?:/|-|$)", url)):
        known = iso_date("-".join(part.zfill(2) for part in found.groups()))
        basis = "metadata" if known else "none"
    return Page(name, hashlib.sha256(data).hexdigest(), url, text, clean, places, known, basis)


def decode(data: bytes) -> str:
    """Text of bytes: by their mark, by what they declare, as UTF-8, or else as Windows-1252.

    Raises:
        PageError: If the bytes are not what they declare, or nothing fits.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strictly(data, encoding, "has the mark of")
    found = _DECLARED.search(data[:4096])
    if found:
        name = (found.group(1) or found.group(2)).decode("ascii")
        if name.lower().replace("-", "") not in ("utf8",) and not data.isascii() and _is_utf8(data):
            raise PageError(f"It declares the encoding {name} and is UTF-8. Correct the declaration")
        return _strictly(data, name, "declares")
    encoding = "utf-8" if _is_utf8(data) else "cp1252"
    return _strictly(data, encoding, "seems to have")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _strictly(data: bytes, encoding: str, how: str) -> str:
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise PageError(
            f"It {how} the encoding {encoding} and cannot be read in it. Save it again as UTF-8"
        ) from error
    if _CONTROLS.search(text):
        raise PageError(
            f"It {how} the encoding {encoding} and then holds characters that no text has. Save it"
            f" again as UTF-8"
        )
    return text


def _front_matter(text: str) -> tuple[str, dict[str, list[str]]]:
    """The text, and ``date`` and ``url`` of lines such as ``date: 2022-03-18`` before it."""
    found = _FRONT.match(text)
    if not found:
        return text, {}
    pairs = (line.split(":", 1) for line in found.group(1).splitlines())
    front: dict[str, list[str]] = {}
    for key, value in pairs:
        front.setdefault(key.strip().lower(), []).append(value.strip().strip("\"'"))
    return text, {key: values for key, values in front.items() if key in ("date", "url")}


def _cleaned(text: str) -> tuple[str, tuple[int, ...]]:
    kept = [place for place, character in enumerate(text) if character not in _ZERO_WIDTH]
    return "".join(text[place] for place in kept).translate(_SAME), tuple(kept)


def _check(clean: str) -> None:
    """Raise PageError unless the text is one that can be read."""
    if _OVERRIDES.search(clean):
        raise PageError(
            "It holds marks that change the direction of writing, so what it shows is not what it"
            " says. Remove them"
        )
    if len(clean) > MAX_TEXT:
        raise PageError(
            f"Its text has {len(clean):,} characters, and one article has less than {MAX_TEXT:,}. Cut"
            f" out the article"
        )
    words = re.findall(r"[^\W\d_]+", clean.lower())
    if len(words) < 4:
        raise PageError("It has no text. A page that a script fills has to be saved after it was shown")
    longest = max(len(part) for part in re.split(r"[.!?\n]", clean))
    if longest > MAX_SENTENCE:
        raise PageError(
            f"One sentence has {longest:,} characters, and one of news has less than {MAX_SENTENCE:,}"
        )
    if not is_english(clean, words_needed=0):
        raise PageError("It is not in English, and no other language is read. Give a translation")


def is_english(text: str, *, words_needed: int = _MIN_WORDS) -> bool:
    """Whether a text has the small words of English; one shorter than ``words_needed`` words is taken to."""
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", text.lower())
    if len(words) < words_needed:
        return True
    latin = sum(word.isascii() for word in words)
    share = sum(word in _ENGLISH for word in words) / max(len(words), 1)
    needed = _MIN_SHARE if len(words) >= _MIN_WORDS else _MIN_SHARE / 3 if len(words) >= _FEW_WORDS else 0
    return latin >= 0.6 * len(words) and share >= needed


def _day(given: date | None, stated: tuple[str, ...], clean: str) -> tuple[date | None, PageDateBasis]:
    """Day of the page and how it is known."""
    if given is not None:
        return given, "given"
    for value in stated:
        if (found := iso_date(value) or full_date(value)) is not None:
            return found, "metadata"
    head = clean[:1000]
    for line in head.split("\n")[:12]:
        if len(line) <= 120 and not line.rstrip().endswith(".") and (found := full_date(line)) is not None:
            return found, "header"
    labelled = re.search(r"\b(?:date|published|updated|posted|issued)\b[^\n]{0,60}", head, re.I)
    if labelled and (found := full_date(labelled.group())) is not None:
        return found, "header"
    dateline = re.match(r"(?:[^\n]*\n){0,4}?[A-Z][A-Za-z .,'/()]{2,60}", clean)
    if dateline and (found := full_date(clean[dateline.start() : dateline.end() + 40])) is not None:
        return found, "dateline"
    labelled = re.search(r"\b(?:published|updated|posted)\b[^\n]{0,60}", clean[-300:], re.I)
    if labelled and (found := full_date(labelled.group())) is not None:
        return found, "header"
    if (found := either_date(head)) is not None:
        return found, "header"
    found = full_date(head)
    return (found, "text") if found is not None else (None, "none")
