"""Acts that a parsed article reports: frames applied to verbs and nouns, with doer, target, tone, day and counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from retorsion.news.article import Article, Sentence
from retorsion.news.candidate import DayBasis
from retorsion.news.counting import Counts, brought_to, counts, is_one, is_round, is_total, standing_at
from retorsion.news.doers import UNDERGO, doers, is_own_abroad, owner
from retorsion.news.frames import Frame, Frames, Verb
from retorsion.news.hit import Hit
from retorsion.news.phrases import (
    after_particle,
    core,
    governing,
    holds,
    lemma,
    noun_objects,
    objects,
    phrase,
    spelled,
    through,
)
from retorsion.news.targets import AimHow, partner, targets
from retorsion.news.times import latest_round, when
from retorsion.news.tone import Tone, tone
from retorsion.news.who import DEEDS, How, Who, doer
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

_REPLY = re.compile(
    r"\b(?:in (?:retaliation|response|reply|answer|reaction|reprisal|protest)(?: (?:to|for|of|at|over"
    r"|against))?|as (?:a )?(?:retaliation|response|reprisal)(?: (?:to|for|against))?"
    r"|retaliat\w+(?: (?:against|to|for))?|reciprocal\w*|tit-for-tat|hit(?:s|ting)? back(?: at)?"
    r"|respond\w* to|a response to|countermeasures? (?:to|against)|mirror\w*"
    r"|over|after|following|because of|due to)\b[^,.;]*",
    re.IGNORECASE,
)
_HIT = words(
    "hit slap target strike punish place put bring subject penalise penalize respond retaliate react "
    "answer counter reply reciprocate"
)
_IN_FORCE = (
    "take effect",
    "come into",
    "enter into force",
    "go into effect",
    "be announce",
    "be introduce",
    "be impose",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One act as one sentence reports it; most fields are those of a candidate.

    Attributes:
        hit: The frame and the words at which it applies.
        how: How the actor was found.
        aim_how: How the target was found.
        is_background: Whether it is told as what came before.
        is_old: Whether it is told in passing, on a day that nothing says.
    """

    hit: Hit
    sentence: Sentence
    frame: Frame
    trigger: Token
    actor: str
    target: str
    act_type: str
    is_announcement: bool
    is_total: bool
    day: date | None
    basis: DayBasis
    counts: Counts
    reply: str
    confidence: float
    how: How = "named"
    aim_how: AimHow = "object"
    is_background: bool = False
    is_old: bool = False

    @property
    def verb(self) -> Token:
        """The verb that tells it; the trigger itself in a sentence that only sums up what others told."""
        return self.hit.verb if self.hit.sentence is self.sentence else self.trigger

    @property
    def is_actor_loose(self) -> bool:
        """Whether the actor is only that of the page or of the act told last."""
        return self.how in ("page", "deed")

    @property
    def is_target_loose(self) -> bool:
        """Whether the target is only one that the sentence or page names."""
        return self.aim_how == "page" or (self.aim_how == "sentence" and self.act_type not in _LISTINGS)


