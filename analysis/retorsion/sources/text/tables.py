"""Tables of people: CSV, Parquet or a workbook, with lines above the header, foot lines and sheets aside."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.rows import ROW, Rows, empty_quarantine
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import POLARS_FAULTS, encoding_of, header_of
from retorsion.sources.text.days import COUNTS_FROM_1904
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.published import QuotedLayout, read_layout
from retorsion.sources.text.workbooks import (
    counts_from_1904,
    is_hidden,
    is_workbook,
    open_workbook,
    sheet_of,
)

#: Lines among which the header is looked for.
LINES_ABOVE = 30
_SAVE = "Save the table as CSV (UTF-8), Parquet or xlsx."


def read_table(path: Path, *, source_id: str, wanted: Collection[str] = ()) -> Rows:
    """Read a table as text.

    Args:
        path: CSV (separated by commas, semicolons or tabs; packed or not), Parquet, or a workbook, of which
            one sheet is read that is not hidden.
        source_id: id of the source it belongs to.
        wanted: names of columns by which the header, and the sheet of a workbook, are found; without them the
            header is the first line of two cells or more.

    Returns:
        Accepted: ``row`` (line of the CSV or sheet; number of the row in Parquet, from 1) and the columns as
        text, empty cells null. Columns of one name are numbered (``value (1)``, ``value (2)``), and one without
        a name is called by its place (``column 7``), so that a mapping says which is meant. Rejected: rows with
        another number of cells than the header. Notes say what is left aside: lines above the header, rows without
        any cell, other sheets.

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
    if start == b"PK\x03\x04" and is_workbook(path):
        return _workbook(path, wanted)
    data, _ = unpacked(path)
    above = _lines_above(data, path.name, wanted)
    rest = data.split(b"\n", above)[above]
    found, separator = header_of(rest, path.name, "".join(SEPARATORS))
    surplus = _surplus(rest, separator, len(found))
    layout = QuotedLayout(
        publisher="its author",
        columns=_told_apart([*found, *surplus], path, above + 1),
        separator=separator,
        has_header=False,
        encoding=encoding_of(data),
    )
    rows = read_layout(path, layout, source_id=source_id, data=data, n_above=above + 1)
    return _filled(rows, above)


def header_place(rows: Sequence[Sequence[str | None]], wanted: Collection[str]) -> int | None:
    """Place of the first row that names all wanted columns, in capitals or not; None if there is none."""
    names = {name.casefold() for name in wanted}
    cells = ({(cell or "").strip().casefold() for cell in row} for row in rows)
    return next((place for place, row in enumerate(cells) if names and names <= row), None)


def _first_of_several(rows: Sequence[Sequence[str | None]]) -> int:
    """Place of the first row with two cells or more that are not empty; the first of all if there is none."""
    counts = (sum(bool((cell or "").strip()) for cell in row) for row in rows)
    return next((place for place, n in enumerate(counts) if n > 1), 0)


def first_rows(text: Sequence[str], separator: str) -> list[list[str]]:
    """Cells of each of the first lines; none where a line is no CSV by itself."""
    found = []
    for line in text[:LINES_ABOVE]:
        try:
            found.append(next(csv.reader([line], delimiter=separator), []))
        except csv.Error:
            found.append([])
    return found


def _lines_above(data: bytes, name: str, wanted: Collection[str]) -> int:
    """Lines above the header of a CSV."""
    start = data[: 16 * limit("header_bytes")].removeprefix(codecs.BOM_UTF8)
    if start.partition(b"\n")[0].strip() and not start.startswith(b"sep="):
        header_of(start, name)  # an endless line is no table
    lines = start.decode("utf-8", "replace").split("\n")
    by_separator = [first_rows(lines, separator) for separator in SEPARATORS]
    places = [place for rows in by_separator if (place := header_place(rows, wanted)) is not None]
    if places:
        return min(places)
    return min(
        (_first_of_several(rows) for rows in by_separator if any(len(row) > 1 for row in rows)), default=0
    )


