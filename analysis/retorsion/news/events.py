"""Acts that a parsed article reports: frames applied to verbs and nouns, with doer, target, tone, day and counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from retorsion.news.article import Article, Sentence
from retorsion.news.candidate import DayBasis
from retorsion.news.counting import Counts, brought_to, counts, is_round, is_total
from retorsion.news.frames import Frame, Frames, Verb
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
from retorsion.news.targets import against, partner, targets
from retorsion.news.times import latest_round, when
from retorsion.news.tone import Tone, tone
from retorsion.news.who import SAYING, How, Who, director, doer, is_passive_verb, verb_over

if TYPE_CHECKING:
    from spacy.tokens import Token

_REPLY = re.compile(
    r"\b(?:in (?:retaliation|response|reply|answer|reaction|reprisal|protest)(?: (?:to|for|of|at|over|against))?|as (?:a )?(?:retaliation|response|reprisal)(?: (?:to|for|against))?"
    r"|retaliat\w+(?: (?:against|to|for))?|reciprocal\w*|tit-for-tat|hit(?:s|ting)? back(?: at)?|respond\w* to|a response to|countermeasures? (?:to|against)|mirror\w*"
    r"|over|after|following|because of|due to)\b[^,.;]*",
    re.IGNORECASE,
)
#: Verbs whose subject is a package or list of acts.
_HOLDING = frozenset("include comprise contain involve consist entail cover affect".split())
#: Verbs whose subject is what is blamed and not who blames.
_COPULAS = frozenset("be constitute amount represent violate infringe contravene breach".split())
_UNDERGO = frozenset("face suffer incur undergo".split())
_HIT = frozenset(
    "hit slap target strike punish place put bring subject penalise penalize respond retaliate react answer counter reply reciprocate".split()
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
    """One act as one sentence reports it; the fields are those of a candidate."""

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
            for token in sentence.span:
                found.extend(self._at(token, sentence, who, article))
            who.advance(sentence)
        return found

    def _at(self, token: Token, sentence: Sentence, who: Who, article: Article) -> Iterator[Event]:
        if sentence.span.text.rstrip().endswith("?"):
            return
        if lemma(token) in self.frames.by_verb and _is_verb(token):
            yield from self._by_verb(token, sentence, who, article)
        elif lemma(token) in self.frames.by_noun and token.pos_ in ("NOUN", "PROPN", "VERB"):
            yield from self._by_noun(token, sentence, who, article)

    def _by_verb(self, verb: Token, sentence: Sentence, who: Who, article: Article) -> Iterator[Event]:
        meant = tone(verb)
        if not meant.is_real:
            return
        inner, outer = phrase(verb, is_whole=True), phrase(verb, is_whole=True, with_clauses=True)
        acted = objects(verb)
        wide = spelled(outer)
        narrow = spelled(inner) if all(one in inner or one.i < verb.i for one in acted) else wide
        matched: set[int] = set()
        for frame, spec in self.frames.by_verb[lemma(verb)]:
            if (
                frame.is_negated != meant.is_denied
                or not _fits_verb(verb, spec)
                or (matched and not frame.objects)
            ):
                continue
            reached = acted + (through(verb, frame.through) if frame.through else [])
            reached += after_particle(verb, spec.particle) if spec.particle else []
            if frame.is_ergative and not acted:
                reached += [child for child in verb.children if child.dep_ == "nsubj"]
            fitting = [one for one in reached if one.i not in matched and core(one) & frame.objects]
            if frame.objects and not fitting:
                continue
            line = _line_of(verb, fitting, acted, narrow) if frame.objects else wide
            if (frame.needs and not holds(line, frame.needs)) or holds(line, frame.bars):
                continue
            matched |= {one.i for one in fitting} or {verb.i}
            is_through = bool(fitting) and not any(one in acted for one in fitting)
            yield from self._made(
                frame, verb, verb, acted + fitting if is_through else fitting or acted, sentence, who, article
            )
            if not frame.objects:
                return

    def _by_noun(self, noun: Token, sentence: Sentence, who: Who, article: Article) -> Iterator[Event]:
        over = governing(noun)
        if over is None:
            return
        verb, how = over
        acted = noun_objects(noun)
        line = spelled(phrase(noun, is_whole=True))
        for frame in self.frames.by_noun[lemma(noun)]:
            if frame.objects and not acted & frame.objects:
                continue
            if (frame.needs and not holds(line, frame.needs)) or holds(line, frame.bars):
                continue
            if not self._is_supported(verb, how):
                yield from self._told(frame, noun, verb, sentence, who, article)
                return
            yield from self._made(frame, noun, verb, [noun], sentence, who, article)
            return

    def _told(
        self, frame: Frame, noun: Token, verb: Token, sentence: Sentence, who: Who, article: Article
    ) -> Iterator[Event]:
        """An act that is only mentioned, if the words name who did it and when: "over Russia's expulsion of ... in May"."""
        if not _owner(noun, who, sentence):
            return
        within = [part.idx for part in noun.subtree]
        days = [day for day in sentence.days if not day.is_bound and min(within) <= day.start <= max(within)]
        if days:
            for event in self._made(frame, noun, noun, [noun], sentence, who, article):
                yield replace(
                    event,
                    day=days[0].day,
                    basis=days[0].basis,
                    is_announcement=False,
                    confidence=event.confidence - 0.1,
                )

    def _is_supported(self, verb: Token, how: str) -> bool:
        """Whether a verb says that what the noun names was done."""
        word = lemma(verb)
        if how in ("dobj", "nsubjpass", "oprd", "conj", "attr", "appos", "dep") and word in self._support:
            return True
        if word == "be" and (
            how == "attr" or (how == "nsubj" and any(child.lower_ == "among" for child in verb.children))
        ):
            return True
        if how == "dobj" and word in _UNDERGO:
            return True
        if how == "nsubj":
            return holds(spelled(phrase(verb)), _IN_FORCE)
        if how in ("with", "by", "to"):
            return word in _HIT
        return False

    def _made(
        self,
        frame: Frame,
        trigger: Token,
        verb: Token,
        acted: list[Token],
        sentence: Sentence,
        who: Who,
        article: Article,
    ) -> Iterator[Event]:
        how_meant = tone(verb)
        if not how_meant.is_real or how_meant.is_denied != frame.is_negated:
            return
        actors, how = _actors(frame, trigger, verb, acted, sentence, who)
        if (how != "named" or verb.dep_ == "conj") and frame.target == "object" and trigger == verb:
            theirs = [code for one in acted for code in who.own_states(one)] or against(
                trigger, verb, acted, who
            )
            if lemma(verb) in _COPULAS and frame.is_speech:
                blamed = [child for child in verb.children if child.dep_ == "nsubj"]
                theirs = [code for one in blamed for code in who.of_modifiers(one)]
            if set(actors) & set(theirs):  # nobody acts against those who are named as its own
                actors = [other] if (other := partner(article, *theirs)) else []
        day, basis = when(trigger, verb, sentence, article, is_speech=frame.is_speech)
        if (
            frame.by_vessel
            and trigger == verb
            and verb.dep_ == "ccomp"
            and (said := doer(verb.head)) is not None
        ):
            if not set(actors) & set(who.of_subject(said, sentence)[0]):
                return  # one side says it of the other: an accusation, not the act
        if (
            trigger == verb
            and verb.dep_ == "acl"
            and verb.tag_ == "VBN"
            and verb.head.head != verb.head
            and doer(verb) is None
        ):
            how_meant = replace(how_meant, is_background=True)
        if (
            how_meant.is_background
            and basis in ("lead_weekday", "page_date", "none")
            and (sentence.number > 1 or how_meant.is_cited)
        ):
            return  # told as what came before, on a day that nothing says; a lead tells only what is new
        for actor in actors:
            aims, aim_how = targets(frame, trigger, verb, acted, sentence, who, article, actor)
            for aim in aims:
                if frame.own_type and any(who.own(one, sentence) == actor for one in acted):
                    frame = replace(frame, act_type=frame.own_type, announced_type=frame.own_type)
                own = [one for one in acted if aim in who.own_states(one)] if len(aims) > 1 else acted
                event = _event(
                    frame,
                    trigger,
                    verb,
                    own or acted,
                    sentence,
                    actor,
                    aim,
                    how,
                    aim_how,
                    day,
                    basis,
                    how_meant,
                )
                yield event
                if event.is_total and (latest := latest_round(sentence, article)) is not None:
                    yield replace(
                        event,
                        act_type="sanctions_imposed",
                        is_total=False,
                        counts=Counts(),
                        day=latest[0],
                        basis=latest[1],
                    )
                total = (
                    None
                    if event.is_total or frame.is_speech
                    else brought_to(sentence.span.text, event.counts)
                )
                if total is not None:
                    yield replace(event, is_total=True, counts=total)


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


def _actors(
    frame: Frame, trigger: Token, verb: Token, acted: list[Token], sentence: Sentence, who: Who
) -> tuple[list[str], How]:
    """States that act, and how they were found."""
    if trigger != verb:
        named = _owner(trigger, who, sentence)
        if named:
            return named, "named"
        if lemma(verb) == "be":
            return _speaker(verb, sentence, who)
        if lemma(verb) in _UNDERGO:
            return ([who.salient] if who.salient else []), "page"
    if trigger == verb and lemma(verb) in _COPULAS and frame.is_speech:
        return _speaker(verb, sentence, who)
    if frame.target == "beyond" and (owners := [code for one in acted for code in who.states(one)]):
        return owners, "office"
    if (
        frame.is_ergative
        and trigger == verb
        and not any(child.dep_ in ("dobj", "nsubjpass") for child in verb.children)
    ):
        return _speaker(verb, sentence, who)
    above = director(verb)
    subject = doer(verb) if above is None else doer(above)
    if subject is None and (host := _host([*acted, *objects(verb)], who)):
        return host, "office"
    while subject is not None:
        found = who.of_subject(subject, sentence, with_vessels=frame.by_vessel)
        over = _over_thing(subject, verb) if not found[0] else None
        if over is None:
            return found
        subject = doer(over)
    if verb.dep_ == "ROOT" and verb.tag_ in ("VBD", "VBZ", "VBP") and not is_passive_verb(verb):
        before = [code for one in sentence.span if one.i < verb.i and (code := who.article.state_at(one))]
        if before:  # the parse has lost the subject: the state named last before the verb
            return before[-1:], "office"
    return _speaker(verb, sentence, who)


def _over_thing(subject: Token, verb: Token) -> Token | None:
    """The verb above a doer that is a thing: "announced a list that includes", "introduced plans to ban"."""
    is_above = any(one == subject for one in verb.ancestors)
    if not is_above and lemma(verb) not in _HOLDING:
        return None
    over = verb_over(subject) if is_above else verb_over(verb)
    return over if over != verb else None


def _host(envoys: list[Token], who: Who) -> list[str]:
    """State in which an envoy sits who is acted upon by nobody named: "the Swedish ambassador in Moscow was summoned"."""
    for envoy in envoys:
        own = who.own_states(envoy)[:1]
        for prep in envoy.subtree:
            if own and prep.dep_ == "prep" and prep.lower_ in ("in", "to"):
                found = [
                    code for below in prep.children if below.dep_ == "pobj" for code in who.states(below)
                ]
                if found and found[0] not in own:
                    return found[:1]
    return []


def _owner(noun: Token, who: Who, sentence: Sentence) -> list[str]:
    """State to which a noun of action belongs: "Japan's ban", "a ban by Japan", "the Japanese ban"."""
    for child in noun.children:
        if child.dep_ == "poss":
            own = who.states(child) or ([found] if (found := who.own(noun, sentence)) else [])
            if own:
                return own
        if child.dep_ in ("prep", "agent") and child.lower_ == "by":
            for below in child.children:
                if below.dep_ == "pobj" and (found_states := who.states(below)):
                    return found_states
    return []


def _speaker(verb: Token, sentence: Sentence, who: Who) -> tuple[list[str], How]:
    """State that the sentence or the one before it lets speak."""
    current = verb
    while (above := verb_over(current)) is not None:
        if lemma(above) in SAYING and (subject := doer(above)) is not None:
            return who.of_subject(subject, sentence)[0], "speaker"
        current = above
    for child in verb.children:
        if (
            child.dep_ in ("parataxis", "ccomp")
            and lemma(child) in SAYING
            and (subject := doer(child)) is not None
        ):
            return who.of_subject(subject, sentence)[0], "speaker"
    known = who.speaker if '"' in sentence.span.text else who.salient
    return ([known] if known else []), "page"


def _event(
    frame: Frame, trigger: Token, verb: Token, acted: list[Token], sentence: Sentence, actor: str, aim: str,
    how: How, aim_how: str, day: date | None, basis: DayBasis, meant: Tone,
) -> Event:  # fmt: skip
    text = sentence.span.text
    words = [part for one in acted for part in phrase(one, is_whole=True)] if acted else phrase(verb)
    found = counts(dict.fromkeys(words))
    if found.is_empty and not frame.is_speech:
        found = counts(phrase(verb, is_whole=True))
    act_type = frame.act_type
    if act_type == "sanctions_imposed" and not found.is_empty:
        act_type = "asset_freeze"
    total = is_total(text) and not found.is_empty and not is_round(" ".join(one.text for one in words))
    announced = meant.is_future and not frame.is_speech
    if (
        announced and (meant.is_planned or frame.act_type == "sanctions_imposed")
    ) and frame.announced_type != frame.act_type:
        act_type = frame.announced_type
    reply = next((match.group().strip() for match in _REPLY.finditer(text)), "")
    loss = {"named": 0.0, "office": 0.1, "speaker": 0.05, "page": 0.25}[how] + {
        "object": 0.0,
        "beside": 0.03,
        "sentence": 0.15,
        "page": 0.25,
    }[aim_how]
    loss += {
        "stated": 0.0,
        "weekday": 0.0,
        "days_after": 0.05,
        "lead_weekday": 0.08,
        "page_date": 0.1,
        "month": 0.1,
        "year": 0.15,
        "none": 0.25,
    }[basis]
    event = Event(
        sentence,
        frame,
        trigger,
        actor,
        aim,
        act_type,
        announced,
        total,
        day,
        basis,
        found,
        reply,
        round(max(0.05, 0.95 - loss), 2),
    )
    return (
        event
        if not total
        else replace(event, act_type="asset_freeze" if act_type.startswith("sanctions") else act_type)
    )
