"""How likely a candidate is right: a logistic judgement of how its sentence and its page tell it.

What is looked at is general: the clause, the doer, the sides, the day, the place on the page, and what else the page
tells. No word of an act and no name is looked at. The weights stand in ``judgement.csv`` beside this module: the trait,
its weight in log odds, and the share of candidates that have it. They are those of a logistic regression with a ridge
of 25 on 1,521 candidates of 397 coded pages, each read by the reader as it was before it learnt from the page; what it
leaves out as told in passing was kept. Of 94 traits the 60 that tell most were kept, and the weights fitted again.
``tests/truth/test_news_judgement.py`` fits them from the traits of the candidates.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from retorsion.news.article import Article
from retorsion.news.who import OFFICES, SAYING, doer, verb_over

if TYPE_CHECKING:
    from spacy.tokens import Token

    from retorsion.news.events import Event

#: Confidence below which a candidate is left out unless a user asks for it.
LEAST = 0.5
#: The row of the table that holds the constant.
CONSTANT = "constant"
_HEDGED = re.compile(
    r"\b(?:could|may|might|would|should|if|whether|plan\w*|consider\w*|threat\w*|urg\w+|propos\w+|demand\w*|want\w*"
    r"|seek\w*|expected|possib\w+|potential\w*|reportedly|allegedly)\b",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:had|since|previous\w*|earlier|already|last (?:year|month)|ago|in recent|formerly|began|repeated\w*|years?"
    r"|months?|decades?)\b",
    re.IGNORECASE,
)
_OCCASION = re.compile(
    r"\b(?:after|following|amid|over|in response to|in retaliation|despite|because|due to|in the wake)\b",
    re.IGNORECASE,
)
#: Days by which what a page tells is behind it, as the ends of the steps that are told apart.
_SOON, _WEEK = 1, 7
#: Sentences that are taken for the lead, and those after which a page is taken to tell what came before.
_LEAD, _EARLY, _LATE = 0, 3, 6


def judged(event: Event, events: Sequence[Event], article: Article) -> float:
    """How likely an event is right in actor, target, type and day, between 0 and 1.

    Args:
        event: The event.
        events: All events of its article.
        article: The article.
    """
    weights = load_judgement()
    found = sorted(traits(event, events, article) & weights.keys())
    total = weights[CONSTANT] + math.fsum(weights[trait] for trait in found)
    return 1 / (1 + math.exp(-total))


@cache
def load_judgement() -> Mapping[str, float]:
    """Weights of ``judgement.csv`` by trait, with the constant."""
    text = files("retorsion.news").joinpath("judgement.csv").read_text(encoding="utf-8")
    return {row["trait"]: float(row["weight"]) for row in csv.DictReader(text.splitlines())}


def traits(event: Event, events: Sequence[Event], article: Article) -> frozenset[str]:
    """What can be said of how an event is told; those that have no weight count for nothing."""
    return frozenset(
        (
            *_of_clause(event.verb, event),
            *_of_doer(event, article),
            *_of_names(event, article),
            *_of_page(event, article),
            *_of_day(event, article),
            *_of_words(event),
            *_of_others(event, events),
        )
    )


def _of_clause(verb: Token, event: Event) -> Iterator[str]:
    """The clause that tells it, its tense, and what the act is."""
    if verb.dep_ == "conj":
        yield "coordinated"
    above = _told_by(verb)
    links = _links(above)
    yield "main_clause" if not links else f"clause_{above.dep_}"
    yield "verbal" if verb == event.trigger else "nominal"
    for trait, kinds in (
        ("relative", {"relcl", "acl"}),
        ("adverbial", {"advcl"}),
        ("behind_preposition", {"pobj", "pcomp"}),
        ("reported", {"ccomp"}),
    ):
        if kinds & set(links):
            yield trait
    if len(links) >= 3:
        yield "deep"
    helpers = {child.lower_ for child in verb.children if child.dep_ in ("aux", "auxpass")}
    if "had" in helpers:
        yield "had_done"
    elif helpers & {"has", "have"}:
        yield "has_done"
    elif any(child.dep_ == "auxpass" for child in verb.children):
        yield "passive"
    elif verb.tag_ == "VBD":
        yield "past"
    for trait, holds in (
        ("speech", event.frame.is_speech),
        ("announced", event.is_announcement),
        ("total", event.is_total),
        ("counted", not event.counts.is_empty),
        ("old", event.is_old),
    ):
        if holds:
            yield trait


def _told_by(verb: Token) -> Token:
    """The verb in whose clause an act is told: "plans to ban and to tax it" are told by who "has introduced plans"."""
    current = verb
    for _ in range(6):
        is_bare = current.tag_ == "VB" and current.dep_ in ("xcomp", "acl")
        above = verb_over(current) if is_bare else current.head if current.dep_ == "conj" else None
        if above is None or above == current or above.pos_ not in ("VERB", "AUX"):
            break
        current = above
    return current


def _links(token: Token) -> list[str]:
    """How a word and those above it hang on the next, up to the root."""
    found: list[str] = []
    while token.head != token and len(found) < 20:
        found.append(token.dep_)
        token = token.head
    return found


def _of_doer(event: Event, article: Article) -> Iterator[str]:
    """How the two sides were found, and who the grammar says does it."""
    yield f"actor_{event.how}"
    yield f"target_{event.aim_how}"
    verb, states = _told_by(event.verb), event.hit.who.states
    subjects = [child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]
    if not subjects:
        yield "no_subject"
    elif any(article.state_at(part) == event.actor for part in subjects[0].subtree):
        yield "actor_in_subject"
    subject = doer(verb) if event.verb == event.trigger else None
    if subject is None:
        yield "doer_missing"
    else:
        yield _doer_kind(subject, event, article)
        if verb.head == verb and event.actor in states(subject):
            yield "doer_of_main_clause"
    teller = doer(verb.head) if verb.dep_ == "ccomp" and verb.head.lemma_ in SAYING else None
    if teller is not None:
        told = states(teller)
        is_actor, is_target = event.actor in told, event.target in told
        yield "told_by_actor" if is_actor else "told_by_target" if is_target else "told_by_other"


def _doer_kind(subject: Token, event: Event, article: Article) -> str:
    if article.state_at(subject) == event.actor:
        return "doer_state"
    if subject.text in article.bound:
        return "doer_person"
    if event.actor in event.hit.who.states(subject):
        return "doer_of_state"
    if subject.pos_ == "PRON":
        return "doer_pronoun"
    return "doer_office" if subject.lemma_.lower() in OFFICES else "doer_other"


def _of_names(event: Event, article: Article) -> Iterator[str]:
    """Where the sentence names the two sides, and whom else."""
    named = [(one.i, code) for one in event.sentence.span if (code := article.state_at(one)) is not None]
    here = event.trigger.i
    actors = [place for place, code in named if code == event.actor]
    targets = [place for place, code in named if code == event.target]
    first = min([*actors, here])
    for trait, holds in (
        ("actor_before", any(place < here for place in actors)),
        ("actor_after", bool(actors) and min(actors) > here),
        ("actor_unnamed", not actors),
        ("target_before", bool(targets) and max(targets) < here and event.verb.dep_ != "conj"),
        ("target_unnamed", not targets),
        ("others_between", any(first < at < here for at, code in named if code not in _sides(event))),
        ("many_named", len({code for _, code in named}) > 3),
    ):
        if holds:
            yield trait


def _sides(event: Event) -> tuple[str, str]:
    return event.actor, event.target


def _of_page(event: Event, article: Article) -> Iterator[str]:
    """Where on the page it is told, and how much of the page the two sides are."""
    number = event.sentence.number
    yield (
        "in_lead"
        if number <= _LEAD
        else "early"
        if number <= _EARLY
        else "late"
        if number > _LATE
        else "middle"
    )
    if number > 0.66 * len(article.sentences):
        yield "in_last_third"
    most = {code for code, _ in sorted(article.weight.items(), key=lambda one: (-one[1], one[0]))[:2]}
    if most == set(_sides(event)):
        yield "main_pair"
    elif not most & set(_sides(event)):
        yield "neither_main"
    yield f"states_{'few' if len(article.weight) <= 2 else 'some' if len(article.weight) <= 5 else 'many'}"
    told = {article.state_at(one) for sentence in article.sentences[:3] for one in sentence.span}
    if event.actor not in told:
        yield "actor_not_in_lead"
    if event.target not in told:
        yield "target_not_in_lead"


def _of_day(event: Event, article: Article) -> Iterator[str]:
    """How its day is known, and what other days stand beside it."""
    yield f"day_{event.basis}"
    days = event.sentence.days
    yield "sentence_no_day" if not days else "sentence_one_day" if len(days) == 1 else "sentence_days"
    if any(one.day != event.day for one in days):
        yield "other_day"
    if article.page.date is not None and event.day is not None:
        back = (article.page.date - event.day).days
        yield (
            "day_later"
            if back < 0
            else "day_of_page"
            if back == 0
            else "day_before_page"
            if back <= _SOON
            else "week_before_page"
            if back <= _WEEK
            else "long_before_page"
        )


def _of_words(event: Event) -> Iterator[str]:
    """Words of its sentence that tell of plans, of what came before, or of occasions."""
    text = event.sentence.span.text
    before = text[: max(0, event.trigger.idx - event.sentence.span.start_char)]
    for trait, holds in (
        ("hedged", _HEDGED.search(text)),
        ("earlier", _EARLIER.search(text)),
        ("occasion", _OCCASION.search(text)),
        ("occasion_before", _OCCASION.search(before)),
        ("quotes", '"' in text),
        ("quoted", before.count('"') % 2),
        ("commas", text.count(",") >= 3),
        ("reply", event.reply),
    ):
        if holds:
            yield trait


def _of_others(event: Event, events: Sequence[Event]) -> Iterator[str]:
    """What else the page tells of the two sides and of acts of this type."""
    sides = _sides(event)
    same = sum(_sides(one) == sides for one in events)
    reverse = sum(_sides(one) == sides[::-1] for one in events)
    alike = [one for one in events if one.act_type == event.act_type]
    here = {one.trigger.i for one in events if one.sentence is event.sentence} - {event.trigger.i}
    beside = set(event.verb.conjuncts)
    for trait, holds in (
        ("in_one_breath", any(_sides(one) == sides and one.verb in beside for one in events)),
        ("only_one", same == 1),
        ("only_one_against", same == 1 and reverse > 1),
        ("answered", reverse > 0),
        ("repeated", sum(_sides(one) == sides for one in alike) > 1),
        ("of_others_too", any(_sides(one) != sides for one in alike)),
        ("with_others", bool(here)),
    ):
        if holds:
            yield trait
