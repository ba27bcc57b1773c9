"""Tables of one's own: CSV, Parquet or a workbook whose columns are named as their author likes.

A mapping leads from the fields of a format to the table's columns. A field that is the same in every row is
written as ``=`` and its value: ``{period: year, reporter: =JPN, value: usd, unit: =thousand USD}``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retorsion.errors import SourceError, did_you_mean
from retorsion.sources import code_systems
from retorsion.sources.limits import limit, too_much
from retorsion.sources.readers import Beginning, Head, header
from retorsion.sources.rows import ROW, Rows, empty_quarantine
from retorsion.sources.states import aliases
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import POLARS_FAULTS, encoding_of, header_of
from retorsion.sources.text.published import QuotedLayout, read_layout
from retorsion.sources.text.workbooks import open_workbook, sheet_of

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

#: Rows that are looked at for a proposal.
_SAMPLE = 1000
_SAVE = "Save the table as CSV (UTF-8), Parquet or xlsx."


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
    """A CSV or a workbook whose columns are called like the fields that are needed."""
    names = tuple(one.name for one in fields if one.is_needed)
    as_csv = header(*names)

    def fits(head: Head) -> bool:
        in_sheet = (f">{name}<".encode() in head.start for name in names)
        return all(in_sheet) if head.sheets else as_csv(head)

    return Beginning("CSV", names, fits)


def read_table(path: Path, *, source_id: str) -> Rows:
    """Read a table as text.

    Args:
        path: CSV (separated by commas, semicolons or tabs; packed or not), Parquet, or a workbook, of which
            the first sheet is read.
        source_id: id of the source it belongs to.

    Returns:
        Accepted: ``row`` (line of the CSV or sheet; number of the row in Parquet, from 1) and the columns as
        text, empty cells null. Columns of one name are numbered (``value (1)``, ``value (2)``), and one without
        a name is called by its place (``column 7``), so that a mapping says which is meant. Rejected: rows with
        another number of cells than the header.

    Raises:
        SourceError: none of these, empty, one column or none, or more columns than the limit.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise SourceError(path.name, f"cannot be read ({error.strerror})", remedy=_SAVE) from None
    if start == b"PAR1":
        return _numbered(_parquet(path), path, 1)
    if start == b"PK\x03\x04" and path.suffix.lower() == ".xlsx":
        return _numbered(_workbook(path), path, 2)
    data, _ = unpacked(path)
    found, separator = header_of(data, path.name, ",;\t|")
    header = _told_apart(found, path)
    layout = QuotedLayout(
        publisher="its author",
        columns=header,
        separator=separator,
        has_header=False,
        encoding=encoding_of(data),
    )
    return read_layout(path, layout, source_id=source_id, data=data, n_above=1)


def _told_apart(header: Sequence[str], path: Path) -> tuple[str, ...]:
    """Names of columns, each once."""
    if len(header) > limit("columns"):
        raise too_much("columns", path.name, f"has {len(header)} columns", _SAVE, row=1)
    if len(header) < 2 or not any(name.strip() for name in header):
        raise SourceError(path.name, "is no table with a header", row=1, remedy=_SAVE)
    named = [name if name.strip() else f"column {place}" for place, name in enumerate(header, start=1)]
    counts, seen = Counter(named), Counter[str]()
    found = []
    for name in named:
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    if len(set(found)) < len(found):
        raise SourceError(path.name, "has columns that cannot be told apart", row=1, remedy=_SAVE)
    return tuple(found)


def _parquet(path: Path) -> pl.DataFrame:
    """The rows of a Parquet file as text. What its footer states is held against the limits before a row is read."""
    try:
        schema = pq.read_schema(path)
        header = _told_apart(schema.names, path)
        texts = [
            one.name for one in schema if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)
        ]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            stated = file.metadata
            n_cells = stated.num_rows * len(schema)
            if n_cells > limit("parquet_cells"):
                raise too_much("parquet_cells", path.name, f"holds {n_cells} cells", _SAVE)
            groups = (stated.row_group(number).total_byte_size for number in range(stated.num_row_groups))
            if (n_bytes := sum(groups)) > limit("file_bytes"):
                raise too_much("file_bytes", path.name, f"unpacks to {n_bytes} bytes", _SAVE)
            batches = _within(file.iter_batches(), path)
            frame = pl.from_arrow(pa.Table.from_batches(batches, file.schema_arrow).rename_columns(header))
        assert isinstance(frame, pl.DataFrame)
        return frame.select(pl.all().cast(pl.String))
    except (pa.ArrowException, OSError, ValueError, *POLARS_FAULTS) as error:
        raise SourceError(path.name, f"is no readable Parquet ({str(error)[:200]})", remedy=_SAVE) from None


