"""How many persons, banks and other bodies a phrase counts, and whether it counts a round or a running total."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retorsion.news.names import gazetteer
from retorsion.news.phrases import lemma
from retorsion.news.words import in_order, words

if TYPE_CHECKING:
    from spacy.tokens import Token

_UNITS = {
    word: number
    for number, word in enumerate(
        in_order(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        )
    )
} | {
    word: 10 * number
    for number, word in enumerate(in_order("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_PERSONS = words(
    "person people individual official diplomat citizen lawmaker deputy national oligarch politician "
    "executive journalist envoy ambassador consul officer minister member staffer employee businessman "
    "businesswoman man woman commissioner attache attaché representative staff senator general commander "
    "judge leader mp figure worker counsellor legislator prosecutor soldier parliamentarian relative spy "
    "president other reporter businesspeople personnel hacker propagandist governor fisherman sailor "
    "detainee prisoner hostage"
)
_BANKS = frozenset(["bank", "lender"])
_BODIES = words(
    "entity organization organisation company firm group body institution corporation enterprise agency "
    "supplier abattoir exporter producer manufacturer plant business institute unit foundation ngo outlet "
    "maker factory supplier importer refiner trader subsidiary airline university"
)
_TOTAL = re.compile(
    r"\bso far\b|\bto date\b|\bin total\b|\ba total of\b|\b(?:list|total|number)\b[^.]{0,60}\bnow"
    r" (?:includes?|stands?|covers?|has|totals?)\b"
    r"|\bnow (?:includes?|stands? at|covers?|totals?|number)\b|\bmost (?:recently|lately)\b|\bsince"
    r" the (?:start|beginning|outbreak)\b|\baltogether\b|\bcumulative\b|\boverall\b",
    re.IGNORECASE,
)
#: "bringing the number of banks to 12", "bringing to 12 the number of banks": the round, then the total.
_BROUGHT = re.compile(
    r"\b(?:bring(?:s|ing)?|brought|tak(?:es|ing)|took)\b[^.;]{0,40}?\b(?:total|number|tally"
    r"|list)\b(?: of)?(?P<first>[^.;]{0,60}?)\bto (?P<late>\d[\d,]*)"
    r"|\b(?:bring(?:s|ing)?|brought|tak(?:es|ing)|took) to (?P<early>\d[\d,]*)(?P<second>[^.;]{0,60})",
    re.IGNORECASE,
)
_ROUND = re.compile(
    r"\b(?:more|another|additional|further|new|newly|extra|fresh|added|adding|latest)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a phrase counts; None where it counts nothing of a kind."""

    n_individuals: int | None = None
    n_banks: int | None = None
    n_other_bodies: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is counted."""
        return (self.n_individuals, self.n_banks, self.n_other_bodies) == (None, None, None)

    def fits(self, other: Counts) -> bool:
        """Whether no kind is counted differently."""
        pairs = (
            (self.n_individuals, other.n_individuals),
            (self.n_banks, other.n_banks),
            (self.n_other_bodies, other.n_other_bodies),
        )
        return all(one is None or two is None or one == two for one, two in pairs)

    def filled(self, other: Counts) -> Counts:
        """These counts, with those of ``other`` where there are none."""
        return Counts(
            self.n_individuals if self.n_individuals is not None else other.n_individuals,
            self.n_banks if self.n_banks is not None else other.n_banks,
            self.n_other_bodies if self.n_other_bodies is not None else other.n_other_bodies,
        )


def number(token: Token) -> int | None:
    """Number that a numeral says, in figures or words; None if it is none."""
    word = token.lower_.replace(",", "")
    if word.isdecimal() and len(word) <= 7:
        return int(word)
    if word in _UNITS:
        value = _UNITS[word]
        if value >= 20:
            value += sum(
                _UNITS.get(child.lower_, 0)
                for child in token.children
                if child.dep_ == "nummod" or child.i == token.i + 2
            )
        tens = [child for child in token.children if child.i < token.i and _UNITS.get(child.lower_, 0) >= 20]
        return value + sum(_UNITS[child.lower_] for child in tens) if value < 10 else value
    decade, _, unit = word.partition("-")
    return _UNITS[decade] + _UNITS[unit] if decade in _UNITS and unit in _UNITS else None


def counts(tokens: Iterable[Token]) -> Counts:
    """Persons, banks and other bodies that the words of a phrase count."""
    totals: dict[str, int] = {}
    for token in tokens:
        kind = _kind(token)
        if kind is None or (token.dep_ in ("compound", "amod") and _kind(token.head) is not None):
            continue
        found = _numeral(token)
        if found is not None and found < 100_000:
            totals[kind] = totals.get(kind, 0) + found
    return Counts(totals.get("persons"), totals.get("banks"), totals.get("bodies"))


def _kind(token: Token) -> str | None:
    word = lemma(token)
    if token.tag_ in ("NNS", "NNPS") and gazetteer().get(token.text, ("", "none"))[1] == "demonym":
        return "persons"
    if word in _BANKS:
        return "banks"
    if word in _PERSONS and token.pos_ in ("NOUN", "PROPN", "ADJ"):
        return "persons"
    return "bodies" if word in _BODIES else None


def _numeral(token: Token) -> int | None:
    """Numeral before a noun, or before "of" it ("a group of five officials", "five of its officials")."""
    for child in token.children:
        if (
            child.dep_ in ("nummod", "amod", "compound")
            and child.i < token.i
            and (found := number(child)) is not None
        ):
            return found
    head = token.head
    if token.dep_ == "pobj" and head.lower_ == "of" and head.head.pos_ in ("NUM", "NOUN"):
        return number(head.head) if head.head.pos_ == "NUM" else None
    before = token.nbor(-1) if token.i > 0 else None
    for _ in range(3):  # "eight Russian diplomats and officials" parsed otherwise
        if before is None or before.pos_ not in ("ADJ", "NOUN", "PROPN", "NUM"):
            return None
        if (found := number(before)) is not None and before.ent_type_ != "DATE":
            return found if before.head in (token, token.head) or before.i == token.i - 1 else None
        before = before.nbor(-1) if before.i > 0 else None
    return None


def is_total(text: str) -> bool:
    """Whether a sentence speaks of all acts up to now and not of one round."""
    return bool(_TOTAL.search(text))


def is_round(text: str) -> bool:
    """Whether the words beside a count say that it is new."""
    return bool(_ROUND.search(text))


def brought_to(text: str, counted: Counts) -> Counts | None:
    """The running total that a round brings about; its kind is the one that the sentence names, else that counted."""
    found = _BROUGHT.search(text)
    if found is None:
        return None
    value = int((found["late"] or found["early"]).replace(",", ""))
    words = {
        word.rstrip("s") for word in re.findall(r"[a-z]+", (found["first"] or found["second"] or "").lower())
    }
    if words & _BANKS or (not words & (_BODIES | _PERSONS) and counted.n_banks is not None):
        return Counts(n_banks=value)
    if words & (_BODIES | {"companie", "entitie", "bodie", "agencie"}) or (
        not words & _PERSONS and counted.n_other_bodies is not None
    ):
        return Counts(n_other_bodies=value)
    return Counts(n_individuals=value)
