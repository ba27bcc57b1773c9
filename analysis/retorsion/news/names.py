"""States by name, demonym, capital and seat of government."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

NameKind = Literal["name", "demonym", "capital", "seat", "none"]


@dataclass(frozen=True, slots=True)
class Named:
    """A place of a text that names a state.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends.
        code: State, ISO 3166-1 alpha-3 or the code of an aggregate.
        kind: What sort of name it is.
    """

    start: int
    end: int
    code: str
    kind: NameKind


@cache
def gazetteer() -> dict[str, tuple[str, NameKind]]:
    """Names and what they mean.

    The table ``names.csv`` (kind, name, state_code) stands beside this module. A row of kind ``none`` is a name that
    holds the name of a state and is none.
    """
    with files("retorsion.news").joinpath("names.csv").open(encoding="utf-8") as stream:
        return {
            row["name"]: (row["state_code"], cast("NameKind", row["kind"]))
            for row in csv.DictReader(stream)
            if row["kind"] != "descriptor"
        }


@cache
def described_by() -> dict[str, frozenset[str]]:
    """States that a common noun such as "kingdom" may describe where an article names one of them."""
    found: dict[str, set[str]] = {}
    with files("retorsion.news").joinpath("names.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] == "descriptor":
                found.setdefault(row["name"], set()).add(row["state_code"])
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted((re.escape(name) for name in gazetteer()), key=lambda name: (-len(name), name))
    return re.compile(r"(?<![\w.])(?<!\bpro-)(?<!\bnon-)(?:" + "|".join(names) + r")(?!\w)")


@cache
def _capitals() -> dict[str, str]:
    """Names as a headline in capital letters writes them."""
    return {name.upper(): name for name, (_, kind) in gazetteer().items() if len(name) > 4 and kind != "none"}


@cache
def _capitals_pattern() -> re.Pattern[str]:
    names = sorted((re.escape(name) for name in _capitals()), key=lambda name: (-len(name), name))
    return re.compile(r"(?<![\w.])(?:" + "|".join(names) + r")(?!\w)")


def named_states(text: str) -> list[Named]:
    """Every state that a text names, in order, the longest name first where several begin at one place."""
    known = gazetteer()
    found = [
        Named(match.start(), match.end(), *known[match.group()])
        for match in _pattern().finditer(text)
        if known[match.group()][0]
    ]
    taken = {place for one in found for place in range(one.start, one.end)}
    found.extend(
        Named(match.start(), match.end(), *known[_capitals()[match.group()]])
        for match in _capitals_pattern().finditer(text)
        if match.start() not in taken
    )
    return sorted(found, key=lambda one: one.start)