class Finder:
    """Finds events in articles by frames."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self._support = frames.words["support"]

    def events(self, article: Article) -> list[Event]:
        """Events of an article, in the order of its words."""
        who = Who(article)
        found: list[Event] = []
        for sentence in article.sentences:
            if not sentence.span.text.rstrip().endswith("?"):
                events = list(self._in(sentence, who))
                if deeds := [event for event in events if not event.frame.is_speech]:
                    who.deeds = list(dict.fromkeys(event.actor for event in deeds))
                    who.deed_day = deeds[-1].day, deeds[-1].basis
                    who.deed_aims = list(dict.fromkeys(event.target for event in deeds))
                    for actor in who.deeds:
                        who.aims[actor] = [event.target for event in deeds if event.actor == actor]
                found.extend(events)
                found.extend(_standing(sentence, found))
            who.advance(sentence)
        return found

    def _in(self, sentence: Sentence, who: Who) -> Iterator[Event]:
        """Events of a sentence: by its verbs, then by nouns that no verb has taken for its object."""
        taken: set[int] = set()
        for token in sentence.span:
            if lemma(token) in self.frames.by_verb and _is_verb(token):
                for frame, acted in self._of_verb(token):
                    taken |= {one.i for one in acted if not frame.is_speech}
                    yield from _made(Hit(frame, token, token, tuple(acted), sentence, who))
        for token in sentence.span:
            is_verb = lemma(token) in self.frames.by_verb and _is_verb(token)
            is_noun = (
                token.i not in taken
                and token.pos_ in ("NOUN", "PROPN", "VERB")
                and not is_verb
                and token.dep_ != "compound"
            )
            if is_noun and lemma(token) in self.frames.by_noun:
                yield from self._by_noun(token, sentence, who)

    def _of_verb(self, verb: Token) -> Iterator[tuple[Frame, list[Token]]]:
        """Frames that a verb calls up, each with what is acted upon; the first that fits an object has it."""
        is_denied = tone(verb).is_denied
        inner, outer = phrase(verb, is_whole=True), phrase(verb, is_whole=True, with_clauses=True)
        acted = objects(verb)
        wide, said = spelled(outer), spelled(phrase(verb, with_clauses=True))
        narrow = spelled(inner) if all(one in inner or one.i < verb.i for one in acted) else wide
        matched: set[int] = set()
        for frame, spec in self.frames.by_verb[lemma(verb)]:
            if frame.is_negated != is_denied or (matched and not frame.objects) or not _fits_verb(verb, spec):
                continue
            reached = _reached(verb, spec, frame, acted)
            fitting = [one for one in reached if one.i not in matched and core(one) & frame.objects]
            if frame.objects and not fitting:
                continue
            line = _line_of(verb, fitting, acted, narrow) if frame.objects else wide
            if frame.is_speech and not frame.objects:
                line = said + spelled(one for one in outer if one.dep_ == "oprd")  # it may hang too low
            if not _says(frame, line) or not _has_subject(verb, frame):
                continue
            matched |= {one.i for one in fitting} or {verb.i}
            is_through = bool(fitting) and not any(one in acted for one in fitting)
            yield frame, acted + fitting if is_through else fitting or acted
            if not frame.objects:
                return

    def _by_noun(self, noun: Token, sentence: Sentence, who: Who) -> Iterator[Event]:
        over = governing(noun)
        if over is None:
            return
        acted = noun_objects(noun) | {lemma(noun)}
        line = spelled(phrase(noun, is_whole=True))
        for frame in self.frames.by_noun[lemma(noun)]:
            if (frame.objects and not acted & frame.objects) or not _says(frame, line):
                continue
            if self._is_supported(*over):
                yield from _made(Hit(frame, noun, over[0], (noun,), sentence, who))
            elif owner(noun, who, sentence):
                yield from _told(Hit(frame, noun, noun, (noun,), sentence, who))
            return

    def _is_supported(self, verb: Token, how: str) -> bool:
        """Whether a verb says that what the noun names was done."""
        word = lemma(verb)
        if how in ("dobj", "nsubjpass", "oprd", "conj", "attr", "appos", "dep") and word in self._support:
            return True
        if word == "be" and (
            how == "attr" or (how == "nsubj" and any(child.lower_ == "among" for child in verb.children))
        ):
            return True
        if how == "dobj" and word in UNDERGO:
            return True
        if how == "nsubj":
            return holds(spelled(phrase(verb)), _IN_FORCE)
        if how == "in":
            return word == "join"
        if how in ("with", "by", "to"):
            return word in _HIT
        return False


#: Words by which a count is that of each of several sides.
_EACH = re.compile(r"\b(?:each|both|apiece|respectively)\b")


def _made(hit: Hit) -> Iterator[Event]:
    meant = tone(hit.verb)
    if not meant.is_real or meant.is_denied != hit.frame.is_negated:
        return
    if not hit.frame.is_speech and ((meant.is_future and _is_outcome(hit.verb)) or _is_purpose(hit.verb)):
        return
    actors, how = doers(hit)
    day, basis = when(hit, actors[0] if actors else "")
    if how == "deed" and basis in _WEAK_DAYS:
        day, basis = hit.who.deed_day
    if _is_of_no_day(hit, meant, basis) or _is_only_said(hit, actors):
        return
    is_old = _is_old(hit, meant, basis)
    for actor in actors:
        is_own = (
            bool(hit.frame.own_type)
            and lemma(hit.verb) != "give"
            and not _is_of_those_named(hit, actors)
            and (
                any(actor in hit.who.own(one, hit.sentence) for one in hit.acted)
                or _is_call_home(hit, actor)
                or is_own_abroad(hit, actor)
            )
        )
        aims, aim_how = targets(hit, actor)
        # Those who act together aim at one side.
        is_shared = len(actors) > 1 and hit.frame.act_type not in _MUTUAL
        if is_shared and aim_how in ("sentence", "page") and set(aims) <= set(actors):
            aims = _common_aim(hit, actors) or aims
        for aim in aims:
            event = _event(hit, actor, aim, meant, is_own=is_own, is_alone=len(aims) == 1)
            if len(actors) > 1 and not hit.frame.is_speech and not _EACH.search(hit.sentence.span.text):
                event = replace(event, counts=Counts(), is_total=False)  # what several did together
            loss = _LOSS[how] + _LOSS[aim_how] + _LOSS[basis]
            event = replace(
                event,
                day=day,
                basis=basis,
                confidence=round(max(0.05, 0.95 - loss), 2),
                how=how,
                aim_how=aim_how,
                is_background=meant.is_background,
                is_old=is_old,
            )
            yield event
            yield from _totals(event, hit)


def _is_of_those_named(hit: Hit, actors: list[str]) -> bool:
    """Whether "their" means those acted upon before: "recalled its envoys to Chile and Peru and summoned theirs"."""
    is_plural = any(child.lower_ == "their" for one in hit.acted for child in one.children)
    return is_plural and len(actors) == 1 and hit.verb.dep_ == "conj"


def _is_call_home(hit: Hit, actor: str) -> bool:
    """Whether those told to return are the doer's own: "Chile told the Chilean consul to return"."""
    going = [
        below for below in hit.verb.children if below.dep_ in ("xcomp", "ccomp") and lemma(below) == "return"
    ]
    named = any(actor in hit.who.of_modifiers(one) for one in hit.acted)
    places = [
        part for one in going for part in one.subtree if part.dep_ == "pobj" and part.head.lower_ == "to"
    ]
    return bool(going) and (named or any(actor in hit.who.own_states(place) for place in places))


