"""One look at a file: what it is, what was accepted and quarantined, and the rows as they would enter the tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import ParameterError, RetorsionError
from retorsion.sources.readers import Reader, recognise
from retorsion.sources.readers import reader as reader_named
from retorsion.sources.rows import Rows
from retorsion.sources.states import UNKNOWN_STATE, unknown_states
from retorsion.sources.text.words import as_text
from retorsion.tables.builders import build_flows
from retorsion.tables.lists import by_programme, own_states, unknown_countries
from retorsion.tables.options import options_type

#: Rows that are shown.
N_SHOWN = 50

_UNKNOWN = re.compile(r"\bnot (a )?known\b|\bunknown\b|has a code that is not known")


@dataclass(frozen=True)
class Look:
    """What one look at a file found.

    Attributes:
        reader: name of the reader that read it.
        what: the publication, in words.
        accepted: number of rows that passed every test.
        quarantined: the others: row, column, value, reason and remedy of each.
        unknown: names that no table knows, each with the number of rows that have it: ``states``, and
            ``codes`` (kinds, types, products and the like).
        notes: sentences about the file as a whole.
        rows: the first rows as they would enter the tables, with what the file itself cannot say left out.
    """

    reader: str
    what: str
    accepted: int
    quarantined: tuple[dict[str, Any], ...]
    unknown: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The same in types of JSON; days are written YYYY-MM-DD."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)
        return plain


def look(path: Path | str, reader: str | None = None, options: Mapping[str, Any] | None = None) -> Look:
    """Read a file of any known format without adding it.

    Args:
        path: the file.
        reader: name of its reader; None recognises the format.
        options: what ``params.yaml`` would say of the source, as far as it is known.

    Returns:
        What was found; also where rows are quarantined.

    Raises:
        SourceError: the file is in no known format, or not in that of the reader.
        ParameterError: the reader needs an option that is not given.
    """
    place, given = Path(path), dict(options or {})
    reading = recognise(place) if reader is None else reader_named(reader, "--reader")
    if reading.kind == "flows":
        fields = options_type("flows", reading.name, place.name).model_fields
        needed = [name for name in reading.options if name in fields and fields[name].is_required()]
        if missing := [name for name in needed if name not in given]:
            raise ParameterError(f"{place.name}: does not state its {missing[0]}. Say it: {missing[0]}=...")
    own = {name: given[name] for name in reading.options if name in given}
    found = reading.read(place, source_id=place.stem, **own)
    table, notes = _as_table(reading, found, given, place.stem)
    return Look(
        reader=reading.name,
        what=reading.what,
        accepted=len(found.accepted),
        quarantined=tuple(
            found.rejected.select("row", "column", "value", "reason", "remedy").iter_rows(named=True)
        ),
        unknown=_unknown(reading, found),
        notes=(*found.notes, *notes),
        rows=tuple(as_text(table.head(N_SHOWN)).iter_rows(named=True)),
    )


def _as_table(
    reading: Reader, found: Rows, options: dict[str, Any], source_id: str
) -> tuple[pl.DataFrame, list[str]]:
    """Accepted rows as a table would have them, as far as the file says it, and notes on them."""
    if reading.kind == "list":
        return _as_designations(reading, found.accepted)
    if reading.kind != "flows" or found.accepted.is_empty():
        return found.accepted, []
    of_build = options_type("flows", reading.name, source_id).model_fields
    asked = {
        name: value for name, value in options.items() if name in of_build or name not in reading.options
    }
    try:
        flows = build_flows(reading.name, [found.accepted], source_id=source_id, options=asked)
    except ParameterError as error:
        return found.accepted, [f"the rows are shown as read, because {error}"]
    except RetorsionError as error:
        return found.accepted, [str(error)]
    return flows, [f"its {len(found.accepted)} accepted rows make {len(flows)} rows of trade_flows"]


def _as_designations(reading: Reader, accepted: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    subjects = by_programme(reading.subjects(accepted))
    notes = []
    n_dated = len(subjects) - subjects["announced_date"].null_count()
    if not n_dated:
        notes.append("the list states no day of designation; only two vintages show what is new")
    elif n_dated < len(subjects):
        notes.append(f"{len(subjects) - n_dated} of {len(subjects)} designations have no day")
    if n_open := subjects["subject_type"].null_count():
        notes.append(f"the list leaves the kind of {n_open} designations open (undetermined_type)")
    if double := int(subjects.select(pl.struct("list_number", "programme").is_duplicated().sum()).item()):
        notes.append(f"{double} rows repeat a number under the same programme")
    placed = subjects.with_columns(own_states(subjects).alias("target_code"))
    order = (
        "list_number", "programme", "subject_type", "subject_name", "subject_country", "target_code",
        "announced_date", "date_precision", "effective_date", "ended_date", "row",
    )  # fmt: skip
    return placed.select(name for name in order if name in placed.columns), notes


def _unknown(reading: Reader, found: Rows) -> dict[str, dict[str, int]]:
    states: Counter[str] = Counter(dict(unknown_states(found).iter_rows()))
    if reading.kind == "list":
        states.update(unknown_countries(reading.subjects(found.accepted)))
    codes = Counter(
        str(row["value"])
        for row in found.rejected.iter_rows(named=True)
        if row["value"] is not None
        and _UNKNOWN.search(row["reason"])
        and not row["reason"].startswith(UNKNOWN_STATE)
    )
    return {"states": _ranked(states), "codes": _ranked(codes)}


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | pl.Series):
        return [_plain(one) for one in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
