"""Strict reading of delimited files as agencies publish them.

DuckDB's strict reader refuses a row that is too short or too long and a quote that is not closed, and what it
gives must account for every byte of the text. Where it refuses a file, or a byte is missing, the file is read
again row by row, and every row that does not fit is quarantined with its line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.rows import (
    MOST_FAULTY,
    ROW,
    Check,
    Fault,
    Rows,
    all_differ,
    empty_quarantine,
    quarantined,
    sift,
)
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.headers import SEPARATORS, as_published, wrong_header
from retorsion.sources.text.words import Meanings, as_words, is_words

#: Name of the column that counts the rows of the file behind one subject.
N_ROWS = "n_rows"

#: Name of the column that numbers the subjects of a list, from 0.
SUBJECT = "__subject"

#: How compressed data begin, which polars unpacks without being asked: zlib, gzip and zstd.
COMPRESSED = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")

_MARK = b"\xef\xbb\xbf"
_LETTERS = 2**12
#: Rows that are read one by one before they become a frame, which takes less memory.
_BATCH = 2**15

#: Bytes that are signs in the code page of Windows, and controls that no text holds in Latin-1.
_CONTROLS = re.compile(rb"[\x80-\x9f]")
_WINDOWS = {code: sign for code in range(0x80, 0xA0) if (sign := bytes([code]).decode("cp1252", "ignore"))}

_TWO_QUOTED = re.compile(rb'" +"')


@dataclass(frozen=True)
class QuotedLayout:
    """How a publisher writes a delimited file.

    Attributes:
        publisher: who writes it, for error messages.
        columns: columns in order. Under a header they may stand in another, with columns without a name after them,
            as other programs save a file.
        separator: one character. The file may have another of :data:`retorsion.sources.text.headers.SEPARATORS`.
        encoding: of the text. Instead of Latin-1 another program may have saved it in UTF-8, which text in Latin-1
            hardly ever is.
        has_header: whether a line of column names precedes the rows.
        older: headers of earlier releases that are still read; columns they lack are null.
        ends_with_sub: whether the file may end in the end-of-file character of DOS, which is dropped.
        words: columns of few distinct cells, given as :mod:`retorsion.sources.text.words`.
        aside: columns that are not given: nothing is made of them, so that their cells need no more than to
            be counted.
    """

    publisher: str
    columns: tuple[str, ...]
    separator: str = ","
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    has_header: bool = True
    older: tuple[tuple[str, ...], ...] = ()
    ends_with_sub: bool = False
    words: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def read_whole(path: Path) -> bytes:
    """Bytes of a file that is not empty and not too large to be read whole, unpacked where it is packed.

    Raises:
        SourceError: it is missing, empty, damaged, or larger than the limit ``file_bytes``.
    """
    return unpacked(path)[0]


def read_layout(
    path: Path, layout: QuotedLayout, *, source_id: str, data: bytes | None = None, n_above: int = 0
) -> Rows:
    """Read a delimited file as text.

    Args:
        path: the file; its name stands in errors.
        layout: how it is written. Lines end in LF or CRLF.
        source_id: id of the source it belongs to.
        data: its bytes, where the caller has them.
        n_above: lines above the layout.

    Returns:
        Accepted: ``row`` (Int64, first line of the row) and the layout's columns as text, those of words as
        words, empty cells null, without those that are put aside.
        Rejected: rows with too few or too many cells.

    Raises:
        SourceError: not the layout: encoding, header, unclosed quotes, no rows, or none with the right number of
            cells; or beyond the limits of cells, lines and rows.
    """
    text = read_whole(path) if data is None else data
    check_text(text, path.name)
    text = _lines(text, path, layout)
    _refuse_nul(text, path)
    lines = io.BytesIO(text)
    for _ in range(n_above):
        lines.readline()
    found, separator = layout.columns, layout.separator
    first_line = n_above + 1
    if layout.has_header:
        found, separator = _header(lines.readline(), path, layout, first_line)
        first_line += 1
    body = lines.read()
    if not layout.has_header:
        separator = _separator_of(body.partition(b"\n")[0], layout)
    del text, lines  # of a large file there is not room for two
    if not body[:64].strip() and not body.strip():
        raise SourceError(
            path.name,
            "has no rows",
            row=first_line,
            remedy="A published list is never empty: fetch it again.",
        )
    rows = _at_once(body, found, separator, first_line)
    if rows is None:
        rows = _one_by_one(body, found, separator, path, source_id, first_line)
    if rows.accepted.is_empty():
        raise SourceError(
            path.name,
            f"has no row of {len(found)} cells, so that it is not {layout.publisher}'s file",
            row=first_line,
            remedy="Fetch the file again: the server may have answered with a page.",
        )
    _check_lengths(rows.accepted, found, path)
    given = [c for c in layout.columns if c not in layout.aside]
    absent = [pl.lit(None, dtype=pl.String).alias(c) for c in given if c not in found]
    whole = rows.accepted.with_columns(absent).select(ROW, *given)
    return Rows(as_words(whole, layout.words), rows.rejected)


def _lines(data: bytes, path: Path, layout: QuotedLayout) -> bytes:
    """The text as UTF-8, the last line ended, without a byte-order mark."""
    if layout.encoding == "latin-1" and not _is_utf_8(data):
        data = _from_latin_1(data)
    if layout.ends_with_sub and data.endswith(b"\n\x1a"):
        data = data[:-1]
    data = data.removeprefix(_MARK)
    first = data[: data.find(b"\n") + 1]
    return data if data.endswith(b"\n") else data + (b"\r\n" if first.endswith(b"\r\n") else b"\n")


def _refuse_nul(text: bytes, path: Path) -> None:
    if (at := text.find(b"\x00")) >= 0:
        raise SourceError(
            path.name,
            "contains a NUL byte, so that it is not the text it should be",
            row=1 + text.count(b"\n", 0, at),
            remedy="Fetch the file again.",
        )


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_latin_1(data: bytes) -> bytes:
    """The text as UTF-8. Other letters than those of ASCII are few, so that most pieces stay as they are."""
    if data.isascii():
        return data
    pieces = (data[at : at + _LETTERS] for at in range(0, len(data), _LETTERS))
    return b"".join(piece if piece.isascii() else _decoded(piece).encode() for piece in pieces)


def _decoded(piece: bytes) -> str:
    """Text in Latin-1, or in the code page of Windows where it has signs that Latin-1 has not."""
    text = piece.decode("latin-1")
    return text.translate(_WINDOWS) if _CONTROLS.search(piece) else text


def _header(line: bytes, path: Path, layout: QuotedLayout, number: int) -> tuple[tuple[str, ...], str]:
    """Columns of the file, each with a name, and what parts its cells."""
    readings: dict[str, list[str] | str] = {}
    for separator in dict.fromkeys((layout.separator, *SEPARATORS)):
        try:
            text = line.decode("utf-8").rstrip("\r\n")
            found = next(csv.reader([text], delimiter=separator, strict=True), [])
        except (UnicodeDecodeError, csv.Error) as error:
            readings[separator] = str(error)
            continue
        readings[separator] = found
        named = [name.strip() for name in found]
        if any(sorted(filter(None, named)) == sorted(known) for known in (layout.columns, *layout.older)):
            return tuple(name or f"column {n}" for n, name in enumerate(named, start=1)), separator
    expected = readings[layout.separator]
    if isinstance(expected, str):
        raise SourceError(
            path.name,
            f"the header cannot be read as {layout.encoding} text ({expected})",
            row=number,
            remedy=f"Take the file as {layout.publisher} publishes it.",
        )
    raise wrong_header(path.name, expected, layout.columns, row=number, remedy=as_published(layout.publisher))


def _separator_of(line: bytes, layout: QuotedLayout) -> str:
    """What parts the cells of a first row: another mark than the publisher's where that gives it as many as columns."""
    for separator in dict.fromkeys((layout.separator, *SEPARATORS)):
        try:
            row = next(csv.reader([line.decode("utf-8")], delimiter=separator, strict=True), [])
        except (UnicodeDecodeError, csv.Error):
            continue
        if len(row) == len(layout.columns):
            return separator
    return layout.separator


