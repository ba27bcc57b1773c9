"""What the findings and their values are called, in what unit they are, and what is said of each finding.

The dictionary itself is ``quantities.yaml`` beside this module. A key that it does not know, and that no field of the
tables has, is read with blanks in the place of its lines.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Literal, cast

import yaml

from retorsion.figures.escalation.words import possessive
from retorsion.sources.states import iso_codes, state_name
from retorsion.tables.fields import fields

#: A difference of two shares is in percentage points.
Unit = Literal["plain", "share", "points", "log", "times", "days", "elasticity"]

#: Ends of the interval of a value and other values of the same unit that stand beside it.
_ALIKE = ("estimate", "lower", "upper", "lowest", "highest", "median", "widest_lower", "widest_upper", "largest",
          "least", "least_seen", "expected", "greatest", "deepest_step", "largest_lead", "last_gap", "mean",
          "geometric_mean", "next_lower", "next_upper", "rate", "bound_lower", "bound_upper", "bootstrap_lower",
          "bootstrap_upper")  # fmt: skip
#: How keys end whose words are no names.
_NO_NAMES = (
    "_id",
    "_ids",
    "url",
    "unit",
    "method",
    "estimator",
    "citation",
    "sample",
    "caveat",
    "error_type",
)
#: Letters of the longest words that may name a row.
_LABEL = 30
_CODE = re.compile(r"\b[A-Z]{3}\b")
_PAIR = re.compile(r"([a-z]{3})-([a-z]{3})")
_YEAR = re.compile(r"(^|_)years?$")
_SHARE = re.compile(r"(^|_)shares?(_|$)")
_FIELD = re.compile(r"\{(\w+)(?::('?s))?\}")


@dataclass(frozen=True)
class About:
    """What is said of one finding.

    Attributes:
        title: its name.
        method: how its values were found, in plain words.
        counted: what was counted, and from which table.
        caveat: what holds where the record of a value states none.
    """

    title: str
    method: str
    counted: str
    caveat: str


@dataclass(frozen=True)
class Quantity:
    """How the values at some places of the findings are called.

    Attributes:
        at: the places.
        name: with fields in braces.
        unit: of the value, and of the ends of its interval.
        rows: a file and what its rows say, where no row of a file has the value itself.
    """

    at: re.Pattern[str]
    name: str
    unit: Unit = "plain"
    rows: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Named:
    """What is known of one value of the findings.

    Attributes:
        name: in plain words, beginning with a capital.
        unit: of the value.
        rows: a file and what its rows say, where the dictionary knows.
        unit_of_record: of the estimate of its record, and of the ends of its interval.
    """

    name: str
    unit: Unit
    rows: tuple[str, Mapping[str, str]] | None
    unit_of_record: Unit


@dataclass(frozen=True)
class _Dictionary:
    """The dictionary as it is in the file, the names of values by the finding they belong to."""

    findings: Mapping[str, About]
    quantities: Mapping[str, Sequence[Quantity]]
    shares: frozenset[str]
    share_files: frozenset[str]
    endings: Mapping[str, str]
    words: Mapping[str, str]


@cache
def _dictionary() -> _Dictionary:
    text = files("retorsion.reports").joinpath("quantities.yaml").read_text(encoding="utf-8")
    # the safe loader in C, of a file of this package
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    findings = {
        f"{analysis}.{part}": About(**said)
        for analysis, parts in loaded["findings"].items()
        for part, said in parts.items()
    }
    quantities: dict[str, list[Quantity]] = {}
    for one in loaded["quantities"]:
        part = ".".join(one["at"].split(".")[:2])
        quantities.setdefault(part, []).append(Quantity(**{**one, "at": _pattern(one["at"])}))
    words = {str(key): str(value) for key, value in loaded["words"].items()}
    return _Dictionary(
        findings,
        quantities,
        frozenset(loaded["shares"]),
        frozenset(loaded["share_files"]),
        loaded["endings"],
        words,
    )


def _pattern(at: str) -> re.Pattern[str]:
    return re.compile(re.escape(at).replace(r"\*", r"([^.]+?)"))


def about(place: str) -> About | None:
    """What is said of the finding that a place belongs to; None where the dictionary has nothing."""
    return _dictionary().findings.get(".".join(place.split(".")[:2]))


def title_of(analysis: str, part: str) -> str:
    """Title of a finding: the dictionary's, or its key in words."""
    found = about(f"{analysis}.{part}")
    return found.title if found else capital(words_of(part))


