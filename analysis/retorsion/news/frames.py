"""Frames: which words say which act. The table ``frames.yaml`` stands beside this module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from retorsion.errors import ParameterError
from retorsion.news.words import words
from retorsion.sources.yaml_text import parse_mapping

#: Where a frame looks for the state acted upon: ``object``: in the object and beside it; ``place``: first in the place
#: that a preposition names; ``people``: in the object, else by what the page is about, never in the places that they
#: may not go to; ``stated``: in the object alone;
#: ``beyond``: past the object, which is the doer's own.
TargetFrom = Literal["object", "place", "people", "stated", "beyond"]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of a frame: ``expel``, ``kick_out`` with its particle, ``order>leave`` with the verb it governs."""

    lemma: str
    particle: str = ""
    governed: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What words say an act.

    Attributes:
        name: Its name in the table.
        act_type: Type of act that it says.
        announced_type: Type of the act where it is only planned or promised.
        verbs: Verbs that say it.
        nouns: Nouns that say it under a verb such as "announce" or "impose".
        objects: Words of which the object has one; empty if any object will do.
        through: Prepositions through which an object may stand ("withdraw from the agreement").
        needs: Words or phrases of which one has to stand in the phrase.
        bars: Words or phrases of which none may stand in it.
        target: Where the state acted upon is sought.
        is_negated: Whether the verb is denied ("will not hold talks").
        is_speech: Whether it is a matter of words, so that who is quoted does it.
        is_ergative: Whether the object may stand as the subject ("the talks broke down").
        own_type: Type of the act where the object is the doer's own ("ordered its diplomats home"); empty if the same.
        others_type: Type of the act where the object is another's ("halted all Chilean exports"); empty if the same.
        is_voiced: Whether the object is the doer's own where it names a state ("conveyed Chile's regret").
        subjects: Words of which the subject has to be one; empty if any subject will do.
        by_vessel: Whether ships and crews do it for their state.
        examples: Sentences of our own, each with what is read from it.
    """

    name: str
    act_type: str
    announced_type: str
    verbs: tuple[Verb, ...]
    nouns: frozenset[str]
    objects: frozenset[str]
    through: frozenset[str]
    needs: tuple[str, ...]
    bars: tuple[str, ...]
    target: TargetFrom
    is_negated: bool
    is_speech: bool
    is_ergative: bool
    own_type: str
    others_type: str
    by_vessel: bool
    is_voiced: bool
    subjects: frozenset[str]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames, in the order in which they are tried.

    Attributes:
        frames: The frames.
        by_verb: Frames and their verb by its lemma.
        by_noun: Frames by their nouns.
        words: Named lists of words.
    """

    frames: tuple[Frame, ...]
    by_verb: Mapping[str, tuple[tuple[Frame, Verb], ...]]
    by_noun: Mapping[str, tuple[Frame, ...]]
    words: Mapping[str, frozenset[str]]

    def vocabulary(self) -> frozenset[str]:
        """Words, in the forms that headlines use, which are no names."""
        lemmas = {verb.lemma for frame in self.frames for verb in frame.verbs}
        lemmas |= {word for frame in self.frames for word in frame.nouns | frame.objects}
        lemmas |= {word for words in self.words.values() for word in words}
        forms = set()
        for word in lemmas:
            forms |= {word, word + "s", word + "ed", word + "d", word + "ing", word + "es"}
            if word.endswith("e"):
                forms |= {word[:-1] + "ing"}
            if word.endswith("y"):
                forms |= {word[:-1] + "ies", word[:-1] + "ied"}
            forms |= {word + word[-1:] + "ed", word + word[-1:] + "ing"}
        return frozenset(forms)


_KEYS = words(
    "name type announced verbs nouns objects through needs bars target negated speech ergative vessels "
    "own others voiced subjects examples"
)


@cache
def load_frames() -> Frames:
    """The frames of ``frames.yaml``."""
    return read_frames(files("retorsion.news").joinpath("frames.yaml").read_text(encoding="utf-8"))


def read_frames(text: str) -> Frames:
    """Frames of a table in YAML.

    Raises:
        ParameterError: If it is no YAML, or a frame has a key that does not exist, or names a list of words or a
            target that does not.
    """
    table = parse_mapping(text, "frames.yaml", ParameterError)
    words: dict[str, frozenset[str]] = {}
    for name, listed in table["words"].items():
        words[name] = frozenset(_spelled(listed, words, name))
    frames = tuple(_frame(row, words) for row in table["frames"])
    by_verb: dict[str, list[tuple[Frame, Verb]]] = defaultdict(list)
    by_noun: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        for verb in frame.verbs:
            by_verb[verb.lemma].append((frame, verb))
        for noun in sorted(frame.nouns):
            by_noun[noun].append(frame)
    return Frames(
        frames,
        {lemma: tuple(found) for lemma, found in by_verb.items()},
        {noun: tuple(found) for noun, found in by_noun.items()},
        words,
    )


def _spelled(listed: Any, words: Mapping[str, frozenset[str]], name: str) -> list[str]:
    """Words of a list: a text of words, or a list of words and phrases; ``$name`` stands for another list."""
    given = listed.split() if isinstance(listed, str) else [str(one) for one in listed or ()]
    found: list[str] = []
    for one in given:
        if not one.startswith("$"):
            found.append(one)
        elif one[1:] in words:
            found.extend(sorted(words[one[1:]]))
        else:
            raise ParameterError(
                f"frames.yaml, {name}: there is no list of words {one!r}. Add it under words"
            )
    return found


def _frame(row: Mapping[str, Any], words: Mapping[str, frozenset[str]]) -> Frame:
    name = str(row["name"])
    if unknown := sorted(set(row) - _KEYS):
        raise ParameterError(f"frames.yaml, {name}: no frame has {', '.join(unknown)}. Correct or delete it")

    target = row.get("target", "object")
    if target not in get_args(TargetFrom):
        raise ParameterError(
            f"frames.yaml, {name}: target is {target!r}. It is one of {', '.join(get_args(TargetFrom))}"
        )

    def spelled(key: str) -> list[str]:
        return _spelled(row.get(key), words, name)

    return Frame(
        name=name,
        act_type=str(row["type"]),
        announced_type=str(row.get("announced", row["type"])),
        verbs=tuple(_verb(one) for one in spelled("verbs")),
        nouns=frozenset(spelled("nouns")),
        objects=frozenset(spelled("objects")),
        through=frozenset(spelled("through")),
        needs=tuple(spelled("needs")),
        bars=tuple(spelled("bars")),
        target=target,
        is_negated=bool(row.get("negated", False)),
        is_speech=bool(row.get("speech", False)),
        is_ergative=bool(row.get("ergative", False)),
        others_type=str(row.get("others", "")),
        own_type=str(row.get("own", "")),
        by_vessel=bool(row.get("vessels", False)),
        is_voiced=bool(row.get("voiced", False)),
        subjects=frozenset(spelled("subjects")),
        examples=tuple((str(text), str(expected)) for text, expected in row["examples"]),
    )


def _verb(text: str) -> Verb:
    lemma, _, governed = text.partition(">")
    lemma, _, particle = lemma.partition("_")
    return Verb(lemma, particle, governed)
