"""The state that an act is aimed at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from retorsion.news.article import Article
from retorsion.news.hit import Hit
from retorsion.news.phrases import is_reason, lemma, with_conjuncts
from retorsion.news.who import DEEDS, LIGHT, Who, director, doer, verb_over
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

#: Where the state was found: in the object, beside it, elsewhere in the sentence, or by what the page is about.
AimHow = Literal["object", "beside", "sentence", "page"]

#: Prepositions that name whom an act is aimed at, the surest first.
_AIMED = (
    "against",
    "on",
    "upon",
    "to",
    "with",
    "from",
    "toward",
    "towards",
    "at",
    "of",
    "for",
    "in",
    "into",
    "between",
    "over",
    "around",
    "near",
    "through",
    "by",
)


def targets(hit: Hit, actor: str) -> tuple[list[str], AimHow]:
    """States that an act is aimed at, none the actor, and where they were found."""
    is_place = hit.frame.target in ("place", "beyond")
    if not is_place and (found := _of_objects(actor, hit.acted, hit.who)):
        return found, "object"
    if hit.frame.target == "stated":
        return [], "object"
    if hit.frame.target == "people":
        return _partners(hit, actor)
    if hit.frame.is_speech and (found := _of_pronoun(hit, actor)):
        return found, "beside"
    for source in (*hit.acted, *(() if hit.is_verbal else (hit.trigger,))):
        if found := _without(actor, _aimed(source, hit.who)):
            return found, "beside"
    if hit.frame.is_voiced and (found := _without(actor, _of_feeling(hit))):
        return found, "beside"
    is_felt = hit.frame.is_voiced and bool(hit.acted)
    if is_felt and (found := _of_reasons(hit, actor)):
        return found, "beside"
    if found := _without(actor, _aimed(hit.verb, hit.who)):
        return found, "beside"
    if is_place and (found := _of_objects(actor, hit.acted, hit.who)):
        return found, "object"
    if hit.frame.is_speech and (found := _of_reasons(hit, actor) or _of_saying(hit, actor)):
        return found, "beside"
    return _around(hit, actor)


def _of_reasons(hit: Hit, actor: str) -> list[str]:
    """States of what words are spoken about: "voiced anger over the killing by Chilean troops"."""
    for source in (*hit.acted, hit.verb):
        for prep in source.children:
            if prep.dep_ == "prep" and prep.lower_ in _ABOUT:
                for below in prep.children:
                    if below.dep_ == "pobj" and (found := _without(actor, _whole(below, hit.who))):
                        return found
    return []


def _of_feeling(hit: Hit) -> list[str]:
    """States of what is felt about: "is dismayed at the Chilean tariffs", "was outraged by the sanctions"."""
    felt = [child for child in hit.verb.children if child.dep_ in ("acomp", "attr")]
    causes = [
        below
        for one in (hit.verb, *felt)
        for prep in one.children
        if prep.lower_ == "by"
        for below in prep.children
        if below.dep_ == "pobj"
    ]
    found = [code for one in causes for code in _whole(one, hit.who)]
    return found or [code for one in felt for code in _aimed(one, hit.who)]


def _of_saying(hit: Hit, actor: str) -> list[str]:
    """States of the clause that is judged: "called what was done in Chile a disgrace"."""
    clauses = [child for child in hit.verb.children if child.dep_ in ("ccomp", "csubj")]
    found = [code for one in clauses for part in one.subtree if (code := hit.article.state_at(part))]
    return _without(actor, found)[:1]


def _of_pronoun(hit: Hit, actor: str) -> list[str]:
    """The last state before an "it" that is blamed: "cut ties with Chile, accusing it of arming rebels"."""
    if not any(child.dep_ == "dobj" and _is_stand_in(child, hit) for child in hit.verb.children):
        return []
    before = [code for one in hit.sentence.span if one.i < hit.verb.i and (code := hit.article.state_at(one))]
    return _without(actor, before)[-1:]


def _is_stand_in(token: Token, hit: Hit) -> bool:
    """Whether a word stands for a state named before: "it", "her" beside its name, "the neighbouring state"."""
    is_blamed_state = lemma(token) in ("state", "country", "nation", "neighbour", "neighbor")
    if is_blamed_state and any(child.lower_ in ("the", "its", "their") for child in token.children):
        return not hit.who.own_states(token)
    return token.lower_ in ("it", "them") or (token.lower_ == "her" and is_beside_blamed(hit.verb))


def is_beside_blamed(verb: Token) -> bool:
    """Whether a participle blames the noun that it stands beside: "cut ties with Chile accusing it of"."""
    blamed = [child for child in verb.children if child.dep_ == "dobj"]
    is_participle = verb.tag_ == "VBG" and (
        verb.dep_ == "acl" or (verb.dep_ == "pcomp" and lemma(verb.head.head) in ("tie", "relation"))
    )
    return is_participle and any(child.lower_ in ("it", "her", "them") for child in blamed)


#: Prepositions that give what words are spoken about.
_ABOUT = words("over about regarding concerning")


def _around(hit: Hit, actor: str) -> tuple[list[str], AimHow]:
    """States aimed at that stand farther off: with the doer, in the clause, in the sentence, on the page."""
    who, article = hit.who, hit.article
    subject = doer(hit.verb)
    if (
        subject is not None
        and director(hit.verb) is not None
        and (found := _without(actor, who.states(subject)))
    ):
        return found, "object"
    if subject is not None and (found := _without(actor, _aimed(subject, who))):
        return found, "beside"
    for clause in (hit.verb, verb_over(hit.verb)):
        for together in _clause(clause, article) if clause is not None else []:
            if actor not in together and (found := _without(actor, together)):
                return found, "sentence"
    apart = {one.i for one in hit.sentence.span if _is_reason_given(one, hit)}
    named = [
        (one.i in apart, code)
        for one in hit.sentence.span
        if (code := article.state_at(one))
        and not _is_company(one)
        and not any(map(_is_company, one.ancestors))
    ]
    if found := _without(actor, [code for is_apart, code in named if not is_apart]):
        return found[:1], "sentence"
    if hit.frame.is_speech and (found := _without(actor, who.deeds)):
        return found[:1], "page"
    if found := _as_before(hit, actor):
        return found, "page"
    if (other := partner(article, actor)) is not None:
        return [other], "page"
    return _without(actor, [code for _, code in named])[:1], "sentence"


def _as_before(hit: Hit, actor: str) -> list[str]:
    """States that an act is aimed at whose sentence names none: those of the side's last act, or of the last act.

    Who was the aim of the last act answers the one who did it.
    """
    who = hit.who
    last = who.deeds if actor in who.deed_aims else who.deed_aims
    return _without(actor, who.aims.get(actor, [])) or _without(actor, last)


def _is_reason_given(token: Token, hit: Hit) -> bool:
    """Whether a word stands in a phrase of reason: "over the drones of", "after its tests"."""
    current = token
    while current.head != current:
        if current.dep_ == "prep" and is_reason(current):
            return current != hit.verb
        current = current.head
    return False


def _partners(hit: Hit, actor: str) -> tuple[list[str], AimHow]:
    if found := _as_before(hit, actor):
        return found, "page"
    other = partner(hit.article, actor)
    return ([other] if other else []), "page"


def against(hit: Hit) -> list[str]:
    """States that stand after "against", "on", "to" or "from" beside an act: none of them does it."""
    sources = {one.i: one for one in (*hit.acted, hit.trigger, hit.verb)}.values()
    preps = [child for source in sources for child in source.children if child.dep_ == "prep"]
    aimed = [prep for prep in preps if prep.lower_ in ("against", "on", "to", "from")]
    named = [below for prep in aimed for below in prep.children if below.dep_ == "pobj"]
    return [code for one in named for code in hit.who.own_states(one)]


def _without(actor: str, codes: list[str]) -> list[str]:
    return [code for code in dict.fromkeys(codes) if code != actor]


def _of_objects(actor: str, acted: tuple[Token, ...], who: Who) -> list[str]:
    """States of the first object that names one, and of those coordinated with it."""
    for one in acted:
        row = {*one.conjuncts, *with_conjuncts(one)}
        together = [one, *[other for other in acted if other != one and other in row]]
        if found := _without(actor, [code for each in together for code in _whole(each, who)]):
            return found
    return []


#: Prepositions after which another's act is what is answered: "protested against the Chilean tariffs".
_ANSWERED = words("against over about at to by")


def _is_of_doer(token: Token, who: Who) -> bool:
    """Whether the words before a noun say whose act it is: "EU sanctions", "the Chilean tariffs"."""
    if lemma(token) in LIGHT:
        inner = [below for prep in token.children if prep.lower_ == "of" for below in prep.children]
        return any(_is_of_doer(below, who) for below in inner)
    if lemma(token) not in DEEDS:
        return False
    named = [child for child in token.children if who.article.state_at(child) and child.dep_ != "prep"]
    return any(
        child.dep_ == "poss"
        or child.text.isupper()
        or who.article.kind_at(child) == "demonym"
        or any(below.dep_ == "compound" for below in child.children)
        for child in named
    )


def _whole(token: Token, who: Who) -> list[str]:
    """States of an object: "Russian diplomats", "imports of Russian coal", "diplomats of Russia"."""
    is_answered = token.dep_ == "pobj" and token.head.lower_ in _ANSWERED
    told = [child for child in token.children if child.dep_ == "acl" and child.tag_ == "VBN"]
    doers = [one for one in map(doer, told) if one is not None and is_answered and lemma(token) in DEEDS]
    if found := [code for one in doers for code in who.states(one)]:
        return found
    found = who.states(token) if is_answered or not _is_of_doer(token, who) else []
    if found:
        return found
    for child in token.children:
        if (
            child.dep_ == "prep" and child.lower_ in ("of", "from", "against", "on", "in", "at")
        ) or child.dep_ in (
            "compound",
            "amod",
        ):
            for below in (child, *child.children):
                if (below.dep_ == "pobj" or below == child) and (
                    found := _whole(below, who) if below != child else []
                ):
                    return found
    return []


def _aimed(token: Token, who: Who) -> list[str]:
    """States after prepositions of a verb or noun, the surest preposition first."""
    preps = [
        child
        for child in token.children
        if child.dep_ in ("prep", "dative", "prt", "agent") and not is_reason(child)
    ]
    preps += [
        below for child in preps for below in child.children if below.dep_ == "prep" and not is_reason(below)
    ]
    preps.sort(
        key=lambda child: (_AIMED.index(child.lower_) if child.lower_ in _AIMED else len(_AIMED), child.i)
    )
    for prep in preps:
        if _is_company(prep) or prep.lower_ not in _AIMED or (prep.lower_ == "by" and prep.dep_ == "agent"):
            continue
        if prep.lower_ == "for" and prep.head.pos_ == "VERB":
            continue  # a reason: "imposed sanctions for the supply of"
        for below in prep.children:
            if below.dep_ == "pobj" and (found := _whole(below, who) or _aimed(below, who)):
                return found
            if below.dep_ == "pcomp":
                found = [
                    code
                    for child in below.children
                    if child.dep_ in ("dobj", "nsubj")
                    for code in _whole(child, who)
                ]
                if found:
                    return found
    return []


def _clause(verb: Token, article: Article) -> list[list[str]]:
    """States of a clause outside reasons and places, in their order, each with those coordinated with it."""
    found: list[tuple[int, Token]] = []
    waiting = [verb]
    while waiting:
        current = waiting.pop(0)
        if (code := article.state_at(current)) is not None:
            found.append((current.i, current))
        for child in current.children:
            if (child.dep_ == "prep" and is_reason(child)) or _is_company(child):
                continue
            if child.dep_ == "advcl" or (
                child.dep_ == "prep" and child.lower_ in ("in", "by", "for") and current.pos_ == "VERB"
            ):
                continue
            waiting.append(child)
    found.sort(key=lambda one: one[0])
    return [
        [code for one in (first, *first.conjuncts) if (code := article.state_at(one))] for _, first in found
    ]


def _is_company(token: Token) -> bool:
    """Whether a word names who does the same: "joins the US in banning", "together with Britain"."""
    if token.dep_ == "dobj" and token.head.lemma_ in (
        "join",
        "follow",
        "mirror",
        "echo",
        "copy",
        "match",
        "back",
        "support",
    ):
        return True
    if token.dep_ != "prep" or token.lower_ not in ("with", "alongside", "to"):
        return False
    return token.lower_ == "alongside" or token.head.lower_ in (
        "along",
        "together",
        "line",
        "coordination",
        "concert",
        "cooperation",
        "tandem",
        "addition",
    )


def partner(article: Article, *known: str) -> str | None:
    """The state that the page is about besides those known."""
    others = [(count, code) for code, count in article.weight.items() if code not in known]
    if not others:
        return None
    most = max(count for count, _ in others)
    return next(code for code, count in article.weight.items() if code not in known and count == most)
