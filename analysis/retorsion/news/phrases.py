"""Parts of a parsed sentence: objects, the words of a phrase, what governs a noun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from retorsion.news.names import gazetteer
from retorsion.news.who import LIGHT, SAYING, is_passive_verb, verb_over
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

_CLAUSES = words("advcl ccomp parataxis csubj")
#: Prepositions that give a reason, a reply or a circumstance, not what was acted upon.
REASONS = words(
    "after over following despite because amid since during before until due without like than about "
    "concerning regarding by besides unlike within"
)
_OBJECTS = words("dobj obj nsubjpass oprd dative")
#: Phrases with a preposition inside that give a reason: "in response to", "in retaliation for".
REPLY_NOUNS = words(
    "response retaliation reply answer reaction reprisal protest revenge light view wake return exchange "
    "connection"
)


def lemma(token: Token) -> str:
    """Lemma in small letters."""
    return str(token.lemma_.lower())


def is_reason(prep: Token) -> bool:
    """Whether a preposition begins a reason or a circumstance."""
    if prep.lower_ == "over" and lemma(prep.head) in (
        "sovereignty",
        "claim",
        "control",
        "jurisdiction",
        "fly",
        "flight",
    ):
        return False
    if prep.lower_ in REASONS or lemma(prep) in REASONS:
        return True
    return prep.lower_ in ("in", "as") and any(lemma(child) in REPLY_NOUNS for child in prep.children)


def phrase(token: Token, *, is_whole: bool = False, with_clauses: bool = False) -> list[Token]:
    """Words of a phrase without its subordinate clauses, coordinated verbs and reasons.

    Args:
        token: Head of the phrase.
        is_whole: Whether relative clauses and infinitives of nouns belong to it.
        with_clauses: Whether clauses that the verb governs belong to it ("warned that it would answer").
    """
    found, waiting = [], [token]
    while waiting:
        current = waiting.pop()
        found.append(current)
        for child in current.children:
            if (child.dep_ in _CLAUSES and not (with_clauses and child.dep_ == "ccomp")) or (
                child.dep_ in ("relcl", "acl") and not is_whole
            ):
                continue
            if child.dep_ == "conj" and child.pos_ in ("VERB", "AUX") and current.pos_ in ("VERB", "AUX"):
                continue
            if (child.dep_ == "prep" and is_reason(child)) or (
                child.dep_ in ("nsubj", "agent") and current == token
            ):
                continue
            waiting.append(child)
    return sorted(found, key=lambda one: one.i)


def spelled(tokens: Iterable[Token]) -> str:
    """Lemmas and words of a phrase in one line, with a blank on both sides, to look for phrases in."""
    tokens = list(tokens)
    return " " + " ".join(lemma(one) for one in tokens) + " | " + " ".join(one.lower_ for one in tokens) + " "


def holds(line: str, words: Iterable[str]) -> bool:
    """Whether a line holds one of several words or phrases."""
    return any(f" {word} " in line for word in words)


def with_conjuncts(token: Token) -> Iterator[Token]:
    """A noun and those coordinated with it, also where a parse ties a counted one to the one before it."""
    yield token
    for other in token.conjuncts:
        if other.i > token.i and other.pos_ in ("NOUN", "PROPN", "PRON", "NUM", "ADJ", "X"):
            yield other
    for child in token.children:
        if child.dep_ == "appos" and child.lemma_ == token.lemma_ and child.conjuncts:
            yield from with_conjuncts(child)  # "three consuls of Peru, two consuls of Chile and one of Cuba"


def objects(verb: Token) -> list[Token]:
    """Heads of what a verb acts upon, coordinated ones included."""
    found: list[Token] = []
    subjects = [child for child in verb.children if child.dep_ == "nsubj"]
    if len(subjects) == 2 and subjects[0].i < verb.i < subjects[1].i:
        found.extend(with_conjuncts(subjects[1]))  # a second subject behind the verb is its object
    for child in verb.children:
        if (
            child.dep_ in _OBJECTS
            or (child.dep_ == "npadvmod" and lemma(child) in ("%", "percent"))
            or (child.dep_ == "attr" and lemma(verb) != "be")
        ):
            found.extend(with_conjuncts(child))
        elif child.dep_ in ("ccomp", "xcomp") and (
            lemma(verb) not in SAYING
            or (child.tag_ in ("VB", "VBG", "VBN") and not any(one.tag_ == "MD" for one in child.children))
        ):
            has_own = any(other.dep_ in ("nsubjpass", "dobj") for other in verb.children)
            inner = ("nsubj", "nsubjpass") if has_own else ("nsubj", "nsubjpass", "dobj")
            for below in child.children:
                if below.dep_ in inner and below.pos_ != "PRON":
                    found.extend(with_conjuncts(below))
    if verb.dep_ == "relcl" and all(one.lower_ in ("that", "which", "who", "whom") for one in found):
        has_subject = any(
            child.dep_ in ("nsubj", "nsubjpass") and child.lower_ not in ("that", "which", "who")
            for child in verb.children
        )
        found = [verb.head, *found] if has_subject or found or is_passive_verb(verb) else found
    if verb.dep_ in ("acl",) and verb.tag_ == "VBN":
        found.append(verb.head)
    return list(dict.fromkeys(found or _shared_objects(verb)))


def _shared_objects(verb: Token) -> Iterator[Token]:
    """Objects that a verb without its own shares with those beside it: "suspended and later cancelled the talks"."""
    if verb.dep_ == "conj":
        if verb.head.pos_ == "VERB" and verb.i > verb.head.i and verb.tag_ == verb.head.tag_:
            for child in verb.head.children:
                if child.dep_ in _OBJECTS and (child.i > verb.i or child.dep_ == "nsubjpass"):
                    yield from with_conjuncts(child)
        return
    for other in verb.conjuncts:
        has_subject = any(child.dep_ in ("nsubj", "nsubjpass") for child in other.children)
        if other.i > verb.i and other.pos_ == "VERB" and not has_subject:
            for child in other.children:
                if child.dep_ == "dobj":
                    yield from with_conjuncts(child)


def after_particle(verb: Token, particle: str) -> list[Token]:
    """Heads after a particle that the parse takes for a preposition ("called in the envoy")."""
    preps = [child for child in verb.children if child.dep_ == "prep" and child.lower_ == particle]
    return [
        one
        for prep in preps
        for below in prep.children
        if below.dep_ == "pobj"
        for one in with_conjuncts(below)
    ]


def through(verb: Token, prepositions: frozenset[str]) -> list[Token]:
    """Heads of phrases that stand after the verb with one of these prepositions."""
    found: list[Token] = []
    waiting = [child for child in verb.children if child.dep_ in ("prep", "prt", "advmod", "dative", "agent")]
    while waiting:
        child = waiting.pop(0)
        waiting.extend(below for below in child.children if below.dep_ == "prep")
        if child.lower_ in prepositions:
            for below in child.children:
                if below.dep_ in ("pobj", "pcomp"):
                    found.extend(with_conjuncts(below))
    for child in verb.children:
        if child.dep_ in ("dobj", "nsubjpass"):
            for prep in (below for one in with_conjuncts(child) for below in one.children):
                if prep.dep_ == "prep" and prep.lower_ in prepositions:
                    found.extend(
                        one
                        for below in prep.children
                        if below.dep_ == "pobj"
                        for one in with_conjuncts(below)
                    )
    return found


#: What a frame calls an object that is a proper name.
NAME = "<name>"


def core(token: Token) -> frozenset[str]:
    """Lemmas that say what a noun phrase is: its head, the nouns before it, and what a mere number counts."""
    if token.lower_ in ("him", "her", "them") and (named := _antecedent(token)) is not None:
        return core(named)
    found = {lemma(token), token.lower_}
    if token.pos_ == "PROPN" or token.text in gazetteer():
        found.add(NAME)
        if gazetteer().get(token.text, ("", "none"))[1] == "demonym" and token.tag_ in ("NNS", "NNPS"):
            found.add("national")
    for child in token.children:
        if child.dep_ in ("compound", "amod", "nmod", "appos", "nummod"):
            found |= {lemma(child), child.lower_}
            found |= {lemma(below) for below in child.children if below.dep_ in ("compound", "amod", "conj")}
            found |= {lemma(other) for other in child.conjuncts}
        elif (
            child.dep_ == "prep"
            and child.lower_ in ("of", "including")
            and (lemma(token) in LIGHT or token.pos_ == "NUM")
        ):
            for below in child.children:
                if below.dep_ == "pobj":
                    for one in with_conjuncts(below):
                        found |= core(one)
    return frozenset(found)


def _antecedent(pronoun: Token) -> Token | None:
    """The object that an earlier verb of the sentence has, or its phrase with "of": what "him" stands for."""
    start = pronoun.sent.start
    for place in range(pronoun.i - 1, start - 1, -1):
        word = pronoun.doc[place]
        if word.pos_ == "NOUN" and word.dep_ in ("dobj", "pobj", "nsubjpass"):
            is_many = word.tag_ == "NNS"
            if is_many == (pronoun.lower_ == "them") or word.dep_ == "pobj":
                return word
    return None


def noun_objects(noun: Token) -> frozenset[str]:
    """Lemmas of what a noun of action acts upon: "ban on imports", "import ban", "expulsion of diplomats"."""
    found = set(core(noun)) - {lemma(noun)}
    for child in noun.children:
        if child.dep_ == "prep" and child.lower_ in (
            "of",
            "on",
            "for",
            "against",
            "to",
            "from",
            "in",
            "with",
            "between",
        ):
            for below in child.children:
                if below.dep_ == "pobj":
                    for one in with_conjuncts(below):
                        found |= core(one)
                        found |= {
                            lemma(deep)
                            for part in one.children
                            if part.dep_ == "prep"
                            for deep in part.children
                        }
                elif below.dep_ == "pcomp":
                    found |= {lemma(one) for one in below.subtree}
        elif child.dep_ in ("poss", "acl"):
            found.add(lemma(child))
            found |= {lemma(one) for one in child.subtree if child.dep_ == "acl"}
    return frozenset(found)


def governing(noun: Token) -> tuple[Token, str] | None:
    """The verb that a noun of action hangs on and how: the dependency of the outermost noun, with its preposition.

    "announced measures, including the expulsion of two diplomats" gives the verb and ``dobj``;
    "responded with the closure" gives ``with``.
    """
    current, how = noun, ""
    for _ in range(8):
        head = current.head
        if head == current:
            return None
        is_opened = current.dep_ == "pobj" and head.lower_ in ("including", "like")
        if head.pos_ in ("VERB", "AUX") and not is_opened:
            return head, how or current.dep_
        if is_opened:
            over = verb_over(head)
            return (over, how or "dobj") if over is not None else None
        if current.dep_ == "pobj":
            if head.lower_ in (
                "including",
                "like",
                "of",
                "as",
                "through",
                "via",
                "with",
                "by",
                "in",
                "to",
                "on",
            ):
                is_opened = (
                    head.lower_ in ("including", "like", "as") or head.head.lemma_.lower() in LIGHT | _HOLDERS
                )
                if not is_opened:
                    how = how or head.lower_
            else:
                return None
        elif current.dep_ not in (
            "conj",
            "appos",
            "prep",
            "dobj",
            "pcomp",
            "nmod",
            "compound",
            "dep",
            "attr",
        ):
            return None
        current = head
    return None


#: Nouns that only hold what follows: "a package of sanctions", "measures including".
_HOLDERS = words(
    "package measure step form sanction restriction action decision move countermeasure punishment "
    "penalty response imposition introduction"
)
