"""Tables of one's own: CSV, Parquet or a workbook whose columns are named as their author likes.

A mapping leads from the fields of a format to the table's columns. A field that is the same in every row is
written as ``=`` and its value: ``{period: year, reporter: =JPN, value: usd, unit: =thousand USD}``; ``=`` alone says
that no column is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError, did_you_mean
from retorsion.sources import code_systems
from retorsion.sources.code_systems import to_state_as_written
from retorsion.sources.readers import Beginning, Head
from retorsion.sources.rows import ROW, Check, Rows
from retorsion.sources.states import UNKNOWN_STATE, aliases, iso_codes
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.tables import first_rows, header_place, read_table

#: Systems of codes of states by the word that a mapping uses for them.
STATES: Mapping[str, Callable[[], dict[str, str]]] = {
    "iso": code_systems.iso_states,
    "name": code_systems.state_names,
    "m49": code_systems.m49_states,
    "cow": code_systems.cow_states,
    "gw": code_systems.gw_states,
    "fips": code_systems.fips_states,
    "cameo": code_systems.cameo_states,
    "eurostat": code_systems.eurostat_states,
    "us_census": code_systems.us_census_states,
    "japan_customs": code_systems.japan_customs_states,
}

#: What to do where a cell is not what its field is to hold.
MAPPING = "Correct the cell, or the mapping of columns: --option 'columns={FIELD: COLUMN}', or the same in params.yaml."

#: Rows that are looked at for a proposal.
_SAMPLE = 1000


@dataclass(frozen=True)
class Field:
    """One field of a format of tidy tables.

    Attributes:
        name: of the field.
        names: what columns of it are often called, in small letters; the first fitting column is proposed.
        is_needed: whether a mapping must say something of it.
        default: what it is where the mapping says nothing.
    """

    name: str
    names: tuple[str, ...]
    is_needed: bool = True
    default: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What a mapping of a table may be.

    Attributes:
        columns: field to column, or to ``=`` and a value.
        missing: fields that no column seems to have, and that are needed.
        header: all columns of the table.
    """

    columns: dict[str, str]
    missing: tuple[str, ...]
    header: tuple[str, ...] = field(default=())


def begins_with(fields: Sequence[Field]) -> Beginning:
    """A CSV or a workbook whose columns are called like the fields that are needed; lines may stand above them."""
    names = tuple(one.name for one in fields if one.is_needed)

    def fits(head: Head) -> bool:
        if head.sheets:
            start = head.start.lower()
            return all(f">{name}<".encode() in start for name in names)
        return any(header_place(first_rows(head.lines, mark), names) is not None for mark in SEPARATORS)

    return Beginning("CSV", names, fits)


def read_mapped(
    path: Path, columns: Mapping[str, str] | None, fields: Sequence[Field], *, source_id: str
) -> Rows:
    """Rows of a table in the fields of a format; what is not mapped is left aside.

    Args:
        path: the file, as for :func:`retorsion.sources.text.tables.read_table`.
        columns: field to column, or to ``=`` and a value. A field that it does not name is the column of that name,
            unless that is given to another field.
        fields: of the format.
        source_id: id of the source the file belongs to.

    Returns:
        Accepted rows with one column of text for each field.

    Raises:
        SourceError: no table, a field or column that is not there, or a needed field of which nothing is said.
    """
    needed = [one.name for one in fields if one.is_needed]
    said = {name: str(column).strip() for name, column in (columns or {}).items()}
    named = (said.get(name, name) for name in needed)
    rows = read_table(path, source_id=source_id, wanted=[name for name in named if not name.startswith("=")])
    header = [name for name in rows.accepted.columns if name != ROW]
    by_name = {name.casefold(): name for name in reversed(header)}
    own = {one.name: by_name[one.name] for one in fields if one.name in by_name}
    used = set(said.values())
    said = {**{name: column for name, column in own.items() if name in needed or column not in used}, **said}
    known = {one.name: one for one in fields}
    for name, column in said.items():
        if name not in known or (not column.startswith("=") and column not in header):
            is_field = name in known
            raise SourceError(
                path.name,
                "is no column of the table" if is_field else "is no field of this format",
                column=None if is_field else "columns",
                value=(column if is_field else name)[:80],
                remedy=f"Its columns are: {', '.join(header[:50])}.{did_you_mean(column, header)}"
                if is_field
                else f"Fields are: {', '.join(known)}.{did_you_mean(name, known)}",
            )
    if missing := [name for name in needed if name not in said]:
        likely = proposed(rows.accepted, fields)
        raise SourceError(
            path.name,
            f"nothing says what its {', '.join(missing)} {'is' if len(missing) == 1 else 'are'}",
            column="columns",
            remedy="Say it with --option 'columns={FIELD: COLUMN}' or in params.yaml, as a column of the table or as = "
            "and a value. "
            f"Its columns are: {', '.join(header[:50])[:500]}. A likely beginning: {likely.columns}.",
        )
    made = {one.name: _source(said.get(one.name), one.default).alias(one.name) for one in fields}
    return Rows(rows.accepted.select(ROW, *made.values()), rows.rejected, rows.notes)