def _common_aim(hit: Hit, actors: list[str]) -> list[str]:
    """The side at which those who act together aim: none of themselves."""
    found = [code for code in targets(hit, actors[0])[0] if code not in actors]
    other = partner(hit.article, *actors)
    return found or ([other] if other else [])


def _standing(sentence: Sentence, before: list[Event]) -> list[Event]:
    """A running total that a sentence tells of the listings told before it."""
    total = standing_at(sentence.span.text)
    if total is None or any(event.sentence is sentence for event in before):
        return []
    listings = [event for event in before if event.act_type in _LISTINGS and not event.is_total]
    alike = [event for event in listings if not event.counts.is_empty and event.counts.of_same_kind(total)]
    return (
        [
            replace(
                (alike or listings)[-1],
                sentence=sentence,
                trigger=sentence.span.root,
                is_total=True,
                counts=total,
            )
        ]
        if listings
        else []
    )


def _told(hit: Hit) -> Iterator[Event]:
    """An act that is only mentioned, if the words say when: "over Russia's expulsion of two consuls in May"."""
    within = [part.idx for part in hit.trigger.subtree]
    days = [day for day in hit.sentence.days if not day.is_bound and min(within) <= day.start <= max(within)]
    for event in _made(hit) if days else ():
        confidence = round(event.confidence - 0.1, 2)
        yield replace(
            event, day=days[0].day, basis=days[0].basis, is_announcement=False, confidence=confidence
        )


def _reached(verb: Token, spec: Verb, frame: Frame, acted: list[Token]) -> list[Token]:
    """Words that may be the object of a frame: those acted upon, and those after its prepositions and particle."""
    reached = acted + (through(verb, frame.through) if frame.through else [])
    reached += after_particle(verb, spec.particle) if spec.particle else []
    if frame.is_ergative and not acted:
        reached += [child for child in verb.children if child.dep_ == "nsubj"]
    return reached


def _says(frame: Frame, line: str) -> bool:
    """Whether a line holds what a frame needs and nothing that bars it."""
    return (not frame.needs or holds(line, frame.needs)) and not holds(line, frame.bars)


def _has_subject(verb: Token, frame: Frame) -> bool:
    """Whether a verb has for its subject what a frame asks for."""
    if not frame.subjects:
        return True
    subject = doer(verb)
    return subject is not None and lemma(subject) in frame.subjects