def _within(batches: Iterable[pa.RecordBatch], path: Path) -> list[pa.RecordBatch]:
    """The batches, unless their texts, which may stand once in the file and in many cells, are too long together."""
    kept, n_bytes = [], 0
    for batch in batches:
        for column in batch.columns:
            if pa.types.is_dictionary(column.type):
                lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
                n_bytes += pc.sum(lengths).as_py() or 0
        if n_bytes > limit("file_bytes"):
            raise too_much("file_bytes", path.name, "repeats long texts", _SAVE)
        kept.append(batch)
    return kept


def _workbook(path: Path) -> pl.DataFrame:
    sheet = sheet_of(open_workbook(path, remedy=_SAVE), 0, path, remedy=_SAVE)
    header = _told_apart([cell or "" for cell in sheet.row(0)] if len(sheet) else [], path)
    return sheet.slice(1).rename(dict(zip(sheet.columns, header, strict=True)))


def _numbered(frame: pl.DataFrame, path: Path, first: int) -> Rows:
    if frame.is_empty():
        raise SourceError(path.name, "has no rows", remedy=_SAVE)
    if ROW in frame.columns:
        frame = frame.rename({ROW: f"{ROW} "})  # a column of the table's own
    filled = frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
    numbers = pl.int_range(first, first + len(frame), dtype=pl.Int64, eager=True).alias(ROW)
    return Rows(filled.insert_column(0, numbers), empty_quarantine())


def mapped(rows: Rows, columns: Mapping[str, str] | None, fields: Sequence[Field], path: Path) -> Rows:
    """Rows of a table in the fields of a format; what is not mapped is left aside.

    Args:
        rows: as :func:`read_table` gives them.
        columns: field to column, or to ``=`` and a value; None if the columns are called like the fields.
        fields: of the format.
        path: the file.

    Returns:
        Accepted rows with one column of text for each field.

    Raises:
        SourceError: a field or column that is not there, or a needed field of which nothing is said.
    """
    header = [name for name in rows.accepted.columns if name != ROW]
    known = {one.name: one for one in fields}
    if columns is None:
        columns = {name: name for name in known if name in header}
    for name, column in columns.items():
        if name not in known or (not str(column).startswith("=") and column not in header):
            is_field = name in known
            raise SourceError(
                path.name,
                "is no column of the table" if is_field else "is no field of this format",
                column=None if is_field else "columns",
                value=str(column if is_field else name)[:80],
                remedy=f"Its columns are: {', '.join(header[:50])}.{did_you_mean(str(column), header)}"
                if is_field
                else f"Fields are: {', '.join(known)}.{did_you_mean(name, known)}",
            )
    missing = [one.name for one in fields if one.is_needed and one.name not in columns]
    if missing:
        likely = proposed(rows.accepted, fields)
        raise SourceError(
            path.name,
            f"nothing says what its {', '.join(missing)} {'is' if len(missing) == 1 else 'are'}",
            column="columns",
            remedy="Say it in the field columns of the sidecar, as a column of the table or as = and a value. "
            f"A likely beginning: {likely.columns}.",
        )
    made = {one.name: _source(columns.get(one.name), one.default).alias(one.name) for one in fields}
    return Rows(rows.accepted.select(ROW, *made.values()), rows.rejected, rows.notes)


def _source(column: str | None, default: str | None) -> pl.Expr:
    if column is None:
        return pl.lit(default, dtype=pl.String)
    if str(column).startswith("="):
        return pl.lit(str(column)[1:].strip(), dtype=pl.String)
    return pl.col(column).str.strip_chars()