def _source(column: str | None, default: str | None) -> pl.Expr:
    if column is None:
        return pl.lit(default, dtype=pl.String)
    if column.startswith("="):
        return pl.lit(column[1:].strip() or default, dtype=pl.String)
    return pl.col(column).str.strip_chars()


def proposed(table: pl.DataFrame, fields: Sequence[Field]) -> Proposal:
    """A likely mapping of a table: columns by their names, and the system of codes by what the cells hold.

    Args:
        table: as :func:`read_table` gives it.
        fields: of the format.
    """
    header = tuple(name for name in table.columns if name != ROW)
    plain = {re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"): name for name in reversed(header)}
    columns: dict[str, str] = {}
    for one in fields:
        found = next((plain[name] for name in (one.name, *one.names) if name in plain), None)
        if found is not None and found not in columns.values():
            columns[one.name] = found
    sides = [columns[name] for name in ("reporter", "partner", "actor", "target") if name in columns]
    if any(one.name == "states" for one in fields) and sides and "states" not in columns:
        cells = {cell for name in sides for cell in table[name].head(_SAMPLE).drop_nulls().unique()}
        system = max(STATES, key=lambda name: sum(cell in STATES[name]() for cell in cells))
        columns["states"] = f"={system}"
    missing = tuple(one.name for one in fields if one.is_needed and one.name not in columns)
    return Proposal(columns, missing, header)


def states_of(
    rows: pl.DataFrame,
    sides: Sequence[str],
    path: Path,
    columns: Mapping[str, str] | None,
    *,
    reporters: Collection[str] = (),
) -> dict[str, pl.Expr]:
    """The codes of the states that the sides of a table's rows are.

    Args:
        rows: as :func:`read_mapped` gives them.
        sides: columns of states.
        path: the file.
        columns: the mapping; a side that is ``=`` and a value may be a code of ISO 3166 in any system.
        reporters: sides that report, of whom a part is not taken for the whole.

    Raises:
        SourceError: no such system, or several; or nothing says the system, and the codes are those of another.
    """
    system, said = _system(rows, path), columns or {}
    written = [side for side in sides if not str(said.get(side, "")).startswith("=")]
    if rows["states"].n_unique() == 1 and "states" not in said:
        for side in written:
            _check_system(rows[side], system, path)
    found = {}
    for side in sides:
        codes = _codes(system)
        if side in reporters and system == "eurostat":
            codes = {**codes, **aliases("eurostat_reporter")}
        if side not in written:
            codes = {**code_systems.iso_states(), **codes}
        found[side] = to_state_as_written(_without_na(rows, side, written), codes)
    return found


def _without_na(rows: pl.DataFrame, side: str, written: Sequence[str]) -> pl.Expr:
    """Cells of a side; ``NA`` is none among codes of three letters or names, where it is no Namibia but R's word."""
    longest = (
        rows.select(pl.max_horizontal(pl.col(one).str.len_chars().max() for one in written))
        if written
        else None
    )
    is_short = longest is None or (longest.item() or 0) < 3
    return pl.col(side) if is_short else pl.when(pl.col(side) != "NA").then(side)


def _codes(system: str) -> dict[str, str]:
    """Codes or names of a system, and those of three letters of ISO 3166, which mean the same beside any other."""
    return {**{code: code for code in iso_codes()}, **STATES[system]()}


def state_check(column: str, code: str) -> Check:
    """Test that a state is known in the system of its codes."""
    return Check(
        column,
        pl.col(code).is_not_null(),
        f"{UNKNOWN_STATE} of the system of the mapping",
        "Correct it, or name the system of all codes with --option 'columns={states: =NAME}' or in params.yaml, one of "
        f"{', '.join(STATES)}.",
    )


def _system(rows: pl.DataFrame, path: Path) -> str:
    named = rows["states"].unique().sort().to_list()
    if len(named) > 1:
        raise SourceError(
            path.name,
            "names several systems of codes of states",
            column="states",
            value=", ".join(str(name)[:40] for name in named[:5]),
            remedy="Make a table of each: a code may mean different states in two systems.",
        )
    if named[0] not in STATES:
        raise SourceError(
            path.name,
            "is no system of codes of states",
            column="states",
            value=str(named[0])[:80],
            remedy=f"Known are: {', '.join(STATES)}.{did_you_mean(str(named[0]), STATES)}",
        )
    return str(named[0])


def _check_system(written: pl.Series, system: str, path: Path) -> None:
    """Refuse codes that are all of another system, in which some of them mean other states than in this one."""
    cells = written.drop_nulls().unique().sort().alias("c").to_frame()

    def known(name: str) -> pl.Series:
        return cells.select(to_state_as_written(pl.col("c"), _codes(name)).is_not_null()).to_series()

    is_known = known(system)
    if (n_known := int(is_known.sum())) == len(cells):
        return
    counts = {name: int(known(name).sum()) for name in STATES}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] <= n_known or (counts[best] < len(cells) and n_known * 2 >= len(cells)):
        return
    raise SourceError(
        path.name,
        f"is no state of {system}, the system of codes that is taken where nothing says another",
        column=written.name,
        value=cells.filter(~is_known)["c"][0][:80],
        remedy=f"Of the {len(cells)} codes or names in the column, {counts[best]} are of {best}. Say so with "
        f"--option 'columns={{states: ={best}}}', or the same in params.yaml.",
    )
