"""Which states do an act: by the grammar, by who speaks, and by what the grammar cannot mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retorsion.news.article import Sentence
from retorsion.news.days import DAYS
from retorsion.news.hit import Hit
from retorsion.news.phrases import lemma, objects
from retorsion.news.targets import against, is_beside_blamed, partner
from retorsion.news.tone import is_occasion
from retorsion.news.who import (
    BODIES,
    COPULAS,
    DEEDS,
    ENVOYS,
    OFFICES,
    SAYING,
    TITLES,
    How,
    Who,
    director,
    doer,
    is_passive_verb,
    verb_over,
)
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

#: Verbs whose subject is a package or list of acts.
_HOLDING = words("include comprise contain involve consist entail cover affect")
#: Verbs whose subject feels what follows; under any other it is felt by the subject of a passive.
_STATES = words("be feel remain")
#: Words for what someone says, who need not be who does what the sentence tells.
_CLAIMS = words(
    "case lawsuit suit complaint claim allegation report rumour rumor accusation charge article post video "
    "remark letter"
)
#: Verbs whose passive tells what one is blamed for, and not by whom.
_BLAMING = words("accuse blame charge suspect condemn criticise criticize")
#: What a state bars within its own land: "froze their US assets", "banned travel to Chile".
_WITHIN = words("asset fund account property holding travel entry")
#: Verbs whose subject suffers the act.
UNDERGO = words("face suffer incur undergo")


def doers(hit: Hit) -> tuple[list[str], How]:
    """States that do an act, and how they were found."""
    actors, how = _by_grammar(hit)
    if not actors and hit.is_verbal and not is_passive_verb(hit.verb) and _is_office(doer(hit.verb)):
        actors, how = _host(hit.acted, hit.verb, hit.who), "office"
    if not actors and hit.is_verbal and _is_unknown(doer(hit.verb), hit):
        other = partner(hit.article, *_theirs(hit))
        actors, how = ([other] if other and _theirs(hit) else []), "page"
    is_loose = how != "named" or hit.verb.dep_ == "conj"
    if how == "page" and (own := [code for one in hit.acted for code in _of_deed(one, hit.who)]):
        return own[:1], "office"
    if hit.frame.target == "place":
        if set(actors) & set(against(hit)) and not _is_from_mission(
            hit
        ):  # nobody calls home from its own capital
            return _instead(hit, against(hit)), "page"
    elif set(actors) & set(_of_first(hit)):
        return _instead(hit, _of_first(hit)), "page"
    elif is_own_abroad(hit, *actors):
        pass  # its own envoy, who sits elsewhere
    elif (
        is_loose and not any(map(_is_ours, hit.acted)) and _is_aimed(hit) and set(actors) & set(_theirs(hit))
    ):
        return _instead(hit, _theirs(hit)), "page"  # nobody acts against those who are named as its own
    return list(dict.fromkeys([*actors, *_joined(hit)])), how


def _of_first(hit: Hit) -> list[str]:
    """States of an envoy upon whom the verb before acts: "summoned the Peruvian consul and delivered a note"."""
    verb = hit.verb
    if verb.dep_ != "conj" or any(child.dep_ in ("nsubj", "nsubjpass") for child in verb.children):
        return []
    called = [one for one in objects(verb.head) if lemma(one) in ENVOYS]
    return [code for one in called for code in hit.who.own_states(one)]


def is_own_abroad(hit: Hit, *actors: str) -> bool:
    """Whether an envoy is the doer's own by name and place: "Peru summoned the Peruvian consul in Oslo"."""
    if len(actors) != 1 or not hit.frame.own_type:
        return False
    named = [one for one in hit.acted if actors[0] in hit.who.of_modifiers(one)]
    places = [
        below
        for one in (*named, hit.verb)
        for prep in one.children
        if prep.dep_ == "prep" and prep.lower_ in ("in", "to", "from")
        for below in prep.children
    ]
    return bool(named) and any(set(hit.who.states(place)) - {actors[0]} for place in places)


def _is_office(subject: Token | None) -> bool:
    """Whether a doer is a government's office that the page has tied to no state."""
    return subject is not None and lemma(subject) in ("ministry", "government", "authority", "department")


