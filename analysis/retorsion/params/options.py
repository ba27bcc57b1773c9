"""What all options are made of: frozen records, and values that are checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from retorsion.errors import did_you_mean
from retorsion.sources.states import known_codes


class Options(BaseModel):
    """Base of all records of options: no key but those named, no value changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Names:
    """Marks a value that names a thing of the tables; ``kind`` says which, such as ``measure``."""

    kind: str


def _state(code: str) -> str:
    if code not in known_codes():
        raise ValueError(
            f"is not a known state.{did_you_mean(code, known_codes())} Use an ISO 3166-1 alpha-3 code"
        )
    return code


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty, which it may not be. Fill it in")
    return text


def _matching(pattern: str, what: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"is not {what}. Correct it")
        return text

    return AfterValidator(check)


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        double = next(one for one in values if values.count(one) > 1)
        raise ValueError(f"names {double!r} twice. Name it once")
    return values


def _rising(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if list(values) != sorted(values):
        raise ValueError(f"falls: {', '.join(map(str, values))}. Write the first one first")
    return values


T = TypeVar("T")
Text = Annotated[str, AfterValidator(_filled)]
State = Annotated[str, AfterValidator(_state)]
CaseName = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", "a name in small letters, digits and hyphens")]
Currency = Annotated[
    str, _matching(r"[A-Z]{3}", "a currency code of ISO 4217, such as USD"), Names("currency")
]
Hs6 = Annotated[
    str,
    _matching(r"(0[1-9]|[1-6][0-9]|7[0-689]|8[0-9]|9[0-7])[0-9]{4}", "an HS code of six digits, in quotes"),
    Names("product"),
]
Source = Annotated[Text, Names("source")]
Measure = Annotated[Text, Names("measure")]
Goods = Annotated[Text, Names("goods")]
EventType = Annotated[Text, Names("event_type")]
Year = Annotated[int, Field(ge=1900, le=2100)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Several = Annotated[tuple[T, ...], AfterValidator(_distinct)]
Some = Annotated[tuple[T, ...], Field(min_length=1), AfterValidator(_distinct)]
Pair = Annotated[tuple[State, State], AfterValidator(_distinct)]
Years = Annotated[tuple[Year, Year], AfterValidator(_rising)]
Limits = Annotated[tuple[Positive, Positive], AfterValidator(_rising)]
Scale = Literal["intensity_goldstein", "intensity_plover", "intensity_equal", "intensity_log_subjects"]
ValueColumn = Literal["value_kusd", "value_eur", "value_thousand_jpy"]
Revision = Literal["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022"]
Period = Literal["day", "week", "month", "quarter"]
Domain = Literal["sanction", "trade_measure", "diplomatic_action", "context"]
SourceKind = Literal[
    "official", "agency", "newspaper", "state_media", "trade_press", "law_firm", "think_tank", "aggregator", "spun",
    "forum", "social", "pravda_network",
]  # fmt: skip
Answers = Literal["act", "sanctions_in_general"]


class Span(Options):
    """Days from ``start`` to ``end``, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}. Correct one of the two")
        return self


def years_in_order(record: Any) -> None:
    """Raise ValueError where a record's ``comparison_year`` is before its ``base_year``."""
    if record.comparison_year < record.base_year:
        raise ValueError(
            f"comparison_year ({record.comparison_year}) is before base_year ({record.base_year}). "
            "Correct one of the two"
        )


def known_name(name: str, known: Collection[str], key: str, section: str) -> None:
    """Raise ValueError, with the nearest names, where ``key`` has a name that is not among those of ``section``."""
    if name not in known:
        raise ValueError(
            f"{key} names {name!r}, which is not in {section}.{did_you_mean(name, known)} "
            f"It has: {', '.join(known) or 'nothing'}"
        )