def _surplus(data: bytes, separator: str, width: int) -> list[str]:
    """Empty names for the empty cells that a program wrote at the end of each row, and not of the header."""
    lines = data[: 16 * limit("header_bytes")].decode("utf-8", "replace").split("\n", 2)
    row = next(iter(first_rows(lines[1:2], separator)), [])
    more = row[width:]
    return [] if any(cell.strip() for cell in more) else [""] * len(more)


def _filled(rows: Rows, above: int) -> Rows:
    """Rows with any cell, and notes on what is left aside."""
    names = [name for name in rows.accepted.columns if name != ROW]
    filled = rows.accepted.filter(pl.any_horizontal(pl.col(names).is_not_null()))
    n_empty = len(rows.accepted) - len(filled)
    notes = (
        *((f"the header is in row {above + 1}; what stands above it is left aside",) if above else ()),
        *((f"rows without any cell, which are left aside: {n_empty}",) if n_empty else ()),
    )
    return Rows(filled, rows.rejected, (*rows.notes, *notes))


def _told_apart(header: Sequence[str], path: Path, row: int = 1) -> tuple[str, ...]:
    """Names of columns, each once, without blanks around them."""
    if len(header) > limit("columns"):
        raise too_much("columns", path.name, f"has {len(header)} columns", _SAVE, row=row)
    if len(header) < 2 or not any(name.strip() for name in header):
        raise SourceError(path.name, "is no table with a header", row=row, remedy=_SAVE)
    named = [name.strip() or f"column {place}" for place, name in enumerate(header, start=1)]
    counts, seen = Counter(named), Counter[str]()
    found = []
    for name in named:
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    if len(set(found)) < len(found):
        raise SourceError(path.name, "has columns that cannot be told apart", row=row, remedy=_SAVE)
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


def _workbook(path: Path, wanted: Collection[str]) -> Rows:
    """The rows of the first sheet that names the wanted columns, or else of the first that is not hidden."""
    book = open_workbook(path, remedy=_SAVE)
    chosen, aside = _sheet(book, path, wanted)
    sheet = sheet_of(book, chosen, path, remedy=_SAVE)
    top = sheet.head(LINES_ABOVE).rows()
    place = header_place(top, wanted)
    above = _first_of_several(top) if place is None else place
    header = _told_apart([cell or "" for cell in sheet.row(above)] if len(sheet) else [], path, above + 1)
    body = sheet.slice(above + 1).rename(dict(zip(sheet.columns, header, strict=True)))
    rows = _filled(_numbered(body, path, above + 2), above)
    notes = (
        *((f"only the sheet {chosen!r} is read, not {', '.join(map(repr, aside))}",) if aside else ()),
        *((COUNTS_FROM_1904,) if counts_from_1904(path) else ()),
    )
    return Rows(rows.accepted, rows.rejected, (*rows.notes, *notes))


def _sheet(book: fastexcel.ExcelReader, path: Path, wanted: Collection[str]) -> tuple[str, list[str]]:
    """Name of the sheet that is read, and of the others that are not empty."""
    tops = {
        name: sheet.head(LINES_ABOVE).rows()
        for name in book.sheet_names
        if len(sheet := sheet_of(book, name, path, remedy=_SAVE))
    }
    shown = [name for name in tops if not is_hidden(book, name, path)] or list(tops) or book.sheet_names[:1]
    chosen = next((name for name in shown if header_place(tops.get(name, ()), wanted) is not None), shown[0])
    return chosen, [name for name in tops if name != chosen]


def _numbered(frame: pl.DataFrame, path: Path, first: int) -> Rows:
    if frame.is_empty():
        raise SourceError(path.name, "has no rows", remedy=_SAVE)
    if ROW in frame.columns:
        frame = frame.rename({ROW: f"{ROW} "})  # a column of the table's own
    filled = frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
    numbers = pl.int_range(first, first + len(frame), dtype=pl.Int64, eager=True).alias(ROW)
    return Rows(filled.insert_column(0, numbers), empty_quarantine())