#: Numbers with commas between thousands and a point before decimals, and the other way round. Blanks may part
#: thousands in both.
_WITH_POINT = r"^-?([0-9]{1,3}([, \u00a0\u202f][0-9]{3})+|[0-9]+)(\.[0-9]+)?$"
_WITH_COMMA = r"^-?([0-9]{1,3}([. \u00a0\u202f][0-9]{3})+|[0-9]+)(,[0-9]+)?$"


def numbers_of(cells: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Cells of a column as numbers, and a note where they are written in another way than 1234.5.

    ``1,234`` alone may be a thousand or one and a bit. It is a number only where another cell of the column shows
    which mark it is that parts decimals: ``1,234.5`` or ``0,5``.

    Args:
        cells: as text.

    Returns:
        Numbers, null where a cell is none; and the note.
    """
    plain = cells.cast(pl.Float64, strict=False)
    if plain.null_count() == cells.null_count():
        return plain, ()
    text = cells.str.strip_chars()
    with_point, with_comma = text.str.contains(_WITH_POINT), text.str.contains(_WITH_COMMA)
    only_point, only_comma = bool((with_point & ~with_comma).any()), bool((with_comma & ~with_point).any())
    if only_point == only_comma:
        return plain, ()
    between, mark, fits = (
        ("[, \u00a0\u202f]", ".", with_point) if only_point else ("[. \u00a0\u202f]", ",", with_comma)
    )
    usual = text.str.replace_all(between, "").str.replace(mark, ".", literal=True)
    made = pl.select(pl.when(fits).then(usual).otherwise(cells)).to_series().cast(pl.Float64, strict=False)
    named = "a decimal comma" if only_comma else "commas or blanks between thousands"
    return made, (f"numbers of {cells.name!r} are written with {named}",)


#: Days whose parts are told by their shape: year first, or the month by its name.
_SURE_DAYS = (
    (r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[T ].*)?$", ("%Y-%m-%d",)),
    (r"^([0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2})$", ("%Y/%m/%d", "%Y.%m.%d")),
    (r"^([0-9]{8})$", ("%Y%m%d",)),
    (r"^([0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{4})$", ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%B-%Y")),
    (r"^([A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4})$", ("%B %d, %Y", "%b %d, %Y")),
)
_PARTED_DAY = r"^([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})$"


def days_of(cells: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Cells of a column as days, and a note where the column had to tell what they mean.

    ``03/04/2022`` alone may be in March or in April. It is a day only where another cell of the column shows whether
    days or months come first: ``13/04/2022``.

    Args:
        cells: as text.

    Returns:
        Days, null where a cell is none; and the note.
    """
    text = pl.col("c").str.strip_chars()
    sure = [
        text.str.extract(shape, 1).str.to_date(form, strict=False)
        for shape, forms in _SURE_DAYS
        for form in forms
    ]
    first, second = (text.str.extract(_PARTED_DAY, part).cast(pl.Int64) for part in (1, 2))
    year = text.str.extract(_PARTED_DAY, 3)
    frame = cells.alias("c").to_frame()
    day_first, month_first = frame.select((first > 12).any(), second=(second > 12).any()).row(0)
    if bool(day_first) == bool(month_first):
        return frame.select(pl.coalesce(sure)).to_series(), ()
    month, day = (second, first) if day_first else (first, second)
    parted = pl.concat_str(
        year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2)
    ).str.to_date("%Y%m%d", strict=False)
    order = "the day" if day_first else "the month"
    return (
        frame.select(pl.coalesce(*sure, parted)).to_series(),
        (f"days of {cells.name!r} are written with {order} first",),
    )


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


def states_in(rows: pl.DataFrame, path: Path, *, of_reporters: bool = False) -> dict[str, str]:
    """The codes of states of the system that a table is mapped to.

    Args:
        rows: as :func:`mapped` gives them.
        path: the file.
        of_reporters: whether they are of those that report, of whom a part is not taken for the whole.

    Raises:
        SourceError: no such system, or several.
    """
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
    own = aliases("eurostat_reporter") if of_reporters and named[0] == "eurostat" else {}
    return {**STATES[named[0]](), **own}