def file_title(name: str) -> str:
    """What a file of rows is called, without the analysis it belongs to.

    Example:
        >>> file_title("impact_monthly_series")
        'Monthly series'
    """
    return capital(name.partition("_")[2].replace("_", " "))


def words_of(key: str, sides: Mapping[str, str] | None = None) -> str:
    """A key, or a word that findings use as a value, as a reader knows it.

    Args:
        key: as the findings have it.
        sides: names of ``reporter`` and ``target``, for words that hold them.

    Example:
        >>> words_of("n_placebos"), words_of("JPN->RUS"), words_of("flow_type")
        ('number of placebos', 'Japan → Russia', 'flow')
    """
    words = _dictionary().words
    if key in words:
        return _filled(
            words[key], sides or {"reporter": "the reporting state", "target": "the state under measures"}
        )
    if key in fields() and "_" in key:
        label = fields()[key].label
        return label if label[:2].isupper() else label[:1].lower() + label[1:]
    ending = next((each for each in _dictionary().endings if key.endswith(each) and key != each), "")
    stem = key.removesuffix(ending) + _dictionary().endings.get(ending, "")
    text = re.sub(r"^n_", "number of ", re.sub(r"^is_", "", stem)).replace("_", " ").replace("->", " → ")
    text = re.sub(r"(?<=[a-z])\.(?=[a-z])", ": ", text)  # a part of a table
    return with_names(text)


def capital(text: str) -> str:
    """Words that begin with a capital."""
    return text[:1].upper() + text[1:]


def is_share(key: str) -> bool:
    """Whether the numbers of a key are shares wherever it occurs."""
    return key in _dictionary().shares or (_SHARE.search(key) is not None and not key.startswith("n_"))


def is_alike(key: str) -> bool:
    """Whether the value of a key has the unit of the estimate beside it, as ends of its interval have."""
    return key in _ALIKE


def is_year(key: str) -> bool:
    """Whether the numbers of a key are years, and are written as such."""
    return _YEAR.search(key) is not None


def named(place: str, chain: Sequence[Any], sides: Mapping[str, str] | None = None) -> Named:
    """Name and unit of a value of the findings.

    Args:
        place: keys from the analysis inwards, joined by dots.
        chain: the value and what is around it, the outermost first.
        sides: names of the sides of the case: ``first``, ``reporter`` and ``target``.
    """
    steps = place.split(".")
    records = [dict(each) for each in reversed(chain) if isinstance(each, Mapping)]
    listed = _dictionary().quantities.get(".".join(steps[:2]), ())
    for length in range(len(steps), 1, -1):
        for quantity in listed:
            found = quantity.at.fullmatch(".".join(steps[:length]))
            if found is not None:
                keys = {str(count): key for count, key in enumerate(found.groups())}
                known = cast("Mapping[str, Any]", ChainMap(keys, dict(sides or {}), *records))
                rest = [step for step in steps[length:] if step != "estimate"]
                tail = ", ".join(_steps(rest, records[0] if records else {}, sides))
                name = _filled(quantity.name, known, sides)
                of_record = _unit_of_record(quantity.unit, records[0] if records else {})
                return Named(
                    capital(f"{name}: {tail}" if tail else name),
                    _unit(of_record, chain, steps[-1], rest),
                    _rows(quantity, known) if len(rest) < 2 else None,
                    of_record,
                )
    shown = ", ".join(_steps(steps[2:], records[0] if records else {}, sides)) or title_of(
        steps[0], steps[-1]
    )
    of_record = _unit_of_record("plain", records[0] if records else {})
    return Named(capital(shown), _unit(of_record, chain, steps[-1], steps[2:]), None, of_record)


