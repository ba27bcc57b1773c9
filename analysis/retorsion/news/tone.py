"""Whether a verb says that something was done, will be done, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Token

_POSSIBLE = frozenset("could may might should can must ought need".split())
_FUTURE = frozenset("will would shall 'll wo 'd".split())
#: Heads under which what follows is not done: wishes, demands, threats, doubts.
_UNREAL = frozenset(
    "consider weigh mull urge call ask want hope seek demand refuse decline fail try threaten recommend propose suggest discuss "
    "debate study explore ponder press push need like wish appeal encourage advise deny doubt avoid oppose resist reject rule "
    "contemplate request implore beg mulling eye examine pressure lobby risk fear dare prevent stop dissuade deter "
    "predict forecast imply hint believe think argue tend prefer hesitate expect".split()
)
_UNREAL_NOUNS = frozenset(
    "threat call proposal possibility right option willingness request bill idea suggestion risk chance demand appeal talk "
    "recommendation prospect need effort attempt pressure push ability failure refusal fear speculation reluctance authority "
    "draft petition motion ultimatum deadline resolution power likelihood debate discussion".split()
)
_PLANNED = frozenset(
    "plan intend prepare pledge promise aim mean look vow agree commit undertake ready".split()
)
_PLANNED_NOUNS = frozenset("plan intention pledge promise preparation readiness commitment aim vow".split())
_CONDITIONS = frozenset("if unless lest whether provided until before".split())
_BACKGROUND = frozenset("after since when because as although though while once".split())


@dataclass(frozen=True, slots=True)
class Tone:
    """How a verb is meant.

    Attributes:
        is_real: Whether it is done or will be; false for what is possible, wished or asked.
        is_future: Whether it will be done.
        is_planned: Whether it is only planned or promised.
        is_denied: Whether it is denied.
        is_background: Whether it is told as what came before.
        is_cited: Whether it is only the reason of something else: "in retaliation for its decision to expel".
    """

    is_real: bool
    is_future: bool
    is_planned: bool
    is_denied: bool
    is_background: bool
    is_cited: bool = False


def tone(verb: Token) -> Tone:
    """How a verb is meant, by its auxiliaries and by what governs it."""
    future = denied = background = cited = False
    planned = verb.lemma_.lower() in ("plan", "prepare", "promise", "pledge")
    current, is_first = verb, True
    for _ in range(8):
        helpers = {child.lower_ for child in current.children if child.dep_ in ("aux", "auxpass")}
        lemmas = {child.lemma_.lower() for child in current.children if child.dep_ in ("aux", "auxpass")}
        if (helpers | lemmas) & _POSSIBLE and not _is_name_of_month(current):
            return Tone(False, False, False, False, False)
        future |= bool(helpers & _FUTURE) and (is_first or current.lemma_ not in ("say",))
        if any(
            child.dep_ == "neg" or child.lower_ in ("never", "neither", "nor") for child in current.children
        ):
            if not is_first:
                return Tone(False, False, False, False, False)
            denied = True
        is_reported = current.dep_ == "ccomp" and current.head.tag_ in (
            "VBD",
            "VBN",
        )  # "said it had": the tense of speech
        background |= ("had" in helpers and not is_reported) or any(
            child.lower_ in ("previously", "already", "earlier") and child.dep_ == "advmod"
            for child in current.children
        )
        if helpers & _FUTURE and any(_is_condition(child) for child in current.children):
            return Tone(False, False, False, False, False)
        marks = {child.lower_ for child in current.children if child.dep_ in ("mark", "advmod")} & (
            _CONDITIONS | _BACKGROUND
        )
        if current.dep_ in ("advcl", "ccomp", "pcomp", "acl", "relcl", "xcomp") and marks & _CONDITIONS:
            return Tone(False, False, False, False, False)
        background |= current.dep_ == "advcl" and bool(
            marks & _BACKGROUND - {"while", "as", "though", "although"}
        )
        if current.dep_ == "pcomp" and current.head.lower_ in (
            "after",
            "since",
            "for",
            "over",
            "following",
            "of",
            "without",
            "instead",
        ):
            if current.head.lower_ in ("without", "instead"):
                return Tone(False, False, False, False, False)
            background = background or current.head.lower_ == "since"
        if current.dep_ in ("pobj", "pcomp") and _is_reply(current.head):
            background = cited = True
        above = _governor(current)
        if above is None:
            break
        verdict = _under(current, above)
        if verdict == "unreal":
            return Tone(False, False, False, False, False)
        planned |= verdict == "planned"
        current, is_first = above, current.dep_ == "conj" and is_first and not helpers
    return Tone(True, future or planned, planned, denied, background, cited)


def _is_reply(prep: Token) -> bool:
    """Whether a preposition gives what is answered: "over", "in response to", "in retaliation for"."""
    if prep.lower_ in ("over", "following", "despite"):
        return True
    return prep.lower_ in ("to", "for", "against", "of", "at") and prep.head.lemma_ in ("response", "retaliation", "reply", "reaction", "answer", "reprisal", "protest", "respond", "retaliate", "react")


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
