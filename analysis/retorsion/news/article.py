"""A page cut into sentences and parsed, with the states that its words name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from retorsion.news.days import WEEKDAYS, Stated, stated_days
from retorsion.news.names import NameKind, named_states
from retorsion.news.page import Page, is_english
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token

#: A stretch without the end of a sentence is cut at a blank after so many characters: a parser gains nothing there.
_PIECE = 1_500
#: How a line begins that names another page.
_OTHER_PAGE = re.compile(
    r"\s*(?:ALSO READ|READ(?: MORE| ALSO)?|Also read|Read (?:more|also)|SEE ALSO|See also|RELATED)\s*[:|-]"
)
_BULLET = re.compile(r"\s*(?:[-*+•·▪●◦‣>]|\d{1,2}[.)])\s+")
#: A day that stands before a text and is the page's own.
_STAMP = re.compile(
    r"\s*(?:(?:date|published|updated|posted)(?: on)?:?\s*)?(?:\d{4}-\d\d-\d\d"
    r"|\d\d?[./]\d\d?[./]\d{4})\s*[,:|-]?\s+",
    re.IGNORECASE,
)
#: Where and when a text was filed, before its first sentence.
_DATELINE = re.compile(
    r"\s*(?:[A-Z][A-Z .,'/-]{2,40}|[A-Z][A-Za-z.'-]+(?: [A-Z][A-Za-z.'-]+){0,2})(?:, [A-Z][A-Za-z. ]{2,25})?"
    r"(?:,? \d{1,2} [A-Z][a-z]+|,? [A-Z][a-z]{2,8}\.? \d{1,2})?(?:,? \d{4})?,?\s*(?:\([A-Za-z"
    r" ./&-]{2,40}\)|/[A-Za-z .-]+/)?\.?\s*-{1,2}\s+"
    r"(?=[A-Z\"'])"
    r"|\s*[A-Z][A-Za-z .,'-]{2,40}(?:,? \d{1,2} [A-Z][a-z]+| [A-Z][a-z]{2,8}\.? \d{1,2})?(?:,?"
    r" \d{4})?,?\s*(?:\([A-Za-z ./&-]{2,40}\)|/[A-Za-z .-]+/)\s*[.:-]?\s*(?=[A-Z\"'])"
)
#: Characters within which the headline stands.
_HEAD = 150
_ENDS = re.compile(r"[.!?:;\"')\]]\s*$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article.

    Attributes:
        number: Its place, from 0.
        span: Its words, parsed.
        offset: Place in the clean text of the first character of its document.
        days: The days that it names; their places count from the document's start.
    """

    number: int
    span: Span
    offset: int
    days: tuple[Stated, ...]


@dataclass(slots=True)
class Article:
    """A page, parsed.

    Attributes:
        page: The page.
        sentences: Its sentences in order.
        mentions: States by the number of the block's first sentence and the number of the last word of the name.
        kinds: What sort of name each is.
        bound: Names of persons and offices that the page ties to a state.
        weight: How often each state is named.
        lead_day: The weekday of the first sentences, as a day.
    """

    page: Page
    sentences: list[Sentence] = field(default_factory=list)
    mentions: dict[tuple[int, int], str] = field(default_factory=dict)
    kinds: dict[tuple[int, int], NameKind] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    weight: Counter[str] = field(default_factory=Counter)
    lead_day: date | None = None

    def state_at(self, token: Token) -> str | None:
        """State that a word names by itself."""
        return self.mentions.get((token.doc.user_data["block"], token.i))

    def kind_at(self, token: Token) -> NameKind | None:
        """What sort of name a word is."""
        return self.kinds.get((token.doc.user_data["block"], token.i))


def blocks(clean: str) -> Iterator[tuple[int, str]]:
    """Parts of a text that a parser reads at once, with their places: lines, joined where a sentence is wrapped."""
    waiting: tuple[int, str] | None = None
    is_wrapped = _is_wrapped(clean)
    for match in re.finditer(r"[^\n]+", clean):
        for start, text in _glued(match.start(), match.group()):
            if waiting is not None and (
                _goes_on(waiting[1], text) or (is_wrapped and _is_next(clean, *waiting, start))
            ):
                gap = " " * (start - waiting[0] - len(waiting[1]))
                waiting = (waiting[0], waiting[1] + gap + text)
                continue
            if waiting is not None:
                yield from _pieces(*waiting)
            waiting = (start, text)
    if waiting is not None:
        yield from _pieces(*waiting)