def _is_verb(token: Token) -> bool:
    return token.pos_ in ("VERB", "AUX") or (
        token.pos_ in ("NOUN", "PROPN", "ADJ")
        and any(child.dep_ in ("dobj", "nsubj", "nsubjpass") for child in token.children)
    )


def _fits_verb(verb: Token, spec: Verb) -> bool:
    if spec.particle:
        near = verb.children if spec.particle in ("in", "on", "off", "up", "to") else phrase(verb)
        if not any(one.lower_ == spec.particle for one in near if one.i > verb.i):
            return False
    if spec.governed:
        return any(
            lemma(one) == spec.governed
            for one in verb.subtree
            if one.i > verb.i and one.pos_ in ("VERB", "NOUN", "AUX")
        )
    return True


def _line_of(verb: Token, fitting: list[Token], acted: list[Token], line: str) -> str:
    """The words of a verb's phrase without those of its other objects."""
    others = [one for one in acted if one not in fitting]
    if not others:
        return line
    left_out = {part.i for one in others for part in phrase(one, is_whole=True)} - {
        part.i for one in fitting for part in phrase(one) if one.i > min(o.i for o in others)
    }
    left_out -= {one.i for one in fitting}
    return spelled([part for part in phrase(verb, is_whole=True) if part.i not in left_out])


#: What each way of finding an actor, a target or a day costs in confidence.
_LOSS = {
    "named": 0.0,
    "office": 0.1,
    "speaker": 0.05,
    "deed": 0.15,
    "page": 0.25,
    "object": 0.0,
    "beside": 0.03,
    "sentence": 0.15,
    "stated": 0.0,
    "weekday": 0.0,
    "days_after": 0.05,
    "lead_weekday": 0.08,
    "page_date": 0.1,
    "month": 0.1,
    "year": 0.15,
    "none": 0.25,
}
#: Types of acts that put persons or bodies on a list.
_LISTINGS = words("asset_freeze export_ban_entities export_ban_goods entry_ban sanctions_imposed")
#: Types of acts against persons, of whom a phrase may name one without a numeral.
_AGAINST_PERSONS = words("expulsion detention release entry_ban")
#: Types of what several sides do with one another.
_MUTUAL = words("agreement talks_held talks_resumed relations_restored")
_WEAK_DAYS = ("lead_weekday", "page_date", "none")


def _is_outcome(verb: Token) -> bool:
    """Whether a verb foretells what an act will lead to: "this will halt all trade"."""
    return any(child.dep_ == "nsubj" and child.lower_ in ("this", "that", "which") for child in verb.children)


def _is_purpose(verb: Token) -> bool:
    """Whether an infinitive says what something else is done for: "raided the house to arrest him"."""
    to = next((child for child in verb.children if child.lower_ == "to" and child.dep_ == "aux"), None)
    if verb.tag_ != "VB" or to is None:
        return False
    if [one.lower_ for one in verb.doc[max(to.i - 2, 0) : to.i]] == ["in", "order"]:
        return True
    if verb.dep_ in ("advcl", "xcomp"):
        return lemma(verb.head) not in (_GOING_ON if verb.dep_ == "advcl" else _GOING_ON | _CHOOSING)
    return verb.dep_ == "acl" and lemma(verb.head) not in _DECIDED


#: Verbs after which an infinitive says what is done next.
_GOING_ON = words("go proceed move act give")
#: Verbs whose content an infinitive is.
_CHOOSING = words(
    "decide plan intend prompt order be begin start continue vote agree choose promise pledge vow "
    "threaten prepare force lead tell ask instruct direct authorise authorize allow permit want aim "
    "commit undertake resolve cause drive oblige compel require push look set bind opt elect say announce "
    "ready due call urge seek have see make help warn expect invite request command lose"
)
#: Nouns after which an infinitive says what was decided.
_DECIDED = DEEDS | words(
    "plan intention vote agreement law bill instruction announcement directive pledge promise choice call "
    "threat deal resolution measure policy bid effort"
)


def _is_only_said(hit: Hit, actors: list[str]) -> bool:
    """Whether one side says of the other that its ships or aircraft did it: an accusation, not the act."""
    if not hit.frame.by_vessel or not hit.is_verbal or hit.verb.dep_ != "ccomp":
        return False
    said = doer(hit.verb.head)
    return said is not None and not set(actors) & set(hit.who.of_subject(said, hit.sentence)[0])