def _is_unknown(subject: Token | None, hit: Hit) -> bool:
    """Whether a doer is a person of whom the page has not said whose: "President Vega summoned the envoy"."""
    if subject is None or subject.pos_ != "PROPN" or hit.who.is_private(subject) or subject.text in BODIES:
        return False
    return not hit.who.states(subject) and any(lemma(child) in TITLES for child in subject.children)


def _is_from_mission(hit: Hit) -> bool:
    """Whether an envoy is called home from his own mission: "recalled the envoy from the Peruvian embassy"."""
    return any(
        below.lemma_.lower() in ("embassy", "consulate", "mission")
        for source in (*hit.acted, hit.verb)
        for prep in source.children
        if prep.dep_ == "prep" and prep.lower_ in ("from", "at", "in")
        for below in prep.children
    )


def _joined(hit: Hit) -> list[str]:
    """States whom a doer joins in what it does: "joined Chile and Peru in imposing sanctions"."""
    over = hit.verb.head.head
    is_led = hit.verb.dep_ == "pcomp" and hit.verb.head.lower_ == "in" and lemma(over) == "join"
    joined = [child for child in over.children if child.dep_ == "dobj"] if is_led else []
    return [code for one in joined for code in hit.who.states(one)]


def _is_aimed(hit: Hit) -> bool:
    """Whether the words beside an act name whom it is aimed at, and not who does it."""
    is_of_doer = (hit.frame.is_voiced and bool(hit.frame.objects)) or hit.frame.own_type == hit.frame.act_type
    return hit.frame.target in ("object", "people") and not is_of_doer


def _of_deed(noun: Token, who: Who) -> list[str]:
    """State whose sanctions or tariffs an object names: "a round of US sanctions" is no other state's act."""
    inner = [below for prep in noun.children if prep.dep_ == "prep" for below in prep.children]
    return next(
        (found for one in (noun, *inner) if lemma(one) in DEEDS and (found := who.of_modifiers(one))), []
    )


def _theirs(hit: Hit) -> list[str]:
    """States against which an act is aimed by its own words."""
    if lemma(hit.verb) in COPULAS and hit.frame.is_speech and not hit.frame.is_voiced:
        subjects = [child for child in hit.verb.children if child.dep_ == "nsubj"]
        blamed = [one for one in subjects if lemma(one) not in ENVOYS]
        return [
            code
            for one in blamed
            for code in (hit.who.states(one) if lemma(one) in DEEDS else hit.who.of_modifiers(one))
        ]
    acted = [one for one in hit.acted if lemma(one) not in _WITHIN]
    if hit.acted and not acted:
        return []
    named = [code for one in acted for code in hit.who.own_states(one)] if hit.is_verbal else []
    return named or against(hit)


def _instead(hit: Hit, theirs: list[str]) -> list[str]:
    """The doer of the whole sentence or else the state that the page is about besides those acted upon."""
    subject = doer(hit.sentence.span.root)
    found = hit.who.states(subject) if subject is not None else []
    if found and not set(found) & set(theirs):
        return found
    other = partner(hit.article, *theirs)
    return [other] if other else []


def _by_grammar(hit: Hit) -> tuple[list[str], How]:
    who, verb, sentence, frame = hit.who, hit.verb, hit.sentence, hit.frame
    if not hit.is_verbal:
        if named := owner(hit.trigger, who, sentence):
            return named, "named"
        if lemma(verb) == "be":
            return _speaker(verb, sentence, who)
        if lemma(verb) in UNDERGO:
            return ([who.salient] if who.salient else []), "page"
    if (said := _by_speech(hit)) is not None:
        return said
    is_undone = hit.is_verbal and is_passive_verb(verb) and doer(verb) is None
    if is_undone and frame.target == "people" and (entered := _entered(verb, who)):
        return entered, "office"
    if hit.is_verbal and not frame.is_speech and _is_known_deed(verb):
        return who.deeds, "deed"
    is_intransitive = not any(child.dep_ in ("dobj", "nsubjpass") for child in verb.children)
    if hit.is_verbal and frame.is_ergative and is_intransitive:
        return _speaker(verb, sentence, who)
    if verb.pos_ == "VERB" and (lost := _lost_subject(verb, who, sentence)):
        return lost, "office"
    above = director(verb)
    subject = doer(verb) if above is None else doer(above)
    is_own = frame.target == "beyond" or (frame.target == "place" and subject is None)
    if is_own and (owners := [code for one in hit.acted for code in _owners(one, hit)]):
        return owners, "office"
    if subject is None and (ours := [one for one in hit.acted if _is_ours(one)]):
        return [code for one in ours for code in _owners(one, hit)], "office"
    if subject is None and (host := _host((*hit.acted, *objects(verb)), verb, who)):
        return host, "office"
    seen: set[int] = set()
    while subject is not None and subject.i not in seen:
        seen.add(subject.i)
        found = who.of_subject(subject, sentence, with_vessels=frame.by_vessel)
        if (
            lemma(subject) in _CLAIMS
            and subject == verb.head
            and verb.dep_ == "acl"
            and subject.dep_ != "nsubj"
        ):
            return [], "named"  # "dismissed claims accusing it": whoever claims it
        over = _over_thing(subject, verb) if not found[0] else None
        if over is None:
            return found
        subject = doer(over)
    return _speaker(verb, sentence, who)


