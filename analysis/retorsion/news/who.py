"""Which state acts and which is acted upon: noun phrases, offices, persons, pronouns, and the doers of verbs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from retorsion.news.article import Article, Sentence, lead_days
from retorsion.news.candidate import DayBasis
from retorsion.news.names import described_by
from retorsion.news.words import words

if TYPE_CHECKING:
    from spacy.tokens import Token

#: How a state was found: named in the phrase, through a pronoun or office, through who speaks,
#: through the act told last ("the measures"), or through the page.
How = Literal["named", "office", "speaker", "deed", "page"]

TITLES = words(
    "minister president chancellor secretary spokesperson spokeswoman spokesman premier ambassador envoy "
    "leader chairman adviser advisor prime official king queen prince emir sultan commissioner director "
    "commander general deputy chief head representative negotiator consul vice undersecretary governor "
    "speaker taoiseach ayatollah sheikh"
)
#: Words that stand for a government where no state is named beside them.
OFFICES = words(
    "ministry government cabinet parliament authority administration embassy consulate official minister "
    "secretary president bloc kingdom council side spokesman spokesperson spokeswoman leader leadership "
    "agency service committee premier chancellor office commission customs department diplomat ambassador "
    "envoy country nation republic regime state regulator treasury commerce legislature senate congress "
    "assembly lawmaker mp legislator federation union power presidency capital junta monarchy island army "
    "military navy force watchdog body court prosecutor police counterpart delegation representative "
    "statement decree order decision move step measure law legislation announcement notice bill package "
    "sanction restriction ban tariff foreign defence defense finance trade interior minister "
    "administration directorate bureau"
)
#: Doers that are no state even where one is named beside them.
_PRIVATE = words(
    "protester demonstrator fisherman fisher farmer analyst expert company firm airline carrier resident "
    "citizen people worker union media newspaper exporter importer producer trader critic activist "
    "opposition economist business investor bank refugee tourist student consumer group manufacturer "
    "industry market retailer supplier maker refiner buyer buyers giant automaker carmaker university "
    "researcher scientist athlete player artist film hacker fan patient family lawyer club team "
    "federation stock share currency price trade export import economy shipment oil gas coal population "
    "public man woman diaspora lobby association chamber brand supermarket chain startup developer "
    "operator shipper household driver tycoon billionaire oligarch journalist reporter broadcaster "
    "channel outlet daily magazine think-tank institute professor church ngo charity report survey poll "
    "study data figure crew captain sailor boat vessel ship tanker"
)
ENVOYS = words("diplomat ambassador envoy consul")
#: Bodies of several states, and movements, which act for no one state.
BODIES = words(
    "ECOWAS NATO UN ASEAN OPEC WTO IMF AU OAS CARICOM Mercosur SADC GCC IAEA OSCE ICJ ICC Interpol UNESCO "
    "Hamas Hezbollah Houthis Taliban"
)
#: Words for an act that the page has told.
DEEDS = words("action measure sanction restriction step move decision tariff ban decree order package")
#: Nouns of which several together stand for states that have to be named.
_GROUPS = words("country nation state power government member ally side neighbour neighbor rival")
#: Doers that act for their state in matters of force.
_VESSELS = words("ship vessel boat trawler crew captain")
_PRONOUNS = words("it he she they we i")
_MODIFIERS = ("poss", "amod", "compound", "nmod")
#: Prepositions that tie a state to the office before them.
_OF = words("by of in from for at")
#: Nouns after "in" that begin a reason and no place.
_REPLIES = words(
    "response retaliation reply answer reaction reprisal protest view light wake return connection"
)
#: Heads that only count or group what follows their "of".
LIGHT = words(
    "number group dozen score hundred thousand series range list type kind majority part member total set "
    "batch raft host lot pair handful string wave round couple variety slew some all most many several "
    "half one two three four five six seven eight nine ten percent % operation bulk entry rest tranche "
    "package any each ton tonne worth validity issuance issuing "
    "implementation imposition introduction doubling tripling"
)


def is_private(token: Token) -> bool:
    """Whether a phrase stands for persons or firms and not for a state."""
    if token.i > 0 and any(
        child.lemma_.lower() in ("guard", "navy", "military", "warship") for child in token.children
    ):
        return False
    return token.lemma_.lower() in _PRIVATE and not any(
        child.lemma_.lower() in ("central", "state", "national", "federal") for child in token.children
    )


#: Words before an office that do not say which.
_PLAIN = words("the country its own same foreign")
_DEPARTMENTS = words("department ministry administration")


def _office_key(token: Token) -> str:
    """For "the Chinese commerce ministry" its last two words; empty unless a word besides the head says which."""
    if token.lower_ not in _DEPARTMENTS:
        return ""
    names = [
        child.lower_
        for child in token.children
        if child.dep_ in ("compound", "amod") and child.ent_type_ == "" and child.text.lower() not in _PLAIN
    ]
    return " ".join([*names[-1:], token.lower_]) if names else ""


class Who:
    """States behind the phrases of one article, read in order.

    Attributes:
        article: The article.
        salient: State of the last subject that named one; what "it" and "the ministry" stand for.
        speaker: State that spoke last.
        side_days: First day near the page's own at which its first sentences let a side act or speak.
        deeds: States that did the act told last; what "the measures" stand for.
        aims: States that each side's last act was aimed at.
        deed_aims: States that the act told last was aimed at.
        deed_day: Day of that act and how it is known.
    """

    def __init__(self, article: Article) -> None:
        self.article = article
        self.salient: str | None = None
        self.speaker: str | None = None
        self.deeds: list[str] = []
        self.aims: dict[str, list[str]] = {}
        self.deed_aims: list[str] = []
        self.deed_day: tuple[date | None, DayBasis] = (None, "none")
        self._is_quoted = False
        self._offices: dict[str, set[str]] = {}
        self._bind()
        self.side_days: dict[str, date] = {}
        for sentence, day in lead_days(article):
            subject = doer(sentence.span.root)
            for code in self.states(subject) if subject is not None else []:
                self.side_days.setdefault(code, day)

    def states(self, token: Token) -> list[str]:
        """States that a noun phrase stands for or belongs to, coordinated phrases included."""
        found = self._direct(token)
        for other in token.conjuncts:
            if other.i > token.i and other.pos_ in ("NOUN", "PROPN", "PRON", "ADJ"):
                found += [code for code in self._direct(other) if code not in found]
        return found

    def is_private(self, token: Token) -> bool:
        """Whether a phrase stands for persons or firms; a name such as "European Union" does not."""
        return self.article.state_at(token) is None and is_private(token)

    def own_states(self, token: Token) -> list[str]:
        """States of one noun phrase, without those coordinated with it."""
        return self._direct(token)

    def _direct(self, token: Token) -> list[str]:
        own = self.article.state_at(token)
        if own is not None:
            return [own]
        if token.text in self.article.bound:
            return [self.article.bound[token.text]]
        if any(child.tag_ == "PRP$" for child in token.children):
            return self.of_modifiers(token)  # "its support for Peru" is not Peru's
        return self.of_modifiers(token) or self._attached(token)

    def of_modifiers(self, token: Token) -> list[str]:
        """States of the words before a noun: "Russia's", "Russian"."""
        kids = [child for child in token.children if child.dep_ in _MODIFIERS]
        kids.sort(key=lambda child: (child.dep_ != "poss", -child.i))
        return next((found for child in kids if (found := self._modifier(child))), [])

    def _modifier(self, child: Token) -> list[str]:
        found = [code for part in (child, *child.conjuncts) if (code := self.article.state_at(part))]
        if found:
            return list(dict.fromkeys(found))
        if child.text in self.article.bound:
            return [self.article.bound[child.text]]
        is_led = child.dep_ == "amod" and child.tag_ in ("VBN", "VBD")  # "the Chile-led blockade"
        if child.dep_ in ("poss", "compound", "nmod") or is_led:
            for below in sorted(child.children, key=lambda one: -one.i):
                if (below.dep_ in _MODIFIERS or (is_led and below.i < child.i)) and (
                    found := self._modifier(below)
                ):
                    return found
            return self._attached(child)
        return []

    def _attached(self, token: Token) -> list[str]:
        """States of "ministry of X", "minister for X", "X, the minister of Y"."""
        for child in sorted(token.children, key=lambda one: (one.lower_ != "by", one.i)):
            if child.lower_ == "for" and token.lemma_.lower() in DEEDS | LIGHT:
                continue  # "sanctions on Peru for its raids in Chile"
            if child.dep_ in ("prep", "agent") and child.lemma_.lower() in _OF:
                for below in child.children:
                    if below.lemma_ in _REPLIES:
                        continue
                    if below.dep_ == "pobj" and (found := self.states(below)):
                        return found
        for child in token.children:
            if child.dep_ == "appos" and (found := self._direct(child)):
                return found
        return []

    def of_subject(
        self, token: Token, sentence: Sentence, *, with_vessels: bool = False
    ) -> tuple[list[str], How]:
        """States of a doer; a pronoun or an office without a name stands for the state last in view."""
        if self.is_private(token) and not (with_vessels and token.lemma_.lower() in _VESSELS):
            return [], "named"
        found = self.states(token)
        if found:
            return found, "named"
        if own := self.own(token, sentence):
            return own, "office"
        word = token.lemma_.lower()
        if (described := self._described(word)) is not None:
            return [described], "office"
        if len(known := self._offices.get(_office_key(token), set())) == 1:
            return list(known), "office"
        if word in ("embassy", "consulate") and (sent := self._sender(token, sentence)) is not None:
            return [sent], "office"
        if word in ENVOYS and token.tag_ == "NN" and (sent := self._sender(token, sentence)) is not None:
            return [sent], "office"
        if (pair := self._two(token)) is not None:
            return pair, "office"
        if word in _PRONOUNS or token.pos_ == "PRON" or word in OFFICES or token.text.lower() in _PRONOUNS:
            if word in _GROUPS and token.tag_ in ("NNS", "NNPS"):
                return [], "office"
            if self.is_deed_told(token):
                return self.deeds, "deed"
            return self._before(token, sentence), "office"
        if token.text in BODIES or (word == "community" and token.pos_ == "PROPN"):
            return [], "named"
        if token.pos_ == "PROPN" or (token.text[:1].isupper() and token.tag_ != "NNS"):
            led = self._led(token) or self.salient
            return ([led] if led else []), "page"
        return [], "named"

    def _led(self, token: Token) -> str | None:
        """The subject of the clause that leads in that of a name: "Though Chile is small, Minister Mora banned"."""
        for clause in token.head.children:
            if clause.dep_ == "advcl" and clause.i < token.i:
                for child in clause.children:
                    if child.dep_ == "nsubj" and (found := self.states(child)):
                        return found[0]
        return None

    def _sender(self, mission: Token, sentence: Sentence) -> str | None:
        """State whose embassy or envoy the page named last: "the Chilean embassy in Oslo ... the embassy said"."""
        before = [one for one in sentence.span if one.i < mission.i]
        if sentence.number:
            before = [*self.article.sentences[sentence.number - 1].span, *before]
        like = ENVOYS if mission.lemma_.lower() in ENVOYS else {mission.lemma_.lower()}
        named = [one for one in before if one.lemma_.lower() in like]
        return next((code for one in reversed(named) for code in self.own_states(one)), None)

    def _two(self, token: Token) -> list[str] | None:
        """The two states that the page names most, for "the two countries" and "both sides"."""
        is_two = any(child.lower_ in ("two", "both") for child in token.children)
        if not is_two or token.lemma_.lower() not in _GROUPS:
            return None
        most = [code for code, _ in self.article.weight.most_common(2)]
        return most if len(most) == 2 else None

    def _before(self, token: Token, sentence: Sentence) -> list[str]:
        """States that a pronoun or office stands for; several only for "they" and the like."""
        is_many = token.text.lower() in ("they", "their", "both")
        if token.text.lower() in ("we", "our", "i", "us"):
            known = self._quoted(token) or self.speaker or self.salient
            return [known] if known else []
        if token.lemma_.lower() in ("country", "nation") and (near := self._just_named(token, sentence)):
            return near
        is_person = token.text.lower() in ("he", "she", "him", "his", "her")
        for other in reversed([one for one in sentence.span if one.i < token.i]):
            if is_person and other.dep_ in ("nsubj", "nsubjpass") and self._is_stranger(other):
                return []
            if (
                other.dep_ in ("nsubj", "nsubjpass", "agent")
                and other.head != token.head
                and not _is_quoted_by(other, token)
                and not self.is_private(other)
            ):
                found = self._in_view(other)
                if found:
                    return found if is_many else found[:1]
        return [self.salient] if self.salient and token.lower_ != "their" else []

    def _just_named(self, token: Token, sentence: Sentence) -> list[str]:
        """The state named last before "the country" in its sentence: "a rebuke to Chile after the country voiced"."""
        before = [one for one in sentence.span if one.i < token.i]
        return [code for one in before if (code := self.article.state_at(one)) is not None][-1:]

    def is_deed_told(self, token: Token) -> bool:
        """Whether a phrase means an act that the page has told: "the measures", "these sanctions"."""
        is_known = any(
            child.lower_ in ("the", "this", "these", "those", "such")
            or (child.dep_ == "poss" and child.ent_type_ == "DATE")
            for child in token.children
        )
        return is_known and token.lemma_.lower() in DEEDS and bool(self.deeds)

    def _is_stranger(self, token: Token) -> bool:
        """Whether a person is named whom the page ties to no state."""
        is_person = token.ent_type_ == "PERSON" or any(child.lower_ in _FORMS for child in token.children)
        return is_person and token.pos_ == "PROPN" and not self.states(token)

    def _in_view(self, token: Token) -> list[str]:
        """States that a doer names or describes."""
        described = self._described(token.lemma_.lower())
        return self.states(token) or ([described] if described else [])

    def _described(self, word: str) -> str | None:
        """The state of the article that a word such as "kingdom" or "bloc" describes, the one named most."""
        fitting = [
            (count, code)
            for code, count in self.article.weight.items()
            if code in described_by().get(word, ())
        ]
        most = max((count for count, _ in fitting), default=0)
        return next((code for count, code in fitting if count == most), None)

    def _quoted(self, token: Token) -> str | None:
        """State of whoever says, in the same sentence, what holds "we"."""
        current = token
        while (above := verb_over(current)) is not None:
            if above.lemma_ in SAYING and (subject := doer(above)) is not None and subject.i != token.i:
                found = self.states(subject)
                if found:
                    return found[0]
            current = above
        return None

    def own(self, token: Token, sentence: Sentence) -> list[str]:
        """States of "its" or "their" before a noun."""
        for child in token.children:
            if child.dep_ == "poss" and child.lower_ in ("its", "their", "his", "her", "our", "own"):
                return self._of_teller(token) or self._before(child, sentence)
        return []

    def _of_teller(self, token: Token) -> list[str]:
        """The side that tells what another did to its own people: "said Peru had expelled its consul"."""
        verb = token.head
        if token.dep_ != "dobj" or verb.dep_ != "ccomp" or verb.lemma_ not in _SENDING:
            return []
        teller, subject = doer(verb.head), doer(verb)
        found = self.states(teller) if teller is not None else []
        return found if subject is not None and not set(found) & set(self.states(subject)) else []

    def advance(self, sentence: Sentence) -> None:
        """Take in who the sentence is about, for pronouns of later ones."""
        was_quoted = self._is_quoted or sentence.span.text.lstrip().startswith('"')
        self._is_quoted ^= sentence.span.text.count('"') % 2 == 1
        root = sentence.span.root
        if was_quoted and root.lemma_ not in SAYING:
            return  # what is said in a quotation does not change whom the article is about
        for token in (root, *[child for child in root.children if child.dep_ in ("ccomp", "conj", "advcl")]):
            for child in token.children:
                if child.dep_ in ("nsubj", "nsubjpass") and not self.is_private(child):
                    found = self._in_view(child)
                    if found:
                        self.salient = found[0]
                        if token.lemma_ in SAYING:
                            self.speaker = found[0]
                        return
        if self.salient is None and (
            first := [code for one in sentence.span if (code := self.article.state_at(one))]
        ):
            self.salient = first[0]

    def _bind(self) -> None:
        """Tie names of persons to states by title or apposition, wherever the article does it first."""
        for sentence in self.article.sentences:
            for token in sentence.span:
                self._bind_office(token)
                if token.pos_ != "PROPN" or self.article.state_at(token) or token.dep_ == "compound":
                    continue
                if (
                    token.lemma_.lower() in TITLES | OFFICES
                    or not token.text[:1].isupper()
                    or len(token.text) < 2
                ):
                    continue
                code = self._holder(token)
                if code is not None:
                    for part in (token, *token.children):
                        if part == token or (part.dep_ == "compound" and self._is_of_name(part)):
                            self.article.bound.setdefault(part.text, code)

    def _is_of_name(self, token: Token) -> bool:
        """Whether a word before the last name is a name too: "Minister Moon Jae-in"."""
        is_title = token.lemma_.lower() in TITLES | OFFICES
        return (
            token.pos_ == "PROPN"
            and len(token.text) > 2
            and not is_title
            and self.article.state_at(token) is None
        )

    def _bind_office(self, token: Token) -> None:
        """Remember whose "commerce ministry" or "Treasury" an article speaks of."""
        code = self.article.state_at(token)
        if (
            code is not None
            and self.article.kind_at(token) == "seat"
            and token.i > 0
            and token.lower_ in _DEPARTMENTS
        ):
            self.article.bound.setdefault(token.nbor(-1).text, code)
        key = _office_key(token)
        if key and (found := self.states(token)):
            self._offices.setdefault(key, set()).add(found[0])

    def _holder(self, token: Token) -> str | None:
        """State whose office the person holds by this phrase."""
        around = [child for child in token.children if child.dep_ in (*_MODIFIERS, "appos")]
        titled = [one for one in around if any(part.lemma_.lower() in TITLES for part in one.subtree)]
        if token.dep_ == "appos" and token.head.lemma_.lower() in TITLES:
            found = self._direct(token.head)
            return found[0] if found else None
        if not titled:
            return None
        found = [
            code
            for one in around
            for part in one.subtree
            if part.i < token.i or one.dep_ == "appos"
            if (code := self.article.state_at(part))
        ]
        return found[0] if found else None


#: Verbs by which a state acts against those of another, and not its own.
_SENDING = words("expel deport oust evict detain arrest imprison jail ban bar sanction attack")
SAYING = words(
    "say announce declare state tell tweet add mention confirm note report stress reveal reply insist "
    "explain argue write warn claim vow pledge emphasise emphasize reiterate underline underscore respond "
    "comment read"
)


#: Verbs whose subject is what is blamed and not who blames.
COPULAS = words("contradict be constitute amount represent violate infringe contravene breach")


def _is_quoted_by(other: Token, speaker: Token) -> bool:
    """Whether a subject stands in what someone says: it is not who says it."""
    clause = other.head
    while clause.dep_ == "conj":
        clause = clause.head
    return clause.dep_ in ("ccomp", "parataxis") and clause.head == speaker.head


def doer(verb: Token) -> Token | None:
    """The word for whoever does what a verb says: subject, agent, through control, coordination and participles."""
    seen: set[int] = set()
    current: Token | None = verb
    while current is not None and current.i not in seen:
        seen.add(current.i)
        for child in current.children:
            if child.dep_ == "agent":
                return next((below for below in child.children if below.dep_ == "pobj"), None)
        if current == verb and is_passive_verb(current):
            return _late_agent(current)
        for child in current.children:
            if child.dep_ in ("nsubj", "csubj") or (child.dep_ == "nsubjpass" and current != verb):
                if child.lower_ in ("which", "that", "who") and current.dep_ == "relcl":
                    return _just_before(child, current.head)
                return child
        current = _above(current)
        if current is not None and current.pos_ not in ("VERB", "AUX"):
            return current
    return None


def _just_before(relative: Token, head: Token) -> Token:
    """What a relative clause is about: a name just before it and not the act beside: "sanctions on Peru, which"."""
    place = relative.i - (2 if relative.i > 1 and relative.nbor(-1).text == "," else 1)
    near = relative.doc[max(place, 0)]
    is_name = near.pos_ == "PROPN" and near.dep_ == "pobj" and head.lemma_.lower() in DEEDS
    return near if is_name and head in near.ancestors else head


def _late_agent(verb: Token) -> Token | None:
    """The agent of a passive verb where the parse hangs it lower: "were denied entry by the ministry"."""
    waiting = list(verb.children)
    while waiting:
        token = waiting.pop(0)
        if token.lower_ == "by" and token.dep_ in ("prep", "agent") and token.i > verb.i:
            for below in token.children:
                if below.dep_ == "pobj" and (below.pos_ == "PROPN" or below.lemma_.lower() in OFFICES):
                    return below
        if token.dep_ not in ("acl", "relcl", "advcl", "conj"):
            waiting.extend(token.children)
    return None


def is_passive_verb(verb: Token) -> bool:
    """Whether a verb is passive, a bare participle after a noun included."""
    if any(child.dep_ in ("nsubjpass", "auxpass") for child in verb.children):
        return True
    if verb.dep_ == "acl" and verb.tag_ == "VBN":
        return True
    return (
        verb.dep_ == "conj"
        and verb.tag_ == "VBN"
        and verb.head.tag_ == "VBN"
        and not _has_subject(verb)
        and is_passive_verb(verb.head)
    )


#: Verbs whose object does what follows: "prompted Japan to ban".
_CONTROL = words(
    "order tell ask force prompt lead allow persuade urge push drive compel enable permit cause invite "
    "call warn oblige require convince provoke induce encourage press instruct direct help let make "
    "request get want command trigger see"
)
#: Verbs whose object does what they order, so that the one who orders acts.
DIRECTIVES = words("order tell instruct direct require oblige force command compel")


def director(verb: Token) -> Token | None:
    """The verb of command under which a verb stands, if any."""
    head = verb.head
    is_under = verb.dep_ in ("xcomp", "ccomp") and head.lemma_.lower() in DIRECTIVES and head != verb
    return head if is_under else None


_FORMS = words("mr mr. mrs mrs. ms ms. dr dr.")
_FINITE = ("VBD", "VBZ", "VBP")
#: Verbs whose subject does what an infinitive after their object says: "summoned the envoy to protest".
_CALLING = words("summon invite convoke convene recall")


def _has_subject(verb: Token) -> bool:
    return any(child.dep_ in ("nsubj", "nsubjpass", "dobj") for child in verb.children)


def _above(verb: Token) -> Token | None:
    """Where the doer of a verb without a subject is to be sought: a verb above, or the noun that does it."""
    head = verb.head
    if head == verb:
        return None
    if verb.dep_ == "xcomp":
        for child in head.children:
            if child.dep_ == "dobj" and child.i < verb.i and head.lemma_.lower() in _CONTROL:
                return child
        if is_passive_verb(head) and head.lemma_.lower() not in _CONTROL:
            return None  # "was summoned to hear": whoever summoned, and no one says who
        return head
    is_bare = head.tag_ == "VB" or (head.dep_ == "acl" and head.tag_ in ("VBN", "VBG"))
    if verb.dep_ == "conj" and verb.tag_ in _FINITE and is_bare:
        while head.pos_ != "VERB" or head.tag_ not in _FINITE:  # no infinitive goes with a finite verb
            if (over := verb_over(head)) is None:
                break
            head = over
        return head
    if verb.dep_ in ("conj", "ccomp", "advcl", "parataxis", "dep", "aux"):
        return head if head.pos_ in ("VERB", "AUX") or verb.dep_ != "conj" else verb_over(head)
    if verb.dep_ == "pcomp":
        return verb_over(head)
    if verb.dep_ in ("acl", "relcl"):
        is_purpose = verb.tag_ == "VB" and head.dep_ == "dobj" and head.head.lemma_.lower() in _CALLING
        return head.head if is_purpose else head
    if verb.dep_ in ("dobj", "attr", "pobj", "nsubj"):
        return verb_over(verb)
    return head


def verb_over(token: Token) -> Token | None:
    """The verb that governs a word, through nouns and prepositions."""
    current = token
    while current.head != current:
        current = current.head
        if current.pos_ in ("VERB", "AUX"):
            return current
    return None