def _is_of_no_day(hit: Hit, meant: Tone, basis: DayBasis) -> bool:
    """Whether it was done in some year or over a stretch of time, or is a treaty's making: "a deal signed in 2018"."""
    is_treaty = hit.frame.act_type == "agreement"
    if is_treaty and (hit.verb.dep_ == "acl" or basis == "year"):
        return True
    return (basis == "year" and hit.sentence.number > 1) or (meant.is_vague and basis in _WEAK_DAYS)


def _is_old(hit: Hit, meant: Tone, basis: DayBasis) -> bool:
    """Whether it is told as what came before, on a day that nothing says; a lead tells only what is new."""
    verb = hit.verb
    is_aside = (
        hit.is_verbal
        and verb.dep_ == "acl"
        and verb.tag_ == "VBN"
        and verb.head.head != verb.head
        and doer(verb) is None
    )
    is_told_aside = hit.is_verbal and verb.dep_ == "acl" and verb.tag_ == "VBN" and not hit.frame.is_speech
    if is_told_aside and basis in _WEAK_DAYS:
        return True
    is_of_state = hit.frame.is_speech or bool(hit.who.states(verb.head))
    is_relative = hit.is_verbal and verb.dep_ == "relcl" and verb.tag_ in ("VBD", "VBN") and is_of_state
    if is_relative and basis in _WEAK_DAYS and hit.sentence.number > 1:
        return True
    is_background = meant.is_background or is_aside
    if is_background and hit.is_verbal and not hit.frame.is_speech and doer(verb) is None:
        return True
    return is_background and basis in _WEAK_DAYS and (hit.sentence.number > 1 or meant.is_cited)


def _event(hit: Hit, actor: str, aim: str, meant: Tone, *, is_own: bool, is_alone: bool) -> Event:
    """An event, its day still open."""
    frame, text = hit.frame, hit.sentence.span.text
    acted = (
        hit.acted
        if is_alone
        else tuple(one for one in hit.acted if aim in hit.who.own_states(one)) or hit.acted
    )
    words = [part for one in acted for part in phrase(one, is_whole=True)] if acted else phrase(hit.verb)
    found = counts(dict.fromkeys(words))
    if found.is_empty and not frame.is_speech:
        found = counts(phrase(hit.verb, is_whole=True))
    if (
        found.is_empty
        and frame.act_type in _AGAINST_PERSONS
        and not is_own
        and len(acted) == 1
        and is_one(acted[0])
    ):
        found = Counts(n_individuals=1)
    is_announced = meant.is_future and not frame.is_speech
    act_type = frame.own_type if is_own else frame.act_type
    if frame.others_type and any(set(hit.who.of_modifiers(one)) - {actor} for one in _with_goods(acted)):
        act_type = frame.others_type
    is_summed = is_total(text) and not found.is_empty and not is_round(" ".join(one.text for one in words))
    if act_type == "sanctions_imposed" and not found.is_empty and (is_summed or not is_announced):
        act_type = "asset_freeze"
    elif is_announced and act_type == frame.act_type:
        act_type = frame.announced_type
    reply = next((match.group().strip() for match in _REPLY.finditer(text)), "")
    return Event(
        hit,
        hit.sentence,
        frame,
        hit.trigger,
        actor,
        aim,
        act_type,
        is_announced,
        is_summed,
        None,
        "none",
        found,
        reply,
        0.0,
    )


def _with_goods(acted: tuple[Token, ...]) -> Iterator[Token]:
    """What is acted upon, and what a restriction lies on: "restrictions on Peruvian exports"."""
    yield from acted
    for one in acted:
        for prep in one.children:
            if prep.dep_ == "prep" and prep.lower_ == "on":
                yield from (below for below in prep.children if below.dep_ == "pobj")


def _totals(event: Event, hit: Hit) -> Iterator[Event]:
    """Running totals that a sentence tells beside a round, and the last round that it tells beside a total."""
    if event.is_total and (latest := latest_round(hit.sentence)) is not None:
        act = replace(event, act_type="sanctions_imposed", is_total=False, counts=Counts())
        yield replace(act, day=latest[0], basis=latest[1])
    if not event.is_total and not hit.frame.is_speech:
        total = brought_to(hit.sentence.span.text, event.counts)
        if total is not None:
            yield replace(event, is_total=True, counts=total)
