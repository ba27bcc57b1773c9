"""Strict and fast reading of delimited files as agencies publish them.

polars reads fast but forgives: it passes over stray quotes, and fills a short row with nulls. So what it read
is proved. Every quote must stand where it may (:mod:`retorsion.sources.text.quotes`); where a row may have been too
short, the bytes that are no part of a cell must be exactly the separators, line ends and quotes that the rows
need. Where the proof fails, the file is read again, slowly and exactly, and every row that does not fit is
quarantined with its line.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Check, Rows, all_differ, empty_quarantine, sift
from retorsion.sources.text.words import Meanings, as_text, as_words, is_words, word_type, words_of

if TYPE_CHECKING:
    from retorsion.sources.text.quotes import Marks

#: Largest file that is read whole.
MAX_BYTES = 2**30

#: Longest cell in bytes. The longest in any published list seen is a hundredth of it.
MAX_CELL = 2**17

#: Name of the column that counts the rows of the file behind one subject.
N_ROWS = "n_rows"

#: Name of the column that numbers the subjects of a list, from 0.
SUBJECT = "__subject"

#: How compressed data begin, which polars unpacks without being asked: zlib, gzip and zstd.
COMPRESSED = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")

_MARK = b"\xef\xbb\xbf"
_LETTERS = 2**12

#: Rows in which line breaks are sought first.
_SAMPLE = 1000


@dataclass(frozen=True)
class _Body:
    """The rows of a file: its text from ``start``, after the header, uncopied because files are large."""

    data: bytes
    start: int = 0

    def after_line(self) -> _Body:
        """The text after its first line."""
        return _Body(self.data, self.data.find(b"\n", self.start) + 1 or len(self.data))

    def line_end(self) -> bytes:
        """How the line above ends, or the first one."""
        end = self.start if self.start > len(_MARK) else self.after_line().start
        return b"\r\n" if self.data.endswith(b"\r\n", 0, end) else b"\n"

    def has_short_lines(self) -> bool:
        """Whether no line, and so no cell within one, can be longer than a cell may be."""
        half = MAX_CELL // 2
        return all(
            self.data.find(b"\n", at, at + half) >= 0 for at in range(self.start, len(self.data), half)
        )

    def is_blank(self) -> bool:
        return not self.data[self.start : self.start + 64].strip() and not self.data[self.start :].strip()


@dataclass(frozen=True)
class QuotedLayout:
    """How a publisher writes a delimited file.

    Attributes:
        publisher: who writes it, for error messages.
        columns: columns in order.
        separator: one character.
        encoding: of the text. Any file is valid Latin-1, so that it is never an alternative.
        mark: whether the file may start with a UTF-8 byte-order mark.
        has_header: whether a line of column names precedes the rows.
        older: headers of earlier releases that are still read; columns they lack are null.
        any_order: whether the columns may stand in any order, as the publisher defines them by name.
        ends_with_sub: whether the file may end in the end-of-file character of DOS, which is dropped.
        words: columns of few distinct cells, given as :mod:`retorsion.sources.text.words`.
        aside: columns that are not given: nothing is made of them, so that their cells need no more than to
            be counted.
    """

    publisher: str
    columns: tuple[str, ...]
    separator: str = ","
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    mark: bool = False
    has_header: bool = True
    older: tuple[tuple[str, ...], ...] = ()
    ends_with_sub: bool = False
    any_order: bool = False
    words: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def read_whole(path: Path) -> bytes:
    """Bytes of a file that is not empty and not too large to be read whole.

    Raises:
        SourceError: it is missing, empty, or larger than :data:`MAX_BYTES`.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SourceError(
                path.name,
                f"has {size} bytes, more than the {MAX_BYTES} that are read at once",
                remedy="Split the file, or take the publisher's smaller edition.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            path.name, f"cannot be read ({error.strerror})", remedy="Fetch the file again."
        ) from None
    if not data or data.isspace():
        raise SourceError(path.name, "the file is empty", remedy="Fetch the file again.")
    return data


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
        SourceError: not the layout: encoding, header, unclosed quotes, a cell above :data:`MAX_CELL` bytes,
            no rows, or none with the right number of cells.
    """
    text = _lines(read_whole(path) if data is None else data, path, layout)
    body = _Body(text, len(_MARK) if text.startswith(_MARK) else 0)
    for _ in range(n_above):
        body = body.after_line()
    first_line = n_above + 1
    found: Sequence[str] = layout.columns
    if layout.has_header:
        top, body = body.start, body.after_line()
        try:
            found = _header(body.data[top : body.start], path, layout, first_line)
        except SourceError:
            _refuse_nul(text, path)  # which says more of a file that is no text at all
            raise
        first_line += 1
    if body.is_blank():
        raise SourceError(
            path.name,
            "has no rows",
            row=first_line,
            remedy="A published list is never empty: fetch it again.",
        )
    from retorsion.sources.text.quotes import marks_of  # its compiler takes a fifth of a second to import

    with ThreadPoolExecutor(max_workers=1) as beside:  # neither holds Python's lock
        marked = beside.submit(marks_of, body.data, layout.separator, body.start)
        parsed = _parsed(body, found, layout, first_line)
        marks = marked.result()
    if marks.nuls:
        _refuse_nul(text, path)
    numbered = None
    if parsed is not None and marks.are_sound:
        numbered = _numbered(parsed, body, marks, found, layout, first_line)
    if numbered is None:
        rows = _exact(body.data[body.start :], found, layout.separator, path, source_id, first_line)
        longest = MAX_BYTES
    else:
        rows, longest = Rows(numbered[0], empty_quarantine()), numbered[1]
    if rows.accepted.is_empty():
        raise SourceError(
            path.name,
            f"has no row of {len(found)} cells, so that it is not {layout.publisher}'s file",
            row=first_line,
            remedy="Fetch the file again: the server may have answered with a page.",
        )
    if longest > MAX_CELL:
        _check_lengths(rows.accepted, found, path)
    given = [c for c in layout.columns if c not in layout.aside]
    absent = [pl.lit(None, dtype=pl.String).alias(c) for c in given if c not in found]
    whole = rows.accepted.with_columns(absent).select(ROW, *given)
    return Rows(as_words(whole, layout.words), rows.rejected)


def _lines(data: bytes, path: Path, layout: QuotedLayout) -> bytes:
    """The text as UTF-8, the last line ended, with its byte-order mark."""
    if data.startswith(_MARK) and not layout.mark:
        raise SourceError(
            path.name,
            f"starts with a byte-order mark, which {layout.publisher} does not write",
            row=1,
            remedy="Take the file as published, not one saved by another program.",
        )
    if layout.encoding == "latin-1":
        data = _from_latin_1(data)
    if layout.ends_with_sub and data.endswith(b"\n\x1a"):
        data = data[:-1]
    return data if data.endswith(b"\n") else data + _Body(data).line_end()


def _refuse_nul(text: bytes, path: Path) -> None:
    if (at := text.find(b"\x00")) >= 0:
        raise SourceError(
            path.name,
            "contains a NUL byte, so that it is not the text it should be",
            row=1 + text.count(b"\n", 0, at),
            remedy="Fetch the file again.",
        )


def _from_latin_1(data: bytes) -> bytes:
    """The text as UTF-8. Other letters than those of ASCII are few, so that most pieces stay as they are."""
    if data.isascii():
        return data
    pieces = (data[at : at + _LETTERS] for at in range(0, len(data), _LETTERS))
    return b"".join(piece if piece.isascii() else piece.decode("latin-1").encode() for piece in pieces)


def _header(line: bytes, path: Path, layout: QuotedLayout, number: int) -> tuple[str, ...]:
    try:
        text = line.decode("utf-8").rstrip("\r\n")
        found = next(csv.reader([text], delimiter=layout.separator, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            path.name,
            f"the header cannot be read as {layout.encoding} text ({error})",
            row=number,
            remedy=f"Take the file as {layout.publisher} publishes it.",
        ) from None
    for columns in (layout.columns, *layout.older):
        if tuple(found) == columns:
            return columns
    if layout.any_order and sorted(found) == sorted(layout.columns):
        return tuple(found)
    missing = [c for c in layout.columns if c not in found]
    unknown = [c[:80] for c in found if c not in layout.columns]
    parts = (
        f"lacks the columns {missing}" if missing else "",
        f"has the unknown columns {unknown}" if unknown else "",
        "has its columns in another order or twice" if not missing and not unknown else "",
    )
    raise SourceError(
        path.name,
        "; ".join(part for part in parts if part),
        row=number,
        remedy=f"Take the file as {layout.publisher} publishes it; if it has changed its layout, "
        "the reader has to be changed first.",
    )


def _check_lengths(rows: pl.DataFrame, columns: Sequence[str], path: Path) -> None:
    rows = as_text(rows)
    longest = rows.select(pl.col(columns).str.len_bytes().max())
    for name, size in longest.row(0, named=True).items():
        if size is not None and size > MAX_CELL:
            at = rows.filter(pl.col(name).str.len_bytes() == size)[ROW][0]
            raise _too_long(path, at, name, size)


def _parsed(
    body: _Body, columns: Sequence[str], layout: QuotedLayout, first_line: int
) -> pl.DataFrame | None:
    """The rows as polars reads them, without cells put aside; None if it refuses."""
    if body.data.startswith(COMPRESSED):  # polars would unpack it
        return None
    aside = set(layout.aside).intersection(columns[:-1])
    types = {
        c: word_type() if c in layout.words else pl.Boolean() if c in aside else pl.String() for c in columns
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # polars' of stray quotes, which are refused
        try:
            return pl.read_csv(
                body.data,
                has_header=False,
                skip_lines=first_line - 1,
                separator=layout.separator,
                schema=types,
                ignore_errors=bool(aside),  # cells put aside are no Booleans; text and words have no errors
            ).drop(aside)
        except pl.exceptions.PolarsError:
            return None


def _numbered(
    frame: pl.DataFrame,
    body: _Body,
    marks: Marks,
    columns: Sequence[str],
    layout: QuotedLayout,
    first_line: int,
) -> tuple[pl.DataFrame, int] | None:
    """The rows with their lines, empty cells null, and the bytes of the longest cell.

    None if they cannot be shown to be all of the text, whose quotes are sound.

    polars refuses rows that are too long, but not every stray quote. A row that is too short it fills with
    nulls at its end, and a carriage return it drops: without any of them, nothing can be missing.
    """
    frame = frame.with_columns(pl.col(_odd_words(frame)).cast(pl.String))
    text = [c for c in frame.columns if not is_words(frame[c])]
    is_filled = frame[columns[-1]].null_count() == 0
    is_short = body.has_short_lines()
    if len(frame.columns) < len(columns):
        is_plain = is_short and is_filled and marks.feeds == len(frame)
        if not (is_plain and marks.returns in (0, len(frame))):
            layout = replace(layout, aside=())
            whole = _parsed(body, columns, layout, first_line)
            return None if whole is None else _numbered(whole, body, marks, columns, layout, first_line)
    breaks = _line_breaks(frame.select(text), marks.feeds - len(frame), marks.returns)
    if breaks is None:
        return None
    broken, n_breaks, returns_in_cells = breaks
    simple = is_filled and marks.returns - returns_in_cells in (0, len(frame))
    if not simple and not _accounts_for(frame, body, marks.quotes):
        return None
    if n_breaks is None:
        row = pl.int_range(first_line, first_line + len(frame), dtype=pl.Int64)
    else:
        rows = n_breaks.cum_sum() - n_breaks + pl.int_range(len(frame), eager=True) + first_line
        row = pl.lit(rows.rechunk())  # a frame whose first column has many chunks is copied in every step
    measured = frame.select(pl.col(broken if is_short else text).str.len_bytes().max())
    longest = max((size for size in measured.row(0) if size), default=0) if measured.width else 0
    cells = {c: pl.col(c) for c in frame.columns}
    if returns_in_cells:
        cells |= {c: cells[c].str.replace_all("\r\n", "\n", literal=True) for c in broken}
    if marks.may_have_empty:  # which polars reads as text, where it reads an empty cell as null
        shortest = frame.select(pl.col(text).str.len_bytes().min()).row(0, named=True)
        empty = [c for c, size in shortest.items() if size == 0]
        cells |= {c: pl.when(cells[c].str.len_bytes() > 0).then(cells[c]) for c in empty}
    return frame.select(row.alias(ROW), *cells.values()), longest


def _odd_words(frame: pl.DataFrame) -> list[str]:
    """Columns of words of which one is empty, has a line break or a quote, or is very long."""

    def has_odd(words: pl.Series) -> bool:
        is_odd = pl.col("word").str.contains('[\r\n"]|^$') | (pl.col("word").str.len_bytes() > MAX_CELL)
        return bool(words.to_frame("word").select(is_odd.any()).item())

    words = {column.name: words_of(column) for column in frame if is_words(column)}
    if not words or not has_odd(pl.concat(words.values())):
        return []
    return [name for name, found in words.items() if has_odd(found)]


def _line_breaks(
    frame: pl.DataFrame, sought: int, carriage_returns: int
) -> tuple[list[str], pl.Series | None, int] | None:
    """Columns with line breaks in cells, their number in each row, and the carriage returns in these columns.

    None if there are not as many as are sought. They are sought first in the columns that have one near the
    beginning: where these have all of them, no other has any.

    Args:
        frame: columns of text.
        sought: line breaks that are in cells.
        carriage_returns: in the whole text.
    """
    if sought == 0:
        return [], None, 0
    if not frame.width:
        return None
    first = frame.head(_SAMPLE)
    for part in (first, frame):
        holds = part.select(pl.col(pl.String).str.contains("\n", literal=True).any()).row(0)
        broken = [c for c, found in zip(frame.columns, holds, strict=True) if found]
        if not broken:
            continue

        def counted(byte: str, broken: list[str] = broken) -> pl.Expr:
            counts = (pl.col(c).str.count_matches(byte, literal=True) for c in broken)
            return pl.sum_horizontal(counts).cast(pl.Int64).alias(byte)

        found = frame.select(map(counted, "\n\r" if carriage_returns else "\n"))
        if found["\n"].sum() == sought:
            return broken, found["\n"], int(found["\r"].sum()) if carriage_returns else 0
    return None


def _accounts_for(frame: pl.DataFrame, body: _Body, quotes: int) -> bool:
    """Whether cells, separators, line ends and quotes are all there is in the text."""
    words = {c for c in frame.columns if is_words(frame[c])}
    sizes = {c: pl.col(c).cat.len_bytes() if c in words else pl.col(c).str.len_bytes() for c in frame.columns}
    in_cells = sum(frame.select(size.cast(pl.Int64).sum() for size in sizes.values()).row(0))
    quotes_in_cells = 0
    if quotes and (text := [c for c in frame.columns if c not in words]):
        counts = (pl.col(c).str.count_matches('"', literal=True).sum() for c in text)
        quotes_in_cells = sum(frame.select(counts).row(0))
    around_cells = len(body.data) - body.start - in_cells - (quotes - quotes_in_cells)
    return bool(around_cells == len(frame) * (frame.width - 1 + len(body.line_end())))


def _exact(
    body: bytes, columns: Sequence[str], separator: str, path: Path, source_id: str, first_line: int
) -> Rows:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            path.name,
            "is not valid UTF-8",
            row=first_line + body.count(b"\n", 0, error.start),
            value=body[error.start : error.end],
            remedy="Fetch the file again, and take the publisher's UTF-8 edition.",
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    good: list[list[str | int | None]] = []
    bad: list[tuple[int, list[str]]] = []
    line = first_line
    try:
        for cells in reader:
            if len(cells) == len(columns):
                good.append([line, *(cell.replace("\r\n", "\n") or None for cell in cells)])
            else:
                bad.append((line, cells))
            line = first_line + reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            raise _too_long(path, line, None, csv.field_size_limit()) from None
        raise SourceError(
            path.name,
            f"is not well-formed from here on ({error})",
            row=line,
            remedy="Fetch the file again: it was cut short or altered.",
        ) from None
    schema = pl.Schema({ROW: pl.Int64, **dict.fromkeys(columns, pl.String)})
    accepted = pl.DataFrame(good, schema=schema, orient="row")
    return Rows(accepted, _ragged(bad, len(columns), source_id, path)).check(len(good) + len(bad), path.name)


def _ragged(bad: list[tuple[int, list[str]]], n_columns: int, source_id: str, path: Path) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (
                source_id,
                path.name,
                line,
                f"cell {len(cells)}",
                ",".join(cells)[:200],
                f"has {len(cells)} cells where the layout has {n_columns}",
                "Compare the row with the publisher's; the file may be cut short or altered.",
                json.dumps(cells, ensure_ascii=False),
            )
            for line, cells in bad
        ],
        schema=QUARANTINE_SCHEMA,
        orient="row",
    )


def _too_long(path: Path, row: int, column: str | None, size: int) -> SourceError:
    return SourceError(
        path.name,
        f"holds a cell of at least {size} bytes, more than the {MAX_CELL} that a cell may have",
        row=row,
        column=column,
        remedy="Fetch the file again: a quote that is never closed swallows the rows after it.",
    )


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
