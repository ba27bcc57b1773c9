"""The day of an act: the time expression nearest in the tree, else the weekday of the lead, else the page's day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from retorsion.news.article import MEETINGS, Article, Sentence, is_of_a_noun, is_of_main_clause
from retorsion.news.candidate import DayBasis
from retorsion.news.counting import number
from retorsion.news.days import Stated
from retorsion.news.hit import Hit
from retorsion.news.phrases import lemma
from retorsion.news.tone import is_answered
from retorsion.news.who import COPULAS, SAYING, doer, verb_over
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

#: Days after which what a paragraph tells is the story so far.
_WEEKS = 20
_AT_THAT_TIME = re.compile(
    r"\s*(?:At (?:that|the) time|Then|On that day|That day|The same day|On the same day)\b"
)
_GOES_ON = re.compile(_AT_THAT_TIME.pattern + r"|\s*(?:It|He|She|They|[A-Z]\w+) also\b")


def when(hit: Hit, actor: str) -> tuple[date | None, DayBasis]:
    """Day of an act of a side and how it is known."""
    sentence, article, verb = hit.sentence, hit.article, _telling(hit)
    page = article.page.date
    choices = []
    for stated in sentence.days:
        if page is not None and _is_past(stated, verb, sentence):
            stated = replace(stated, day=stated.in_past(page))
        is_bound = stated.is_bound and not _is_since(stated, hit) and hit.frame.act_type != "agreement"
        if is_bound or is_of_a_noun(stated, sentence) or (page is not None and stated.day > page):
            continue
        if stated.basis == "year" and hit.frame.is_speech:
            continue  # it dates what is spoken of
        distance = _distance(stated, verb, sentence)
        if distance is not None:
            exact = {"stated": 0, "weekday": 0, "days_after": 1, "month": 2, "year": 3}.get(stated.basis, 3)
            choices.append((distance + 0.2 * exact, stated.start, stated))
    if choices:
        best = min(choices, key=lambda one: one[:2])[2]
        return best.day, best.basis
    if (earlier := _days_before(hit)) is not None:
        return earlier, "days_after"
    if (carried := _carried(sentence, article)) is not None:
        return carried.day, carried.basis
    if sentence.span.root.tag_ in ("VBD", "VBN") and (past := _in_past(sentence, article)) is not None:
        return past.day, past.basis
    if _had(verb) and (one := _only_far(sentence, article)) is not None:
        return one.day, one.basis
    if not hit.frame.is_speech and (far := _far(sentence, article)) is not None:
        return far.day, far.basis
    if (told := _of_same_side(hit, actor)) is not None:
        return told, "lead_weekday"
    if (known := hit.who.side_days.get(actor, article.lead_day)) is not None:
        return known, "lead_weekday"
    return (page, "page_date") if page is not None else (None, "none")


def _is_since(stated: Stated, hit: Hit) -> bool:
    """Whether a day is that from which a measure has stood: "Since May 3, Chile has barred"."""
    before = hit.sentence.span.doc.text[: stated.start]
    helpers = {child.lower_ for child in hit.verb.children if child.dep_ == "aux"}
    is_perfect = hit.verb.tag_ == "VBN" and bool(helpers & {"has", "have"})
    is_led = re.search(r"(?:^|[\n.!?\"] *)Since $", before) is not None
    return is_perfect and is_led and stated.basis == "stated" and not hit.frame.is_speech


def _is_past(stated: Stated, verb: Token, sentence: Sentence) -> bool:
    """Whether an act, or the verb on which its time hangs, is told in the past."""
    span = sentence.span.doc.char_span(stated.start, stated.end, alignment_mode="expand")
    holder = _holder(span.root) if span is not None else None
    return any(one is not None and one.tag_ in ("VBD", "VBN") for one in (verb, holder))


def _telling(hit: Hit) -> Token:
    """The verb whose day is sought: a judgement is passed when it is said, not when what it blames was done."""
    over = verb_over(hit.verb)
    is_said = hit.frame.is_speech and over is not None and lemma(over) in SAYING | _ALLEGING
    return over if is_said and over is not None and lemma(hit.verb) in COPULAS else hit.verb


_ALLEGING = words("allege complain protest maintain")
#: Days of a unit in "came two days after it expelled"; hours lie within the day.
_UNITS = {"hour": 0, "minute": 0, "day": 1, "week": 7}


def _days_before(hit: Hit) -> date | None:
    """Day of what a clause tells by its distance: "came a day after it expelled an envoy"."""
    verb, article = _led_clause(hit.verb), hit.article
    mark = next((child for child in verb.children if child.lower_ == "after" and child.i < verb.i), None)
    if mark is None or mark.i == 0:
        return None
    unit = mark.nbor(-1)
    if lemma(unit) not in _UNITS or (unit.dep_ == "pobj" and unit.head.lower_ in ("within", "in", "for")):
        return None
    said = next((child for child in unit.children if child.i < unit.i), None)
    count = number(said) or (1 if said.lower_ in ("a", "one", "the") else None) if said is not None else None
    if unit.tag_ == "NNS" and count is None and _UNITS[lemma(unit)]:
        return None
    anchor = article.lead_day or article.page.date
    subject = next((child for child in verb.head.children if child.dep_ == "nsubj"), None)
    if subject is not None and subject.lower_ in ("that", "this", "it") and hit.sentence.number:
        before = [day for day in article.sentences[hit.sentence.number - 1].days if not day.is_bound]
        anchor = before[0].day if len(before) == 1 else anchor
    if subject is not None and hit.who.is_deed_told(subject):
        anchor = hit.who.deed_day[0] or anchor
    own = [day.day for day in hit.sentence.days if not day.is_bound and is_of_main_clause(day, hit.sentence)]
    anchor = own[0] if len(own) == 1 else anchor
    return anchor - timedelta(days=_UNITS[lemma(unit)] * (count or 1)) if anchor is not None else None


def _led_clause(verb: Token) -> Token:
    """The clause of time in which a verb tells what someone said: "hours after it announced that it will ban"."""
    current = verb
    while current.dep_ in ("ccomp", "xcomp") and current.head.pos_ == "VERB":
        current = current.head
    return current if current.dep_ == "advcl" else verb


def _carried(sentence: Sentence, article: Article) -> Stated | None:
    """The day of the sentence before, where this one goes on about it: "At that time, it also banned"."""
    current = sentence
    while current.number > 0 and not current.days and _GOES_ON.match(current.span.text):
        current = article.sentences[current.number - 1]
        if (
            current.offset != sentence.offset
            and not _AT_THAT_TIME.match(sentence.span.text)
            and current.offset + 2_000 < sentence.offset
        ):
            return None
    if current is sentence:
        return None
    days = [day for day in current.days if not day.is_bound]
    return days[0] if len(days) == 1 else None


def _in_past(sentence: Sentence, article: Article) -> Stated | None:
    """The one day of the sentence just before in the same paragraph, if it lies weeks before the page."""
    before = article.sentences[sentence.number - 1] if sentence.number else None
    if before is None or before.offset != sentence.offset or sentence.days or article.page.date is None:
        return None
    days = [day for day in before.days if not day.is_bound]
    return days[0] if len(days) == 1 and (article.page.date - days[0].day).days > _WEEKS else None


def _far(sentence: Sentence, article: Article) -> Stated | None:
    """The one day of a sentence, if it lies weeks before the page: nothing in it is then of today."""
    days = [day for day in sentence.days if not day.is_bound and not is_of_a_noun(day, sentence)]
    page = article.page.date
    is_far = page is not None and len(days) == 1 and (page - days[0].day).days > _WEEKS
    return days[0] if is_far and is_of_main_clause(days[0], sentence) else None


def _had(verb: Token) -> bool:
    return any(child.dep_ == "aux" and child.lower_ == "had" for child in verb.children)


def _only_far(sentence: Sentence, article: Article) -> Stated | None:
    """The one day of a sentence, if it lies weeks before the page: it dates what had been done."""
    days = [day for day in sentence.days if not day.is_bound and not is_of_a_noun(day, sentence)]
    page = article.page.date
    return days[0] if page is not None and len(days) == 1 and (page - days[0].day).days > _WEEKS else None


def _of_same_side(hit: Hit, actor: str) -> date | None:
    """The near day of the sentence just before, if the same side acts or speaks in it."""
    if not hit.sentence.number:
        return None
    before = hit.article.sentences[hit.sentence.number - 1]
    subject = doer(before.span.root)
    days = [
        day.day
        for day in before.days
        if not day.is_bound and _is_near(day, hit.article) and is_of_main_clause(day, before)
    ]
    is_same = subject is not None and actor in hit.who.states(subject)
    return days[0] if is_same and len(days) == 1 else None


def _is_near(day: Stated, article: Article) -> bool:
    """Whether a day is a weekday, or one of the week before the page."""
    page = article.page.date
    is_stated = day.basis == "stated" and page is not None and 0 <= (page - day.day).days <= 7
    return day.basis == "weekday" or is_stated


def latest_round(sentence: Sentence) -> tuple[date, DayBasis] | None:
    """Day of the last round beside a running total ("most recently on Friday"); None if the sentence names none."""
    text = sentence.span.doc.text
    for stated in sentence.days:
        if re.search(
            r"\b(?:most recently|most lately|the latest|latest round)\b[^.;]{0,25}$",
            text[: stated.start],
            re.IGNORECASE,
        ):
            return stated.day, stated.basis
    return None


def _distance(stated: Stated, verb: Token, sentence: Sentence) -> float | None:
    """Steps between a time expression and an act in the tree; None if it belongs to another act."""
    span = sentence.span.doc.char_span(stated.start, stated.end, alignment_mode="expand")
    if span is None:
        return None
    time = span.root
    if (occasion := _occasion_of(time)) is not None:
        return 0.5 if verb in occasion.subtree else None
    holder = _holder(time)
    if holder is None:
        return 2.0
    up = _path(verb)
    if holder.i in up:
        return 0.3 * up[holder.i]
    below = _path(holder)
    if verb.i in below:
        return None if _crosses(holder, verb) else 0.5 + 0.3 * below[verb.i]
    siblings = _path(verb).keys() & below.keys()
    if (
        siblings
        and holder.dep_ not in ("acl", "relcl")
        and not _is_reason_clause(holder)
        and not _is_reason_clause(verb)
    ):
        return 2.5
    return None


def _occasion_of(time: Token) -> Token | None:
    """What is answered, if a time expression dates it: "protested over the shots of 3 May"."""
    current = time
    while current.head != current and current.pos_ not in ("VERB", "AUX"):
        current = current.head
        if is_answered(current):
            return current if lemma(current) not in MEETINGS else None
    return None


def _holder(time: Token) -> Token | None:
    """The verb on which a time expression hangs."""
    current = time
    for _ in range(12):
        if current.pos_ in ("VERB", "AUX") and current != time:
            return current
        if current.head == current:
            return current if current.pos_ in ("VERB", "AUX") else None
        current = current.head
    return None


def _path(token: Token) -> dict[int, int]:
    """Verbs from a word up to the root, with the number of verbs between; it does not leave a clause of reason."""
    found = {token.i: 0}
    current, steps = token, 0
    for _ in range(20):
        if current.head == current:
            break
        if (current.dep_ == "relcl" and not _is_time(current)) or _is_reason_clause(current):
            break
        if is_answered(current):
            break
        current = current.head
        if current.pos_ in ("VERB", "AUX"):
            steps += 1
            found.setdefault(current.i, steps)
    return found


def _is_time(clause: Token) -> bool:
    """Whether a clause says what was done at the time that it follows: "on July 4, when Japan tightened"."""
    return any(child.lower_ == "when" for child in clause.children)


def _is_reason_clause(token: Token) -> bool:
    marks = {child.lower_ for child in token.children if child.dep_ in ("mark", "advmod")}
    return token.dep_ == "advcl" and bool(marks & {"after", "since", "because", "before", "until", "once"})


def _crosses(holder: Token, verb: Token) -> bool:
    current = holder
    while current != verb and current.head != current:
        if (current.dep_ in ("relcl", "acl") and not _is_time(current)) or _is_reason_clause(current):
            return True
        current = current.head
    return False
