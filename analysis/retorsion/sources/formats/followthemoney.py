"""FollowTheMoney entities as JSON lines: ``entities.ftm.json`` and ``targets.nested.json`` of OpenSanctions.

One entity a line, with its schema and its properties, each a list of texts. A sanction is an entity of the
schema Sanction that names the entities it is about; in the nested file it stands inside the entity. As in
OpenSanctions' other files, ``first_seen`` is the day of the crawler and no date of designation; ``listingDate``
and ``startDate`` of a sanction are. Layout: followthemoney, schema of entities.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.formats.opensanctions import SUBJECT_TYPES
from retorsion.sources.limits import limit
from retorsion.sources.readers import Beginning, Head, Reader, starts
from retorsion.sources.rows import ROW, Fault, Rows, quarantined
from retorsion.sources.states import ftm_state, no_states
from retorsion.sources.text.json_text import check_json, refuse_halves
from retorsion.sources.text.published import check_text, read_whole

_TEXTS = pl.List(pl.String())

#: Columns of accepted rows: the entity, and what a sanction says.
SCHEMA = pl.Schema(
    {
        ROW: pl.Int64(),
        "id": pl.String(),
        "schema": pl.String(),
        "names": _TEXTS,
        "countries": _TEXTS,
        "subject_ids": _TEXTS,
        "programmes": _TEXTS,
        "listing_dates": _TEXTS,
        "start_dates": _TEXTS,
        "end_dates": _TEXTS,
        "authority": pl.String(),
        "authority_number": pl.String(),
        "un_reference": pl.String(),
    }
)


def read_followthemoney(path: Path, *, source_id: str) -> Rows:
    """Read the entities.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each entity in the columns of :data:`SCHEMA`; the sanctions inside a nested entity
        follow it as rows with the same ``row``. Rejected: lines that are no entity. :func:`subjects` makes
        subjects of the rows.

    Raises:
        SourceError: the file is not UTF-8, or no line is an entity.
    """
    data = read_whole(path)
    check_text(data, path.name)
    check_json(data, path.name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            path.name, f"is not valid UTF-8 ({error.reason})", remedy="Fetch the file again."
        ) from None
    records: list[dict[str, Any]] = []
    faults: list[Fault] = []
    n_lines = 0
    for row, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        n_lines += 1
        try:
            entity = json.loads(line)
            refuse_halves(line, entity)
            records += _records(entity, row)
        except (ValueError, RecursionError, TypeError) as error:
            remedy = "Fetch the file again: it was cut short or altered."
            faults.append(
                Fault(
                    row, "(line)", line[:80], f"is no entity ({error})", remedy, line[: limit("cell_bytes")]
                )
            )
            if not records and len(faults) > 100:
                break
    if not records:
        raise SourceError(
            path.name, "has no line that is an entity", row=1, value=text[:80], remedy="Fetch the file again."
        )
    odd = sorted(
        {text for one in records for text in one["listing_dates"] if not re.match(r"[0-9]{4}(-|$)", text)}
    )
    notes = (f"days of listing that are no dates, and are left out: {', '.join(odd)[:200]}",) if odd else ()
    rows = Rows(
        pl.DataFrame(records, schema=SCHEMA), quarantined(faults, source_id=source_id, file=path.name), notes
    )
    assert rows.accepted[ROW].n_unique() + len(faults) == n_lines, f"{path.name}: lines were lost"
    return rows


def _records(entity: Any, row: int) -> list[dict[str, Any]]:
    """The row of an entity, and of each sanction inside it."""
    if not isinstance(entity, dict) or not isinstance(entity.get("properties"), dict):
        raise ValueError("it has no properties")
    if not isinstance(entity.get("id"), str) or not isinstance(entity.get("schema"), str):
        raise ValueError("it has no id or no schema")
    stated = entity["properties"]
    inside = [one for one in stated.get("sanctions") or [] if isinstance(one, dict)]
    found = [_record(entity, row)]
    for one in inside:
        record = _records({"schema": "Sanction", **one}, row)[0]
        found.append(record | {"subject_ids": record["subject_ids"] or [entity["id"]]})
    return found


def _record(entity: dict[str, Any], row: int) -> dict[str, Any]:
    stated = entity["properties"]

    def texts(*names: str) -> list[str]:
        values = (value for name in names for value in stated.get(name) or [])
        found = dict.fromkeys(one["id"] if isinstance(one, dict) else str(one) for one in values)
        if any(len(one) > limit("cell_bytes") for one in found):
            raise ValueError(f"it holds a text of more than {limit('cell_bytes')} characters")
        return list(found)

    def first(name: str) -> str | None:
        return next(iter(texts(name)), None)

    caption = entity.get("caption")
    return {
        ROW: row,
        "id": entity["id"],
        "schema": entity["schema"],
        "names": texts("name") or ([caption] if isinstance(caption, str) else []),
        "countries": texts("nationality", "citizenship", "country", "jurisdiction", "flag"),
        "subject_ids": texts("entity"),
        "programmes": texts("programId") or texts("program"),
        "listing_dates": texts("listingDate"),
        "start_dates": texts("startDate"),
        "end_dates": texts("endDate"),
        "authority": first("authority"),
        "authority_number": first("authorityId"),
        "un_reference": first("unscId"),
    }


def subjects(rows: pl.DataFrame) -> pl.DataFrame:
    """Sanctions and whom they are about, one row for each sanction and subject.

    Args:
        rows: accepted rows of :func:`read_followthemoney`.

    Returns:
        ``row``, ``n_rows`` (1), ``list_number`` (id of the sanction, with that of the
        subject where it is about several), ``subject_id``, ``subject_type`` (null
        where the schema leaves it open or the file does not describe the subject), ``subject_name``,
        ``subject_country`` (codes, parted by ``;``), ``country_codes``, ``programmes``, ``announced_date``
        (earliest whole ``listingDate``, or the first of the earliest month), ``date_precision`` (day or month),
        ``effective_date`` (earliest whole ``startDate``), ``ended_date``
        (latest whole ``endDate``), ``authority``, ``authority_number``, ``un_reference``; sorted by row and
        subject. Where no entity is a sanction, the entities themselves are the subjects, without programmes.
    """
    known = {row["id"]: row for row in rows.iter_rows(named=True) if row["schema"] != "Sanction"}
    of_sanctions = [row for row in rows.iter_rows(named=True) if row["schema"] == "Sanction"]
    about = [(one, subject) for one in of_sanctions for subject in one["subject_ids"] or [None]]
    if not of_sanctions:
        about = [(row, row["id"]) for row in known.values() if row["schema"] in SUBJECT_TYPES]
    records = [_subject(sanction, subject, known.get(subject or "")) for sanction, subject in about]
    return pl.DataFrame(records, schema=_SUBJECTS).sort(ROW, "subject_id", maintain_order=True)


_SUBJECTS = pl.Schema(
    {
        ROW: pl.Int64(),
        "n_rows": pl.Int64(),
        "list_number": pl.String(),
        "subject_id": pl.String(),
        "subject_type": pl.String(),
        "subject_name": pl.String(),
        "subject_country": pl.String(),
        "country_codes": pl.List(pl.String()),
        "programmes": pl.List(pl.String()),
        "announced_date": pl.Date(),
        "date_precision": pl.String(),
        "effective_date": pl.Date(),
        "ended_date": pl.Date(),
        "authority": pl.String(),
        "authority_number": pl.String(),
        "un_reference": pl.String(),
    }
)


def _subject(
    sanction: dict[str, Any], subject: str | None, described: dict[str, Any] | None
) -> dict[str, Any]:
    countries = described["countries"] if described else []
    codes = [ftm_state(code) for code in countries if code not in no_states()]
    listed, precision = _listed(sanction["listing_dates"])
    return {
        ROW: sanction[ROW],
        "n_rows": 1,
        "list_number": sanction["id"] if len(sanction["subject_ids"]) < 2 else f"{sanction['id']}/{subject}",
        "subject_id": subject,
        "subject_type": SUBJECT_TYPES.get(described["schema"]) if described else None,
        "subject_name": next(iter(described["names"]), None) if described else None,
        "subject_country": ";".join(countries) or None,
        "country_codes": list(dict.fromkeys(codes)) if codes and None not in codes else None,
        "programmes": sanction["programmes"] or [None],
        "announced_date": listed,
        "date_precision": precision,
        "effective_date": min(_days(sanction["start_dates"]), default=None),
        "ended_date": max(_days(sanction["end_dates"]), default=None),
        **{name: sanction[name] for name in ("authority", "authority_number", "un_reference")},
    }


def _listed(texts: Iterable[str]) -> tuple[date | None, str | None]:
    """The earliest day among dates, or the first of the earliest month where no day is given; and which it is."""
    whole = [text for text in texts if len(text) >= 7]
    if days := _days(text for text in whole if len(text) >= 10):
        return min(days), "day"
    months = _days(f"{text}-01" for text in whole if len(text) == 7)
    return (min(months), "month") if months else (None, None)


def _days(texts: Iterable[str]) -> list[date]:
    """The whole days among dates; a year or a month alone is none."""
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(date.fromisoformat(text[:10]))
    return found


def _is_followthemoney(head: Head) -> bool:
    first = head.start.split(b"\n", 1)[0]
    return starts(r"\s*\{")(head) and b'"schema"' in first and b'"properties"' in first


READERS = (
    Reader(
        "followthemoney",
        "list",
        "FollowTheMoney entities as JSON lines (entities.ftm.json)",
        read_followthemoney,
        Beginning("JSON", ("id", "schema", "properties"), _is_followthemoney),
        ("id",),
        subjects=subjects,
    ),
)