def _check_lengths(rows: pl.DataFrame, columns: Sequence[str], path: Path) -> None:
    longest = rows.select(pl.col(columns).str.len_bytes().max())
    for name, size in longest.row(0, named=True).items():
        if size is not None and size > limit("cell_bytes"):
            at = rows.filter(pl.col(name).str.len_bytes() == size)[ROW][0]
            raise _too_long(path, at, name, size)


def _at_once(body: bytes, columns: Sequence[str], separator: str, first_line: int) -> Rows | None:
    """The rows as DuckDB's strict reader gives them; None if it refuses one or does not account for all bytes.

    It drops blank lines and the blanks around a quoted cell without a word, joins two quoted texts with a blank
    between them, and takes line ends of two kinds for one. Nothing is dropped if the bytes of the cells,
    separators, line ends and quotes are those of the text.
    """
    crlf = body.count(b"\r\n")
    is_mixed = crlf and not crlf == body.count(b"\r") == body.count(b"\n")
    if is_mixed or _TWO_QUOTED.search(body):
        return None
    try:
        with duckdb.connect() as connection:
            frame = connection.read_csv(
                io.BytesIO(body),
                header=False,
                auto_detect=False,
                columns=dict.fromkeys(columns, "VARCHAR"),
                sep=separator,
                quotechar='"',
                escapechar='"',
                strict_mode=True,
                compression="none",
                max_line_size=len(columns) * limit("cell_bytes"),
            ).pl()
    except duckdb.Error:
        return None
    n_breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).cast(pl.Int64)))
    breaks = n_breaks.to_series()
    in_cells, quotes_in_cells = (
        sum(frame.select(measure.cast(pl.Int64).sum()).row(0))
        for measure in (pl.all().str.len_bytes(), pl.all().str.count_matches('"', literal=True))
    )
    line_end = 2 if crlf else 1
    around = len(frame) * (len(columns) - 1 + line_end) + body.count(b'"') - quotes_in_cells
    if in_cells + around != len(body) or len(frame) + breaks.sum() != body.count(b"\n"):
        return None
    row = breaks.cum_sum() - breaks + pl.int_range(len(frame), eager=True) + first_line
    text = pl.all().str.replace_all("\r\n", "\n", literal=True) if crlf > len(frame) else pl.all()
    accepted = frame.select(row.cast(pl.Int64).alias(ROW), text)
    return Rows(accepted, empty_quarantine())


