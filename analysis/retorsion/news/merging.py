"""Events of a page made into candidates: what several sentences say of one act becomes one."""

from __future__ import annotations

from dataclasses import replace

from retorsion.news.article import Article
from retorsion.news.candidate import Candidate
from retorsion.news.events import Event
from retorsion.news.judging import judged
from retorsion.news.words import words

#: How exact each basis of a day is; the most exact is kept.
_EXACT = {
    "stated": 0,
    "weekday": 0,
    "days_after": 1,
    "lead_weekday": 2,
    "page_date": 3,
    "month": 4,
    "year": 5,
    "none": 6,
}
#: Types that say no more than that there were sanctions; they fall where the page says of what kind.
_GENERAL = frozenset(["sanctions_imposed", "sanctions_announced", "trade_measure_announced"])
#: Types that say of what kind sanctions were.
_EXACT_TYPES = words(
    "asset_freeze entry_ban visa_limits financial_restriction capital_market_ban investment_ban "
    "services_ban export_ban_goods export_ban_entities export_licensing import_ban trade_suspended "
    "price_cap tariff_measure"
)
_DAYS_APART = 7


def candidates(article: Article, events: list[Event]) -> list[Candidate]:
    """Candidates of an article, by their place in it.

    Events of one actor, target and type become one if their days are the same, or if one of the days is only that of
    the lead or page and they lie within a week, unless they count differently.
    """
    kept: list[Event] = []
    for event in sorted(
        events, key=lambda one: (_is_aside(one), _EXACT[one.basis], -one.confidence, _place(one))
    ):
        place = next((number for number, other in enumerate(kept) if _is_same(event, other)), None)
        if place is None:
            kept.append(event)
        else:
            kept[place] = _joined(kept[place], event)
    kept = [event for event in kept if not _is_said_better(event, kept) and not _is_guessed(event, kept)]
    return [
        _candidate(article, event, judged(event, events, article))
        for event in sorted(kept, key=lambda one: (_place(one), one.frame.name, one.actor, one.target))
    ]


def _place(event: Event) -> int:
    return event.sentence.offset + event.trigger.idx


def _is_aside(event: Event) -> bool:
    """Whether it is told as what came before, on no day of its own."""
    return event.is_background and 2 <= _EXACT[event.basis] <= 3


def _is_same(one: Event, other: Event) -> bool:
    if (one.actor, one.target, one.act_type, one.is_total) != (
        other.actor,
        other.target,
        other.act_type,
        other.is_total,
    ):
        return False
    if not one.counts.fits(other.counts):
        return False
    if one.day is None or other.day is None or one.day == other.day:
        return True
    if _is_aside(one) or _is_aside(other):
        return True  # it was told as what came before, and the page says elsewhere when
    is_loose = min(_EXACT[one.basis], _EXACT[other.basis]) >= 2 or max(
        _EXACT[one.basis], _EXACT[other.basis]
    ) in (1, 2, 3)
    return is_loose and abs((one.day - other.day).days) <= _DAYS_APART


def _joined(kept: Event, other: Event) -> Event:
    return replace(
        kept,
        counts=kept.counts.filled(other.counts),
        reply=kept.reply or other.reply,
        is_announcement=kept.is_announcement and other.is_announcement,
        confidence=max(kept.confidence, other.confidence),
    )


def _is_said_better(event: Event, kept: list[Event]) -> bool:
    """Whether a general word for sanctions only repeats what the page says more exactly."""
    if event.act_type not in _GENERAL or event.is_total:
        return False
    return any(
        other is not event
        and other.act_type in _EXACT_TYPES
        and not other.is_total
        and (other.actor, other.target) == (event.actor, event.target)
        and _is_explained(event, other)
        and not other.frame.is_speech
        and other.is_announcement == event.is_announcement
        for other in kept
    )


def _is_guessed(event: Event, kept: list[Event]) -> bool:
    """Whether a side was only guessed of an act that the page tells elsewhere with its side named."""
    return any(
        other.act_type == event.act_type
        and other.is_total == event.is_total
        and (
            (event.is_target_loose and not other.is_target_loose and other.actor == event.actor)
            or (event.is_actor_loose and not other.is_actor_loose and other.target == event.target)
        )
        and (other.actor, other.target) != (event.actor, event.target)
        and (event.day is None or other.day is None or abs((event.day - other.day).days) <= _DAYS_APART)
        for other in kept
    )


def _is_explained(event: Event, other: Event) -> bool:
    """Whether the words of one hang on those of the other, as in "sanctions, including a freeze of assets"."""
    if event.sentence.number != other.sentence.number:
        return False
    for low, high in ((event.trigger, other.trigger), (other.trigger, event.trigger)):
        current = low
        while current.head != current and current != high:
            if current.dep_ == "conj":
                break
            current = current.head
        if current == high:
            return True
    return False


def _candidate(article: Article, event: Event, confidence: float) -> Candidate:
    page = article.page
    text = event.sentence.span.text
    begin = event.sentence.offset + event.sentence.span.start_char + len(text) - len(text.lstrip())
    end = event.sentence.offset + event.sentence.span.start_char + len(text.rstrip())
    start, stop = page.span(begin, end)
    is_total = event.is_total
    return Candidate(
        page=page.name,
        page_sha256=page.sha256,
        url=page.url,
        page_date=page.date,
        page_date_basis=page.date_basis,
        kind="total" if is_total else "act",
        date=page.date if is_total else event.day,
        date_basis="page_date" if is_total and page.date else event.basis,
        actor_code=event.actor,
        target_code=event.target,
        act_type=event.act_type,
        phase_type="announcement" if event.is_announcement else "decision",
        n_individuals=event.counts.n_individuals,
        n_banks=event.counts.n_banks,
        n_other_bodies=event.counts.n_other_bodies,
        reply_words=event.reply,
        reply_to="",
        doubles="",
        start=start,
        end=stop,
        evidence=page.text[start:stop],
        trigger=event.trigger.text,
        frame=event.frame.name,
        confidence=round(confidence, 2),
    )