def _rows(quantity: Quantity, known: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    """The file and what its rows say, the fields filled with the values as the findings have them."""
    if quantity.rows is None:
        return None
    file, wanted = quantity.rows
    return file, {
        column: _FIELD.sub(lambda found: str(known[found[1]]), word) for column, word in wanted.items()
    }


def _steps(steps: Sequence[str], record: Mapping[str, Any], sides: Mapping[str, str] | None) -> list[str]:
    """Keys in words; a row is called by the words it begins with where the record is one, else by its number."""
    words = (
        value_words(str(value))
        for key, value in record.items()
        if (isinstance(value, str) and 0 < len(value) <= _LABEL and not key.endswith(_NO_NAMES))
        or (isinstance(value, int) and is_year(key))
    )
    label = ", ".join(islice(words, 2))
    rows = [at for at, step in enumerate(steps) if step.isdigit() and len(step) < 4]
    named_row = rows[-1] if rows and rows[-1] >= len(steps) - 2 and label else None
    return [
        label if at == named_row else f"row {int(step) + 1}" if at in rows else words_of(step, sides)
        for at, step in enumerate(steps)
    ]


def _unit(of_record: Unit, chain: Sequence[Any], key: str, rest: Sequence[str]) -> Unit:
    """Unit of a value: that of its key, or of its record, where the value is one that the record has it for.

    Args:
        of_record: unit of the estimate of the record.
        chain: the value and what is around it.
        key: of the value.
        rest: keys on the way from what the dictionary names to the value.
    """
    if is_share(key):
        return "share"
    is_record = bool(chain) and isinstance(chain[-1], Mapping)
    return "plain" if rest and rest[-1] not in _ALIKE and not is_record else of_record


def _unit_of_record(listed: Unit, own: Mapping[str, Any]) -> Unit:
    """Unit of the estimate of a record: what the record says, or else what the dictionary has for it."""
    if own.get("unit") in ("share", "days", "times"):
        return cast("Unit", own["unit"])
    if "estimate" in own and "log points" in str(own.get("caveat", "")).lower():
        return "log"
    return listed


def unit_of_file(name: str) -> Unit:
    """Unit of the estimates and ends of intervals in a file of rows."""
    return "share" if name in _dictionary().share_files else "plain"


def unit_beside(key: str, of_record: Unit) -> Unit:
    """Unit of a value of a record by its key, where the record's own is known."""
    return "share" if is_share(key) else of_record if key in _ALIKE else "plain"


def value_words(value: str) -> str:
    """A word that findings use as a value, as a reader knows it: codes of states and choices in words.

    Example:
        >>> value_words("JPN"), value_words("side_day"), value_words("A name of 2_000"), value_words("usa-chn")
        ('Japan', 'day of a side', 'A name of 2_000', 'America and China')
    """
    if (pair := _PAIR.fullmatch(value)) and {pair[1].upper(), pair[2].upper()} <= iso_codes():
        return f"{state_name(pair[1].upper())} and {state_name(pair[2].upper())}"
    if value in _dictionary().words or re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", value):
        return words_of(value)
    return with_names(value).replace("->", " → ")


def with_names(text: str) -> str:
    """A text in which codes of states are their names; web addresses stay as they are.

    Example:
        >>> with_names("8 products; target RUS"), with_names("https://example.org/RUS")
        ('8 products; target Russia', 'https://example.org/RUS')
    """
    if "://" in text:
        return text
    return _CODE.sub(lambda found: state_name(found[0]) if found[0] in iso_codes() else found[0], text)


def _filled(template: str, values: Mapping[str, Any], sides: Mapping[str, str] | None = None) -> str:
    """A template with its fields in words; ``{name:'s}`` is the possessive."""

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1])
        value = found[1] if value is None else str(value)
        word = value_words(value) if _PAIR.fullmatch(value) else words_of(value, sides)
        return possessive(word) if found[2] == "'s" else word

    return _FIELD.sub(fill, template)