def _one_by_one(
    body: bytes, columns: Sequence[str], separator: str, path: Path, source_id: str, first_line: int
) -> Rows:
    lines = _Lines(body, first_line)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    schema = pl.Schema({ROW: pl.Int64, **dict.fromkeys(columns, pl.String)})
    batches: list[pl.DataFrame] = []
    good: list[list[str | int | None]] = []
    bad: list[tuple[int, list[str]]] = []
    n_good, line = 0, first_line
    try:
        for cells in reader:
            if len(cells) == len(columns):
                good.append([line, *(cell.replace("\r\n", "\n") or None for cell in cells)])
                n_good += 1
                if len(good) == _BATCH:
                    batches.append(pl.DataFrame(good, schema=schema, orient="row"))
                    good = []
            else:
                bad.append((line, cells))
                if len(bad) > limit("ragged_rows") and len(bad) > n_good:
                    raise _too_ragged(bad, n_good, len(columns), path)
            line = lines.next
    except UnicodeDecodeError:
        raise _not_utf_8(body, path, first_line) from None
    except csv.Error as error:
        if "field larger" in str(error):
            raise _too_long(path, line, None, csv.field_size_limit()) from None
        raise SourceError(
            path.name,
            f"is not well-formed from here on ({error})",
            row=line,
            remedy="Fetch the file again: it was cut short or altered.",
        ) from None
    accepted = pl.concat([*batches, pl.DataFrame(good, schema=schema, orient="row")])
    return Rows(accepted, _ragged(bad, len(columns), source_id, path)).check(n_good + len(bad), path.name)


class _Lines:
    """The lines of a text one by one, with the number of the line that comes next.

    A lone carriage return in a cell ends a line for the reader of CSV, which it does nowhere else.
    """

    def __init__(self, text: bytes, first: int) -> None:
        self._pieces = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
        self.next = first

    def __iter__(self) -> Iterator[str]:
        for piece in self._pieces:
            self.next += piece.endswith("\n")
            yield piece


def _not_utf_8(body: bytes, path: Path, first_line: int) -> SourceError:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return SourceError(
            path.name,
            "is not valid UTF-8",
            row=first_line + body.count(b"\n", 0, error.start),
            value=body[error.start : error.end],
            remedy="Fetch the file again, and take the publisher's UTF-8 edition.",
        )
    raise AssertionError("the text is UTF-8 after all")


def _too_ragged(bad: list[tuple[int, list[str]]], n_good: int, n_columns: int, path: Path) -> SourceError:
    return too_much(
        "ragged_rows",
        path.name,
        f"has {len(bad)} rows of another number of cells than {n_columns} among its first {len(bad) + n_good}",
        "Fetch the file again: it was cut short or altered.",
        row=bad[0][0],
    )


def _ragged(bad: list[tuple[int, list[str]]], n_columns: int, source_id: str, path: Path) -> pl.DataFrame:
    faults = [
        Fault(
            line,
            f"cell {len(cells)}",
            ",".join(cells)[:200],
            f"has {len(cells)} cells where the layout has {n_columns}",
            "Compare the row with the publisher's; the file may be cut short or altered.",
            json.dumps(cells, ensure_ascii=False),
        )
        for line, cells in bad
    ]
    return quarantined(faults, source_id=source_id, file=path.name)