def _is_wrapped(clean: str) -> bool:
    """Whether the lines of a text are cut at a width: many, none long, most without the end of a sentence."""
    lines = [line for line in clean.split("\n") if line.strip()]
    open_lines = sum(not _ENDS.search(line) for line in lines)
    return len(lines) >= 8 and max(map(len, lines)) <= 100 and open_lines >= 0.6 * len(lines)


def _is_next(clean: str, start: int, text: str, then: int) -> bool:
    """Whether a line follows at once on one that may be cut at a width."""
    end = start + len(text)
    return clean[end:then].count("\n") == 1 and not _ENDS.search(text) and len(text.rsplit("\n", 1)[-1]) > 25


def _glued(start: int, line: str) -> Iterator[tuple[int, str]]:
    """A line, cut where two sentences run together without a blank ("said.The")."""
    last = 0
    for match in re.finditer(r"(?<=[a-z\"])[.](?=[A-Z][a-z])", line):
        if line[match.end() :].split(" ", 1)[0].lower().rstrip(".,") in ("com", "org", "net"):
            continue
        yield start + last, line[last : match.end()]
        last = match.end()
    yield start + last, line[last:]


def _goes_on(before: str, text: str) -> bool:
    """Whether a line is wrapped: no end of a sentence, and the next goes on in small letters or with a weekday."""
    if _ENDS.search(before) or not text.strip():
        return False
    return (
        bool(re.match(r"\s*(?:[a-z]|\d|" + "|".join(day.title() for day in WEEKDAYS) + r")", text))
        and len(before) > 40
    )


def _pieces(start: int, text: str) -> Iterator[tuple[int, str]]:
    """A block without its bullet and dateline, cut where it is too long for one sentence."""
    if _OTHER_PAGE.match(text):
        return
    for mark in (_BULLET, _STAMP, _DATELINE):
        found = mark.match(text)
        if found and len(text) - found.end() > 25:
            start, text = start + found.end(), text[found.end() :]
    while len(text) > _PIECE:
        cut = max(text.rfind(". ", 0, _PIECE) + 1, 0) or text.rfind(" ", 0, _PIECE)
        cut = cut if cut > 0 else _PIECE
        yield start, text[:cut]
        start, text = start + cut, text[cut:]
    if re.search(r"[A-Za-z]", text) and is_english(text):
        yield start, text


def _lowered(text: str, known: frozenset[str]) -> str:
    """A headline in title case with the words that are no names in small letters."""
    words = re.findall(r"[A-Za-z][A-Za-z'-]*", text)
    large = [word for word in words if word[0].isupper()]
    if len(words) < 4 or _is_sentence(text) or len(large) < 0.6 * len(words):
        return text
    states = {place for one in named_states(text) for place in range(one.start, one.end)}

    def small(match: re.Match[str]) -> str:
        word = match.group()
        is_word = word.lower() in known and match.start() not in states
        return word.lower() if is_word and match.start() > 0 else word

    return re.sub(r"[A-Za-z][A-Za-z'-]*", small, text)


def _is_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", "!", '."'))


def parse_pages(pages: Iterable[Page], parser: Language, vocabulary: frozenset[str]) -> Iterator[Article]:
    """Articles of pages, parsed in batches.

    Args:
        pages: What to parse.
        parser: The parser.
        vocabulary: Words that are no names, whatever a headline does to their first letter.
    """
    held: dict[int, Article] = {}
    waiting: list[tuple[str, tuple[int, int]]] = []
    for number, page in enumerate(pages):
        held[number] = Article(page)
        known = vocabulary | frozenset(re.findall(r"(?<![\w'])[a-z][a-z'-]+", page.clean))
        waiting.extend((_lowered(text, known), (number, start)) for start, text in blocks(page.clean))
    for doc, (number, start) in parser.pipe(waiting, as_tuples=True, batch_size=64):
        _add(held[number], doc, start)
    for article in held.values():
        _settle_seats(article)
        article.lead_day = _lead_day(article)
        yield article


