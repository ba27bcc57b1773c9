"""Subjects of lists that come as records (XML, JSON, workbooks), in the columns that all lists share."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit
from retorsion.sources.rows import ROW, Fault, Rows, quarantined
from retorsion.sources.states import no_states, state_of_words
from retorsion.sources.text.days import SHORT_YEAR
from retorsion.sources.text.published import N_ROWS

#: Columns of subjects beside those that a list has of its own.
SCHEMA = pl.Schema(
    {
        ROW: pl.Int64(),
        N_ROWS: pl.Int64(),
        "list_number": pl.String(),
        "subject_type": pl.String(),
        "subject_name": pl.String(),
        "aliases": pl.List(pl.String()),
        "subject_country": pl.String(),
        "country_codes": pl.List(pl.String()),
        "programmes": pl.List(pl.String()),
        "programme_dates": pl.List(pl.Date()),
        "announced_date": pl.Date(),
        "effective_date": pl.Date(),
    }
)


@dataclass
class Subject:
    """One record of a list as it is written.

    Attributes:
        row: its place in the file: the line it begins on, or the how manyth record it is.
        number: by which the list calls it.
        kind: as the list writes it.
        names: the first is the one it is listed under.
        countries: names or codes of the countries it is of.
        designations: each programme it stands under, with the day on which it was listed there, ISO 8601, or
            what is written in its place; None where the list states none.
        more_rows: the other rows of the file that are about it.
        ended: the day on which it was removed, ISO 8601.
        more: further columns of the list.
    """

    row: int
    number: str | None
    kind: str | None
    names: list[str]
    countries: list[str] = field(default_factory=list)
    designations: list[tuple[str, str | None]] = field(default_factory=list)
    more_rows: list[int] = field(default_factory=list)
    ended: str | None = None
    more: dict[str, str | None] = field(default_factory=dict)


def subject_rows(
    subjects: Sequence[Subject],
    kinds: Mapping[str, str | None],
    *,
    source_id: str,
    path: Path,
    states: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Rows:
    """Accepted subjects in the columns of :data:`SCHEMA` and the list's own, and the others with the reason.

    Args:
        subjects: in the order of the file.
        kinds: kind as the list writes it, an empty text where it writes none, to kind of subject; None where it
            leaves the kind open.
        source_id: id of the source.
        path: the file.
        states: the list's own names or codes of states, before the names of ISO 3166.
        notes: on the file as a whole.

    Raises:
        SourceError: there are no subjects, or none that can be accepted.
    """
    if not subjects:
        raise SourceError(path.name, "has no subjects", remedy="No published list is empty: fetch it again.")
    seen: Counter[str | None] = Counter()
    records, faults = [], []
    for one in subjects:
        seen[one.number] += 1
        fault = _fault(one, kinds, repeated=seen[one.number] > 1)
        if fault is None:
            records.append(_record(one, kinds, states or {}))
        else:
            raw = json.dumps(asdict(one), ensure_ascii=False)[: limit("cell_bytes")]
            faults += [Fault(row, *fault, raw) for row in (one.row, *one.more_rows)]
    if not records:
        raise SourceError(
            path.name,
            f"has no subject that can be read; the first: {faults[0].reason}",
            column=faults[0].column,
            value=faults[0].value,
            remedy=faults[0].remedy,
        )
    more = dict.fromkeys((name for record in records for name in record if name not in SCHEMA), pl.String())
    ended = {"ended_date": pl.Date()} if "ended_date" in more else {}
    frame = pl.DataFrame(records, schema={**SCHEMA, **more, **ended}, orient="row")
    rows = Rows(frame, quarantined(faults, source_id=source_id, file=path.name), tuple(notes))
    n_in = sum(1 + len(one.more_rows) for one in subjects)
    assert frame[N_ROWS].sum() + len(faults) == n_in, f"{path.name}: rows were lost"
    return rows


def _fault(
    one: Subject, kinds: Mapping[str, str | None], *, repeated: bool
) -> tuple[str, str | None, str, str] | None:
    """Column, value, reason and remedy of the first fault of a subject."""
    compare = "Compare the subject with the list's page."
    if not one.number:
        return "list_number", one.number, "is missing", compare
    if repeated:
        return "list_number", one.number, "is the number of an earlier subject", "Keep one of the two."
    if long := next((name for name in (one.number, *one.names) if len(name) > limit("cell_bytes")), None):
        return "subject_name", long[:80], f"has more than {limit('cell_bytes')} characters", compare
    if not one.names and one.ended is None:
        return "subject_name", None, "is missing", "A subject has a name: compare it with the list's page."
    if (one.kind or "") not in kinds:
        known = ", ".join(kinds)
        remedy = f"Known are: {known}. If the publisher has a new one, add it to the reader."
        return "subject_type", one.kind, "is not a known kind of subject", remedy
    if not one.designations:
        return "programme", None, "is missing", compare
    days = [day for _, day in one.designations if day is not None] + ([one.ended] if one.ended else [])
    for day in days:
        if _day(day) is None:
            is_short = re.fullmatch(SHORT_YEAR, day.strip()) is not None
            return (
                "announced_date",
                day,
                "has a year of two digits, so that it is not a date" if is_short else "is not a date",
                "If the publisher writes another shape, add it to the reader.",
            )
    return None


def _record(one: Subject, kinds: Mapping[str, str | None], states: Mapping[str, str]) -> dict[str, object]:
    days = [None if day is None else _day(day) for _, day in one.designations]
    codes = [states.get(name) or state_of_words(name) for name in one.countries if name not in no_states()]
    record: dict[str, object] = {
        ROW: one.row,
        N_ROWS: 1 + len(one.more_rows),
        "list_number": one.number,
        "subject_type": kinds[one.kind or ""],
        "subject_name": one.names[0] if one.names else None,
        "aliases": list(dict.fromkeys(name for name in one.names[1:] if name != one.names[0])),
        "subject_country": "; ".join(dict.fromkeys(one.countries)) or None,
        "country_codes": None if None in codes else list(dict.fromkeys(codes)),
        "programmes": [programme for programme, _ in one.designations],
        "programme_dates": days,
        "announced_date": min((day for day in days if day), default=None),
        "effective_date": None,
        **one.more,
    }
    return record | ({"ended_date": _day(one.ended)} if one.ended is not None else {})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