def _too_long(path: Path, row: int, column: str | None, size: int) -> SourceError:
    return too_much(
        "cell_bytes",
        path.name,
        f"holds a cell of at least {size} bytes",
        "Fetch the file again: a quote that is never closed swallows the rows after it.",
        row=row,
        column=column,
    )


def too_long_a_line(name: str, row: int | None = None) -> SourceError:
    """The error for a line that no table has."""
    return too_much(
        "line_bytes",
        name,
        "holds a line that is too long",
        "Fetch the file again: it is not the text it should be.",
        row=row,
    )


def check_text(data: bytes, name: str) -> None:
    """Refuse a text whose rows would take more memory than there is, before any row is made.

    Raises:
        SourceError: more lines, a longer line or more blank lines than the limits.
    """
    n_lines = data.count(b"\n") + 1
    if n_lines > limit("rows"):
        raise too_much("rows", name, f"has {n_lines} lines", "Fetch the file again, or split it.")
    n_blank = data.count(b"\n\n") + data.count(b"\n\r\n")
    if n_blank > limit("faulty_lines") and n_blank > MOST_FAULTY * n_lines:
        remedy = "Fetch the file again: it is not the text it should be."
        raise too_much("faulty_lines", name, f"has at least {n_blank} blank lines", remedy)
    longest, at = limit("line_bytes"), 0
    while len(data) - at > longest:
        end = data.rfind(b"\n", at, at + longest)
        if end < 0:
            raise too_long_a_line(name, 1 + data.count(b"\n", 0, at))
        at = end + 1


#: What a reader gives for accepted rows, row for row, with the meanings of their words at hand.
Make = Callable[[pl.DataFrame, Meanings], pl.DataFrame]


def tested(rows: Rows, checks: Sequence[Check], make: Make, *, source_id: str, path: Path) -> Rows:
    """Rows that pass every test, as a reader gives them, and all that are quarantined.

    Args:
        rows: as :func:`read_layout` gives them, or with more columns.
        checks: tests of single rows.
        make: what is given for rows that passed.
        source_id: id of the source.
        path: the file.
    """
    meanings = Meanings(rows.accepted)
    sifted = sift(rows.accepted, checks, source_id=source_id, file=path.name, meanings=meanings)
    made = make(sifted.accepted, meanings.for_rows(sifted.accepted))
    n_in = len(rows.accepted) + len(rows.rejected)
    return Rows(made, pl.concat([rows.rejected, sifted.rejected])).check(n_in, path.name)


def read_rows(
    path: Path,
    layout: QuotedLayout,
    checks: Sequence[Check],
    make: Make,
    *,
    source_id: str,
    coded: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows,
) -> Rows:
    """Read a delimited file whose rows stand for themselves.

    Args:
        path: the file.
        layout: how it is written.
        checks: tests of its rows.
        make: what is given for rows that passed.
        source_id: id of the source it belongs to.
        coded: adds columns that tests are over.

    Returns:
        Accepted rows as they are made; rejected ones.

    Raises:
        SourceError: as :func:`read_layout`.
    """
    read = read_layout(path, layout, source_id=source_id)
    rows = Rows(coded(read.accepted), read.rejected)
    return tested(rows, checks, make, source_id=source_id, path=path)


@dataclass(frozen=True)
class SubjectCheck:
    """A test of all rows of a subject together.

    Attributes:
        column: the column whose value is named when the test fails.
        ok: what one of the rows must fulfil, elementwise; None if all must agree in ``column``.
        reason: as in :class:`retorsion.sources.rows.Check`.
        remedy: likewise.
    """

    column: str
    ok: pl.Expr | None
    reason: str
    remedy: str

    def holds(self, rows: pl.DataFrame) -> bool:
        """Whether all subjects of rows that stand together, numbered by :data:`SUBJECT`, pass."""
        number, cell = pl.col(SUBJECT), pl.col(self.column)
        if self.ok is None:
            differs = ~cell.eq_missing(cell.shift(1)) & (number == number.shift(1))
            return not rows.select(differs.any()).item()
        n_passed = rows.select(number.filter(self.ok).set_sorted().n_unique()).item()
        return bool(n_passed == rows[SUBJECT].n_unique())

    def over(self, key: str) -> Check:
        """The same as a test of each row."""
        ok = pl.col(self.column).n_unique() == 1 if self.ok is None else self.ok.any()
        return Check(self.column, ok.over(key), self.reason, self.remedy)