def _add(article: Article, doc: Doc, offset: int) -> None:
    """Add a parsed block to its article."""
    key = doc.user_data["block"] = len(article.sentences)
    for one in named_states(doc.text):
        span = doc.char_span(one.start, one.end, alignment_mode="expand")
        if span is not None and not _is_first_name(span[-1], one.kind) and not _is_of_paper(span[-1]):
            article.mentions[key, span[-1].i] = one.code
            article.kinds[key, span[-1].i] = one.kind
            article.weight[one.code] += 1
    days = stated_days(doc.text, article.page.date)
    if offset < _HEAD and doc[-1].text not in (
        ".",
        "!",
        '"',
    ):  # the page's own day beside a headline is not the act's
        days = [day for day in days if day.day != article.page.date or day.basis != "stated"]
    for span in doc.sents:
        if span.text.strip():
            own = tuple(day for day in days if span.start_char <= day.start < span.end_char)
            article.sentences.append(Sentence(len(article.sentences), span, offset, own))


#: Seats of a union that are a state's capital, with that state.
_SHARED_SEATS = {"Brussels": "BEL"}


def _settle_seats(article: Article) -> None:
    """Take a shared seat for the capital where a page names its state and never the union."""
    shared: list[tuple[tuple[int, int], str]] = []
    plain: Counter[str] = Counter()
    for sentence in article.sentences:
        for token in sentence.span:
            code = article.state_at(token)
            if code is not None and token.text in _SHARED_SEATS:
                shared.append(((token.doc.user_data["block"], token.i), _SHARED_SEATS[token.text]))
            elif code is not None:
                plain[code] += 1
    for place, state in shared:
        union = article.mentions[place]
        if plain[state] and not plain[union]:
            article.mentions[place] = state
            article.kinds[place] = "capital"
            article.weight.update({state: 1, union: -1})
            article.weight += Counter()


#: Last words of the names of newspapers, broadcasters and agencies.
_PAPERS = words(
    "Times Post News Herald Tribune Daily Journal Observer Gazette Star Today Standard Telegraph Globe "
    "Broadcasting Mirror Monitor Chronicle Insider"
)


def _is_of_paper(token: Token) -> bool:
    """Whether a name is part of that of a newspaper ("The Fiji Times"), or of a regime that is gone."""
    if token.i > 0 and token.nbor(-1).text == "Nazi":
        return True
    end = token.i + 1 < len(token.doc)
    return end and token.nbor().text in _PAPERS and token.nbor().pos_ == "PROPN"


def _is_first_name(token: Token, kind: NameKind) -> bool:
    """Whether the name of a capital or state is the first name of a person ("Sofia Petrova")."""
    if kind not in ("capital", "name") or token.dep_ != "compound" or token.i + 1 >= len(token.doc):
        return False
    after = token.nbor(1)
    return (
        kind == "capital"
        and after == token.head
        and after.pos_ == "PROPN"
        and after.text.istitle()
        and token.text.istitle()
        and after.lower_ not in _NO_SURNAMES
    )


#: Words that follow a capital and are no surname.
_NO_SURNAMES = words(
    "government ministry embassy mayor court airport exchange university post times agreement accord "
    "treaty foreign city council district summit declaration state metro bank club police region province "
    "convention office consulate"
)


#: Days before its page at which a lead tells what is new.
_LEAD = 6


def lead_days(article: Article) -> Iterator[tuple[Sentence, date]]:
    """Weekdays that the first sentences name, each with its sentence, within a week before the page."""
    for sentence, day in _near_days(article):
        if day.basis == "weekday" or (day.basis == "stated" and day.is_relative):
            yield sentence, day.day


def _near_days(article: Article) -> Iterator[tuple[Sentence, Stated]]:
    page = article.page.date
    if page is None:
        return
    for one in article.sentences[:6]:
        for day in one.days:
            if not day.is_bound and 0 <= (page - day.day).days <= _LEAD and is_of_main_clause(day, one):
                yield one, day