def _by_speech(hit: Hit) -> tuple[list[str], How] | None:
    """States that speak or feel, where the verb itself does not name them for its doer; None where it does."""
    who, verb, sentence, frame = hit.who, hit.verb, hit.sentence, hit.frame
    if not frame.is_speech:
        return None
    if hit.is_verbal and lemma(verb) in COPULAS and not frame.is_voiced:
        actors, how = _speaker(verb, sentence, who)
        is_bare = any(child.dep_ == "nsubj" and child.lower_ in ("it", "there") for child in verb.children)
        is_told = (how == "page" or is_bare) and '"' not in sentence.span.text
        return ([] if is_told else actors), how  # else the page says it, and no state
    over = verb_over(verb.head) if hit.is_verbal and is_beside_blamed(verb) else None
    if over is not None and (subject := doer(over)) is not None:
        return who.of_subject(subject, sentence)
    is_undone = hit.is_verbal and is_passive_verb(verb) and doer(verb) is None
    if is_undone and lemma(verb) in _BLAMING:
        return [], "named"  # it is not said who blames
    if frame.is_voiced and (voices := _voices(hit)):
        return voices, "named"
    if frame.is_voiced and not frame.objects and lemma(verb) not in _STATES:
        felt = [child for child in verb.children if child.dep_ == "nsubjpass"]
        return who.of_subject(felt[0], sentence) if felt else ([], "named")
    return None


def _voices(hit: Hit) -> list[str]:
    """States whose regret or protest is conveyed by name: "conveyed Chile's regret"."""
    named = [
        child for one in hit.acted for child in one.children if child.dep_ == "poss" and child.pos_ != "PRON"
    ]
    return list(dict.fromkeys(code for child in named for code in hit.who.states(child)))


def _entered(verb: Token, who: Who) -> list[str]:
    """State that persons may not enter, by whom nobody says: "were denied entry into Chile"."""
    for token in verb.subtree:
        if token.dep_ == "pobj" and token.head.lower_ == "into":
            return who.own_states(token)
        if token.dep_ == "pobj" and token.head.lower_ == "from" and token.head.head == verb:
            return who.own_states(token)
        if token.dep_ == "dobj" and lemma(token.head) == "enter":
            return who.own_states(token)
    return []


def _is_known_deed(verb: Token) -> bool:
    """Whether a passive verb tells of an act that the page has told, by no one: "the sanctions were imposed"."""
    if not is_passive_verb(verb) or doer(verb) is not None:
        return False
    subject = next((child for child in verb.children if child.dep_ == "nsubjpass"), None)
    return (
        subject is not None
        and lemma(subject) in DEEDS
        and any(child.lower_ in ("the", "these", "those", "such") for child in subject.children)
    )