def collapse(
    rows: Rows,
    key: str,
    per_row: Sequence[Check],
    per_subject: Sequence[SubjectCheck],
    subject: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    source_id: str,
    path: Path,
) -> Rows:
    """Turn a list with one row for each alias or address into one row for each subject.

    Args:
        rows: as :func:`read_layout` gives them.
        key: column that numbers the subject.
        per_row: tests of single rows.
        per_subject: tests of the rows of a subject together; all rows of a subject that fails are
            quarantined.
        subject: rows that passed to subjects, with ``n_rows`` counting the rows behind each. The rows of a
            subject stand together, in the order of the file, and have its number from 0 in :data:`SUBJECT`.
        source_id: id of the source.
        path: the file.

    Returns:
        Accepted: subjects in order of their first row. Rejected: rows. The sum of ``n_rows`` and the number
        of rejected rows together are the rows of the file.
    """
    n_in = len(rows.accepted) + len(rows.rejected)
    single = sift(rows.accepted, per_row, source_id=source_id, file=path.name)
    rejected = [rows.rejected, single.rejected]
    together = _together(single.accepted, key)
    if not all(check.holds(together) for check in per_subject):
        checks = [check.over(key) for check in per_subject]
        sifted = sift(single.accepted, checks, source_id=source_id, file=path.name)
        rejected.append(sifted.rejected)
        together = _together(sifted.accepted, key)
    subjects = subject(together).sort(ROW)
    bad = pl.concat(rejected)
    assert subjects[N_ROWS].sum() + len(bad) == n_in, f"{path.name}: rows were lost or doubled by {key}"
    return Rows(subjects, bad)


def _together(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows with the number of their subject, by subject in order of its first row."""
    runs = rows.with_columns(pl.col(key).rle_id().set_sorted().alias(SUBJECT))
    begins = pl.col(SUBJECT).ne_missing(pl.col(SUBJECT).shift(1))
    if all_differ(runs.select(pl.col(key).filter(begins).hash()).to_series()):
        return runs
    first = rows.select(pl.col(key).unique(maintain_order=True)).with_row_index(SUBJECT)
    return rows.join(first, on=key, maintain_order="left").sort(SUBJECT, maintain_order=True)


def distinct(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Distinct values of a column for each subject, as a list in the order of the rows; no row without any.

    Over the whole frame at once, which is many times as fast as an expression for each group.
    """
    values = rows.select(SUBJECT, column).drop_nulls()
    if is_words(values[column]):
        pair = pl.col(SUBJECT).cast(pl.Int64) * 2**32 + pl.col(column).to_physical()
        values = values.filter(pair.is_first_distinct()).with_columns(pl.col(column).cast(pl.String))
    elif not all_differ(values.hash_rows()):
        values = values.unique(maintain_order=True)
    return values.group_by(SUBJECT, maintain_order=True).agg(column)


def aligned(part: pl.DataFrame, n: int) -> pl.DataFrame:
    """Columns for subjects 0 to ``n`` - 1 of a frame with a row for some of them; null for the others."""
    if len(part) == n:
        return part.drop(SUBJECT)
    rows = pl.int_range(len(part), dtype=pl.UInt32, eager=True)
    places = pl.repeat(None, n, dtype=pl.UInt32, eager=True).scatter(part[SUBJECT], rows)
    return part.drop(SUBJECT).select(pl.all().gather(places))


def day(column: str, form: str, shape: str) -> pl.Expr:
    """A text column as a date: null where it is not of ``shape``, a regular expression, or no such day."""
    text = pl.col(column)
    parsed = text.str.to_date(form, strict=False)
    return pl.when(text.str.contains(shape)).then(parsed)


def required(column: str) -> Check:
    """Test that a cell is filled."""
    return Check(column, pl.col(column).is_not_null(), "is missing", f"Every row states {column}.")


def whole_number(column: str, digits: int) -> pl.Expr:
    """Whether a cell is a whole number of at most nine digits, as ``^[0-9]{1,digits}$`` says in more time."""
    assert digits <= 9
    text = pl.col(column)
    has_no_sign = text >= "0"
    return (text.str.len_bytes() <= digits) & has_no_sign & text.cast(pl.UInt32, strict=False).is_not_null()


def one_of(column: str, allowed: Sequence[str]) -> Check:
    """Test that a cell holds a known category."""
    return Check(
        column,
        reduce(or_, (pl.col(column) == category for category in allowed)),  # of few, faster than a set
        "is not a known category",
        f"Known are: {', '.join(allowed)}. If the publisher has a new one, add it to the reader.",
    )


def empty_or(check: Check) -> Check:
    """The test, passed by an empty cell too."""
    return Check(check.column, pl.col(check.column).is_null() | check.ok, check.reason, check.remedy)