def _lead_day(article: Article) -> date | None:
    """The weekday that the first sentences name, if it lies within a week before the page."""
    found = list(_near_days(article))
    latest = max((day.day for _, day in found), default=None)
    near = [day for one, day in found if not _is_last(day, one) or day.day == latest]
    spoken = [day for day in near if day.basis == "weekday" or (day.basis == "stated" and day.is_relative)]
    return next((day.day for day in (*spoken, *near) if day.basis in ("weekday", "stated")), None)


def _is_last(day: Stated, sentence: Sentence) -> bool:
    return sentence.span.doc.text[day.start : day.end].lower().startswith("last ")


#: Verbs that tell what befell, not what a government did.
_HAPPENING = words("occur happen erupt die kill explode crash sink collide")
#: Verbs by which a page names its source.
_REPORTING = words("say report announce add tell confirm")


def _is_source(clause: Token) -> bool:
    """Whether a clause only says who reported it: "has closed its embassy, the agency reported on Friday"."""
    is_marked = any(child.dep_ in ("mark", "advmod") for child in clause.children)
    return clause.dep_ == "advcl" and clause.lemma_ in _REPORTING and clause.tag_ == "VBD" and not is_marked


#: Verbs that tell of a meeting: "taken at a meeting chaired by the president on Friday".
_HELD = words("chair convene attend preside")
#: Occasions after which a government speaks.
MEETINGS = words("meeting session conference summit talk briefing cabinet vote phone call")


def is_of_main_clause(day: Stated, sentence: Sentence) -> bool:
    """Whether a day belongs to what a sentence reports and not to an aside on what came before."""
    if is_of_a_noun(day, sentence):
        return False
    span = sentence.span.doc.char_span(day.start, day.end, alignment_mode="expand")
    current = span.root if span is not None else sentence.span.root
    while current.head != current:
        is_aside = current.dep_ in ("relcl", "acl", "advcl") and current.tag_ not in ("VBG", "VB")
        is_aside = is_aside and current.lemma_ not in _HELD and not _is_source(current)
        if current.lemma_ in _HAPPENING:
            return False
        is_before = current.dep_ == "prep" and current.lower_ in ("after", "since", "following", "of", "over")
        if is_aside or (is_before and not any(child.lemma_ in MEETINGS for child in current.children)):
            return False
        current = current.head
    return current.lemma_ not in _HAPPENING


def _is_ahead(time: Token) -> bool:
    """Whether a weekday is one to come: "will close the crossing on Friday"."""
    prep = time.head if time.dep_ == "pobj" else time
    verb = prep.head
    helpers = {child.lower_ for child in verb.children if child.dep_ in ("aux", "auxpass")}
    is_headline = verb.dep_ == "ROOT" and verb.tag_ == "VB" and "to" in helpers
    return prep.i > verb.i and (is_headline or bool(helpers & {"will", "'ll", "shall"}))


def _is_of_occasion(time: Token) -> bool:
    """Whether a time behind an occasion dates it: "has expelled an envoy over the shots fired on Monday".

    What has been done has no day beside it, so that the day is that of what it answers.
    """
    prep = time.head if time.dep_ == "pobj" else time
    verb = prep.head
    is_perfect = verb.tag_ == "VBN" and any(
        child.dep_ == "aux" and child.lower_ in ("has", "have", "'s", "'ve") for child in verb.children
    )
    if not is_perfect or prep.i < verb.i:
        return False
    for place in range(prep.i - 1, verb.i, -1):
        word = verb.doc[place]
        if word.text in (",", ";", '"'):
            return False
        if word.lower_ in ("over", "after", "following", "despite") and word.dep_ in ("prep", "mark"):
            return True
    return False


def is_of_a_noun(day: Stated, sentence: Sentence) -> bool:
    """Whether a day dates a thing and not what is done to it: "a tweet of Aug. 1", "last year's election"."""
    span = sentence.span.doc.char_span(day.start, day.end, alignment_mode="expand")
    if span is None:
        return False
    if _is_of_occasion(span.root) or (day.basis == "weekday" and _is_ahead(span.root)):
        return True
    kinds: tuple[str, ...] = ("compound", "nmod") if day.basis == "stated" and not day.is_relative else ()
    if day.basis in ("month", "year"):
        kinds = ("poss", "compound", "nmod")
    return (
        span.root.dep_ in kinds and span.root.head.pos_ in ("NOUN", "PROPN") and span.root.head.i >= span.end
    )