def _lost_subject(verb: Token, who: Who, sentence: Sentence) -> list[str]:
    """States just before an active verb to which the parse gives no subject.

    "after Britain on Monday imposed"; "was shaken by the war in Chile and its president has condemned".
    """
    has_subject = any(child.dep_ in ("nsubj", "nsubjpass", "csubj") for child in verb.children)
    helpers = [child for child in verb.children if child.dep_ == "aux"]
    is_finite = verb.tag_ in ("VBD", "VBZ", "VBP") or any(
        one.tag_ in ("VBD", "VBZ", "VBP") for one in helpers
    )
    is_led = verb.tag_ == "VBG" and verb.dep_ == "pcomp"
    if has_subject or is_led or is_passive_verb(verb) or not (is_finite or verb.tag_ == "VBG"):
        return []
    if verb.dep_ == "ROOT" and is_finite:
        before = [code for one in sentence.span if one.i < verb.i and (code := who.article.state_at(one))]
        return before[-1:]
    if verb.dep_ == "conj" and verb.tag_ == verb.head.tag_ == "VBG":
        return _lost_subject(verb.head, who, sentence)
    if verb.tag_ == "VBG" and (led := _led_in(verb)) is not None:
        return who.of_subject(led, sentence)[0]
    first = place = min(one.i for one in (verb, *helpers)) - 1
    while place > sentence.span.start and (
        verb.doc[place].pos_ in ("ADV", "ADP", "AUX") or verb.doc[place].text in DAYS
    ):
        place -= 1
    near = verb.doc[place]
    if near.dep_ == "pobj" and verb.tag_ == "VBG" and place == first and is_occasion(near.head):
        return who.of_subject(near, sentence)[0]  # "in retaliation to Chile closing its border"
    if near.dep_ == "conj" and any(one.lower_ in ("and", "while", "but") for one in _left_of(near)):
        return who.of_subject(near, sentence)[0]
    code = who.article.state_at(near) if place < first and is_finite else None
    return [code] if code is not None else []


def _led_in(verb: Token) -> Token | None:
    """The doer of a participle that "with" leads in: "with Chile and Peru, among others, imposing sanctions"."""
    for prep in verb.head.children:
        if prep.lower_ == "with" and prep.dep_ == "prep" and prep.i < verb.i and prep.i > verb.head.i:
            return next((below for below in prep.children if below.dep_ == "pobj"), None)
    return None


def _left_of(noun: Token) -> list[Token]:
    """The word before a noun phrase."""
    edge = noun.left_edge.i
    return [noun.doc[edge - 1]] if edge > 0 else []


def _over_thing(subject: Token, verb: Token) -> Token | None:
    """The verb above a doer that is a thing: "announced a list that includes", "introduced plans to ban"."""
    is_above = any(one == subject for one in verb.ancestors)
    if not is_above and lemma(verb) not in _HOLDING:
        return None
    over = verb_over(subject) if is_above else verb_over(verb)
    return over if over != verb else None


def _is_ours(envoy: Token) -> bool:
    return any(child.lower_ == "our" for child in envoy.children)


def _owners(envoy: Token, hit: Hit) -> list[str]:
    """States whose envoy it is."""
    return hit.who.own(envoy, hit.sentence) if _is_ours(envoy) else hit.who.states(envoy)


def _host(envoys: tuple[Token, ...], verb: Token, who: Who) -> list[str]:
    """State in which an envoy sits whom nobody named acts upon: "the Swedish ambassador in Moscow was summoned"."""
    called = [below for prep in verb.children if prep.lower_ == "to" for below in prep.children]
    for place in called:
        own = [code for envoy in envoys for code in who.own_states(envoy)]
        if place.lemma_.lower() in OFFICES and (
            found := [one for one in who.states(place) if one not in own]
        ):
            return found[:1]
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


def owner(noun: Token, who: Who, sentence: Sentence) -> list[str]:
    """State to which a noun of action belongs: "Japan's ban", "a ban by Japan", "the Japanese ban"."""
    for child in noun.children:
        if child.dep_ == "poss" and (own := who.states(child) or who.own(noun, sentence)):
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
    if (later := _later_speaker(sentence, who)) is not None:
        return later, "speaker"
    known = who.speaker if '"' in sentence.span.text else who.salient
    return ([known] if known else []), "page"


def _later_speaker(sentence: Sentence, who: Who) -> list[str] | None:
    """States to which a quotation that begins here is given where it ends: '"It is wrong. Stop it," Peru said'."""
    text = sentence.span.text.strip()
    if not text.startswith('"') or text.count('"') != 1:
        return None
    for later in who.article.sentences[sentence.number + 1 :]:
        if later.offset != sentence.offset:
            return None
        marks = later.span.text.count('"')
        if marks:
            root = later.span.root
            subject = doer(root) if lemma(root) in SAYING and marks == 1 else None
            return who.of_subject(subject, later)[0] if subject is not None else None
    return None
