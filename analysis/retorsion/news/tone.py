"""Whether a verb says that something was done, will be done, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

_POSSIBLE = words("could may might should can must ought need")
_FUTURE = words("will would shall 'll wo 'd")
#: Heads under which what follows is not done: wishes, demands, threats, doubts.
_UNREAL = words(
    "consider weigh mull urge call ask want hope seek demand refuse decline fail try threaten recommend "
    "propose suggest discuss debate study explore ponder press push need like wish appeal encourage "
    "advise deny doubt avoid oppose resist reject rule contemplate request implore beg mulling eye "
    "examine pressure lobby risk fear dare prevent stop dissuade deter predict forecast imply hint "
    "believe think argue tend prefer hesitate expect"
)
_UNREAL_NOUNS = words(
    "threat call proposal possibility right option willingness request bill idea suggestion risk chance "
    "demand appeal talk recommendation prospect need effort attempt pressure push ability failure refusal "
    "fear speculation reluctance authority draft petition motion ultimatum deadline resolution power "
    "likelihood debate discussion claim allegation rumour rumor"
)
_PLANNED = words("plan intend prepare pledge promise aim mean look vow agree commit undertake ready")
_PLANNED_NOUNS = words("plan intention pledge promise preparation readiness commitment aim vow")
_CONDITIONS = words("if unless lest whether provided until before")
_BACKGROUND = words("after since when because once")
#: Verbs under which what follows is only said of the other side: "accused it of blocking".
_ACCUSING = words("accuse blame condemn criticise criticize charge suspect denounce slam blast")
#: Words that tell of many times and of none in particular.
_OFTEN = words(
    "repeatedly previously formerly historically traditionally often frequently regularly sometimes usually "
    "always long routinely consistently continuously constantly persistently"
)
_STRETCH = re.compile(
    r"(?:in|over|during|within|for|throughout|across) (?:the |much of the )?(?:recent|past|last|previous|preceding)"
    r" (?:\w+ )?(?:weeks|months|years|decades|days|decade|half)\b|in the past\b"
    r"|for (?:\w+ )?(?:years|months|weeks|decades|centuries)\b"
)
#: Verbs whose object is what is answered.
_ANSWERING = _ACCUSING | words(
    "regret deplore protest lament welcome oppose reject decry lambast answer follow cite see"
)
_CLAUSES = words("advcl ccomp pcomp acl relcl xcomp")


@dataclass(frozen=True, slots=True)
class Tone:
    """How a verb is meant.

    Attributes:
        is_real: Whether it is done or will be; false for what is possible, wished or asked.
        is_future: Whether it will be done.
        is_planned: Whether it is only planned or promised.
        is_denied: Whether it is denied.
        is_background: Whether it is told as what came before.
        is_vague: Whether it is told of a stretch of time and of no day: "in recent years", "repeatedly".
        is_cited: Whether it is only the reason of something else: "in retaliation for its decision to expel".
    """

    is_real: bool
    is_future: bool
    is_planned: bool
    is_denied: bool
    is_background: bool
    is_cited: bool = False
    is_vague: bool = False


_UNREAL_TONE = Tone(False, False, False, False, False)


def tone(verb: Token) -> Tone:
    """How a verb is meant, by its auxiliaries and by what governs it."""
    future = denied = background = cited = False
    is_headline = (
        verb.dep_ == "ROOT" and verb.tag_ == "VB" and "to" in _helpers(verb)
    )  # "Turkey to freeze assets"
    planned = is_headline or verb.lemma_.lower() in ("plan", "prepare", "promise", "pledge")
    current, is_first, is_applied = verb, True, True
    for _ in range(8):
        helpers = _helpers(current)
        if is_applied:
            if _is_possible(current, helpers) or (_is_denied(current) and not is_first):
                return _UNREAL_TONE
            future |= bool(helpers & _FUTURE)
            denied |= _is_denied(current)
            background |= _is_earlier(current, helpers)
        marks = {child.lower_ for child in current.children if child.dep_ in ("mark", "advmod")}
        if current.dep_ in _CLAUSES and marks & _CONDITIONS:
            return _UNREAL_TONE
        background |= current.dep_ in ("advcl", "ROOT") and bool(marks & _BACKGROUND)
        if current.dep_ == "pcomp" and (
            current.head.lower_ in ("without", "instead", "for", "from")
            or current.head.head.lemma_ in _ACCUSING
        ):
            return _UNREAL_TONE
        background |= current.dep_ == "pcomp" and current.head.lower_ == "since"
        if is_answered(current):
            background = cited = True
        above = _governor(current)
        if above is None:
            break
        verdict = _under(current, above)
        if verdict == "unreal":
            return _UNREAL_TONE
        planned |= verdict == "planned"
        is_applied = not (current.dep_ == "conj" and (helpers or current.tag_ in ("VBD", "VBZ", "VBP")))
        current, is_first = above, current.dep_ == "conj" and is_first and not helpers
    return Tone(True, future or planned, planned, denied, background, cited, _is_vague(verb))


def _helpers(verb: Token) -> set[str]:
    return {
        word
        for child in verb.children
        if child.dep_ in ("aux", "auxpass")
        for word in (child.lower_, child.lemma_.lower())
    }


def _is_possible(verb: Token, helpers: set[str]) -> bool:
    """Whether it may be done, or will be done only if something else is."""
    if helpers & _POSSIBLE and not _is_name_of_month(verb):
        return True
    return bool(helpers & _FUTURE) and any(_is_condition(child) for child in verb.children)


def _is_denied(verb: Token) -> bool:
    subjects = [child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]
    if any(part.lower_ in ("neither", "none", "no") for one in subjects for part in (one, *one.children)):
        return True
    return any(
        child.dep_ == "neg"
        or child.lower_ in ("never", "neither", "nor")
        or (child.lower_ == "longer" and any(below.lower_ == "no" for below in child.children))
        for child in verb.children
    )


def _is_earlier(verb: Token, helpers: set[str]) -> bool:
    """Whether it lies before what is told; "said it had" is only the tense of speech."""
    is_reported = verb.dep_ == "ccomp" and verb.head.tag_ in ("VBD", "VBN")
    words = {
        child.lower_
        for child in verb.children
        if child.dep_ == "advmod" and not any(below.dep_ == "prep" for below in child.children)
    }  # "earlier in the day" is no other day
    return ("had" in helpers and not is_reported) or bool(words & {"previously", "already", "earlier"})


def _is_vague(verb: Token) -> bool:
    """Whether a verb tells of a stretch of time: "has in recent years seized", "established in the past"."""
    for child in verb.children:
        if child.dep_ == "advmod" and child.lower_ in _OFTEN:
            return True
        if child.dep_ in ("prep", "npadvmod") and _STRETCH.match(
            " ".join(part.lower_ for part in child.subtree)
        ):
            return True
    return False


#: Prepositions that give the occasion of what is told.
OCCASIONS = words("over following despite after amid since besides")


def is_answered(token: Token) -> bool:
    """Whether a phrase gives what is answered: "protested over it", "condemned the decision to expel"."""
    if token.dep_ in ("pobj", "pcomp"):
        return is_occasion(token.head)
    return (
        token.dep_ == "dobj" and token.pos_ in ("NOUN", "PROPN") and token.head.lemma_.lower() in _ANSWERING
    )


def is_occasion(prep: Token) -> bool:
    """Whether a preposition gives what is answered: "over", "in response to", "in retaliation for"."""
    if prep.lower_ in OCCASIONS or (prep.lower_ == "with" and prep.head.lemma_ == "connection"):
        return True
    return prep.lower_ in ("to", "for", "against", "of", "at") and prep.head.lemma_ in (
        "response",
        "wake",
        "aftermath",
        "retaliation",
        "reply",
        "reaction",
        "answer",
        "reprisal",
        "protest",
        "regret",
        "concern",
        "anger",
        "outrage",
        "dismay",
        "displeasure",
        "disappointment",
        "condemnation",
        "respond",
        "retaliate",
        "react",
    )


def _is_condition(clause: Token) -> bool:
    return clause.dep_ == "advcl" and any(
        child.lower_ in ("if", "unless", "should") and child.dep_ in ("mark", "aux")
        for child in clause.children
    )


def _is_name_of_month(verb: Token) -> bool:
    return any(
        child.lower_ == "may" and child.text == "May" and child.i > 0 and child.nbor(-1).lower_ == "in"
        for child in verb.children
    )


def _governor(current: Token) -> Token | None:
    """The word above whose meaning bears on this verb."""
    if current.head == current:
        return None
    if current.dep_ in (
        "xcomp",
        "ccomp",
        "acl",
        "conj",
        "dobj",
        "advcl",
        "csubj",
        "attr",
        "pobj",
        "oprd",
        "dep",
        "nsubj",
    ):
        return current.head
    if current.dep_ == "pcomp":
        return current.head.head
    if current.dep_ == "prep":
        return current.head
    return None


def _under(current: Token, above: Token) -> str:
    lemma = above.lemma_.lower()
    if current.dep_ == "conj":
        return ""
    if current.dep_ in ("advcl",):
        return ""
    if above.pos_ in ("NOUN", "PROPN"):
        if current.dep_ in ("acl", "pcomp", "ccomp", "prep", "pobj"):
            if lemma in _UNREAL_NOUNS:
                return "unreal"
            return "planned" if lemma in _PLANNED_NOUNS else ""
        return ""
    if lemma in _UNREAL and current.dep_ in ("xcomp", "ccomp", "pcomp", "dobj", "prep", "dep"):
        if lemma in ("stop", "prevent") or lemma not in (
            "argue",
            "think",
            "believe",
            "predict",
            "suggest",
            "hint",
        ):
            return "unreal"
        return ""
    if lemma in ("require", "oblige") and current.dep_ in ("xcomp", "ccomp") and "be" in _helpers(above):
        return "unreal"
    if above.lower_ in ("has", "have") and current.dep_ == "xcomp" and "to" in _helpers(current):
        return "unreal"  # a duty: "Peru has to close its embassy"
    if lemma == "insist" and current.tag_ in ("VB", "VBP"):
        return "unreal"
    if lemma == "short" and current.dep_ == "pcomp":
        return "unreal"
    if lemma in _PLANNED and current.dep_ in ("xcomp", "ccomp", "pcomp", "prep"):
        return "planned"
    if lemma == "be" and current.dep_ == "xcomp" and current.tag_ == "VB":
        return "planned"
    if (
        lemma in ("set", "due", "likely", "bind", "slate", "schedule", "poise", "going")
        and current.dep_ == "xcomp"
        and current.tag_ == "VB"
    ):
        return "planned"
    if lemma == "go" and current.dep_ == "xcomp" and above.tag_ == "VBG":
        return "planned"
    if (
        above.pos_ == "ADJ"
        and current.dep_ in ("xcomp", "ccomp")
        and lemma in ("ready", "prepared", "willing", "able", "likely", "unlikely", "possible")
    ):
        return "unreal" if lemma in ("able", "unlikely", "possible", "willing") else "planned"
    return ""
