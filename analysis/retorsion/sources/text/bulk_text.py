"""Streaming and yet exact reading of large delimited text files that are published without quotes.

A line is a row. Everything is text first; types and tests are expressions, so that polars reads only the
columns that are asked for, in a stream. polars forgives: it fills a short line with nulls and, when it reads
some of the columns, cuts a long one in silence. So the bytes are surveyed first: numpy counts the separators
of every line and finds lines that are not UTF-8, at several times the speed of a scan. Rows of such lines,
and rows that fail a test, are *doubtful*: they are read again from the bytes, one by one, and quarantined
with file, line and reason. A usual file has none.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Check, Rows, check_few, empty_quarantine, sift
from retorsion.sources.text.headers import as_published, wrong_header
from retorsion.sources.text.lines import (
    blocks_of_lines,
    count_lines,
    faulty_lines,
    lines_by_sums,
    numbered_lines,
    opened,
)
from retorsion.sources.text.published import COMPRESSED
from retorsion.sources.text.words import word_type

#: Column of a scan: whether the row passed every test and its last field is filled.
SURE = "sure"

#: Columns that the survey can count, in one byte.
MAX_COLUMNS = 256

#: Where text comes from: a file, or the bytes of one member of an archive.
Text = Path | bytes

_OVERFLOW = "__overflow"
_FIELD = "field "
#: What polars raises of text that it cannot read.
POLARS_FAULTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True)
class Direct:
    """A column that polars reads as a number at once, and what shows that the number is right."""

    dtype: type[pl.DataType]
    ok: pl.Expr


@dataclass(frozen=True)
class BulkFormat:
    """Layout of a large text file, and what its rows become.

    Attributes:
        publisher: who writes it, for error messages.
        columns: columns of the file in order, at most 256.
        separator: one ASCII character.
        has_header: whether each file starts with a line of column names.
        typed: the columns that are made of the text columns; no name occurs in ``columns``.
        checks: tests over ``columns`` and ``typed`` together; ``column`` names one of ``columns``.
        direct: columns that are hardly ever empty and that polars may read as numbers at once, which is
            faster: type, and what a number must fulfil for the row to be sure without the column's tests.
            What polars cannot read is null, so that the row is doubtful and the text decides.
    """

    publisher: str
    columns: tuple[str, ...]
    separator: Literal[",", "\t"]
    has_header: bool
    typed: Mapping[str, pl.Expr]
    checks: tuple[Check, ...]
    direct: Mapping[str, Direct] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Assert that types and text do not collide."""
        assert not set(self.typed) & set(self.columns), "a typed column has the name of a text column"
        assert len(self.columns) <= MAX_COLUMNS, "the survey counts fields in one byte"
        assert all(check.column in self.columns for check in self.checks), "a check names no column"

    @property
    def n_header_lines(self) -> int:
        """Lines before the first row of each file."""
        return int(self.has_header)


def encoding_of(data: bytes) -> Literal["utf-8", "latin-1"]:
    """UTF-8 where the bytes are; else Latin-1, which any bytes are, for publishers who have written both."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def header_of(data: bytes, name: str, separators: str = ",") -> tuple[tuple[str, ...], str]:
    """Columns that the first line of a text names, and which of some separators is between them.

    Args:
        data: the text, in UTF-8 or Latin-1, with a byte-order mark or without.
        name: name for errors.
        separators: those that there may be; the most frequent is taken.

    Raises:
        SourceError: the line is endless or no CSV, or has too many columns.
    """
    line = data[: 16 * limit("header_bytes")].partition(b"\n")[0].removeprefix(codecs.BOM_UTF8)
    text = line.decode("utf-8" if encoding_of(line) == "utf-8" else "latin-1").removesuffix("\r")
    separator = max(separators, key=text.count)
    try:
        columns = tuple(next(csv.reader([text], delimiter=separator, strict=True), []))
    except csv.Error as error:
        raise SourceError(
            name, f"has no readable header ({error})", row=1, remedy="Take the file as it is published."
        ) from None
    if len(columns) > limit("columns"):
        raise too_much(
            "columns", name, f"has {len(columns):,} columns", "Take the file as it is published.", row=1
        )
    return columns, separator


def each_once(columns: Sequence[str], name: str) -> tuple[str, ...]:
    """Columns of which none stands twice.

    Raises:
        SourceError: one does.
    """
    if len(set(columns)) != len(columns):
        twice = next(column for column, n in Counter(columns).items() if n > 1)
        raise SourceError(
            name, "has a column twice", row=1, value=twice[:80], remedy="Name each column once."
        )
    return tuple(columns)


def first_line(text: Text, name: str) -> str:
    """First line of a file, after asserting that the file can be what a publisher writes.

    Args:
        text: the file or its bytes.
        name: name for errors.

    Raises:
        SourceError: it is missing, empty, not UTF-8 text, or starts with a byte-order mark or an endless
            line.
    """
    with opened(text, name) as stream:
        line = stream.readline(limit("header_bytes") + 1)
    if not line.strip():
        raise SourceError(
            name, "the file is empty or starts with an empty line", row=1, remedy="Fetch the file again."
        )
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if line.startswith(mark):
            raise SourceError(
                name,
                "starts with a byte-order mark",
                row=1,
                remedy="Take the file as published, not one saved by another program.",
            )
    if len(line) > limit("header_bytes") or b"\x00" in line or line.startswith(COMPRESSED):
        raise SourceError(
            name, "does not start with a line of text", row=1, remedy="Fetch the file again, and unpack it."
        )
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(
            name,
            "is not valid UTF-8",
            row=1,
            value=line[error.start : error.end],
            remedy="Fetch the file again, and unpack it.",
        ) from None


def check_header(text: Text, name: str, layouts: Mapping[tuple[str, ...], BulkFormat]) -> BulkFormat:
    """The format whose columns are the first line of a file.

    Raises:
        SourceError: the header is none of ``layouts``; names what is missing and what is unknown against the
            first of them.
    """
    expected, chosen = next(iter(layouts.items()))
    found = tuple(first_line(text, name).split(chosen.separator))
    if found in layouts:
        return layouts[found]
    raise wrong_header(name, found, expected, row=1, remedy=as_published(chosen.publisher))


def same_format(formats: Sequence[BulkFormat], names: Sequence[str]) -> BulkFormat:
    """The one format of several files.

    Raises:
        SourceError: no file, or files of different layouts.
    """
    if not formats:
        raise SourceError("(none)", "no file to scan", remedy="Name at least one file.")
    for format_, name in zip(formats, names, strict=True):
        if format_ is not formats[0]:
            raise SourceError(
                name,
                f"has another layout than {names[0]}",
                remedy="Scan files of one layout together, and others apart.",
            )
    return formats[0]


@dataclass(frozen=True)
class Survey:
    """What the bytes of several files say before they are read.

    Attributes:
        n_rows: rows over all files.
        faulty: numbers of the rows, from 0 over all files, whose line has too few or too many fields, is not
            UTF-8, or has a carriage return inside.
        has_undecodable: whether any line is not UTF-8.
    """

    n_rows: int
    faulty: tuple[int, ...]
    has_undecodable: bool


def survey(texts: Sequence[Text], names: Sequence[str], format_: BulkFormat) -> Survey:
    """Count the fields of every line.

    Args:
        texts: the files in order.
        names: their names for errors.
        format_: their format.

    Raises:
        SourceError: as :func:`first_line`, a line is longer than the limit ``line_bytes``, or too many are faulty.
    """
    n_rows, has_undecodable = 0, False
    faulty: list[int] = []
    for text, name in zip(texts, names, strict=True):
        first_line(text, name)
        first = n_rows - format_.n_header_lines
        n_lines = 0
        for block in blocks_of_lines(text, name):
            odd, undecodable, n = faulty_lines(
                block, separator=format_.separator, n_columns=len(format_.columns)
            )
            found = np.union1d(odd, undecodable) + first + n_lines
            faulty.extend(int(row) for row in found if row >= n_rows)
            has_undecodable |= bool(len(undecodable))
            n_lines += n
            check_few(len(faulty), n_rows + n_lines, name)
        n_rows += max(n_lines - format_.n_header_lines, 0)
    return Survey(n_rows, tuple(faulty), has_undecodable)


def scan_bulk(
    texts: Sequence[Text],
    format_: BulkFormat,
    *,
    surveyed: Survey | None,
) -> pl.LazyFrame:
    """Scan files of one format as one stream.

    Args:
        texts: the files in order.
        format_: their format; headers have been checked.
        surveyed: what :func:`survey` found. Without it only the stream itself tells: a line that is short of
            a filled last column, or whose first surplus field is filled, is doubtful; a longer line whose
            first surplus field is empty is cut unnoticed, and bytes that are not UTF-8 become null or stop
            the scan.

    Returns:
        The typed columns, ``row`` (number of the row over all files, from 0) and ``sure``. Rows that are not
        sure are for :func:`judge`.

    Raises:
        polars.exceptions.PolarsError: while running without a survey, where a column that is read is not
        UTF-8.
    """
    lossy = surveyed is not None and surveyed.has_undecodable
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(format_.columns, pl.String)
    schema |= {name: direct.dtype for name, direct in format_.direct.items()}
    texted = pl.scan_csv(
        list(texts),  # type: ignore[arg-type]  # a list of files or a list of bytes, never both
        has_header=False,
        separator=format_.separator,
        quote_char=None,
        skip_lines=format_.n_header_lines,
        schema={**schema, _OVERFLOW: pl.String},
        encoding="utf8-lossy" if lossy else "utf8",
        ignore_errors=bool(format_.direct),
        extra_columns="ignore",
        missing_columns="insert",
        row_index_name=ROW,
        glob=False,
    )
    if surveyed is None:
        whole = pl.col(format_.columns[-1]).is_not_null() & pl.col(_OVERFLOW).is_null()
    elif surveyed.faulty:
        whole = ~pl.col(ROW).is_in(pl.Series(surveyed.faulty, dtype=pl.UInt32).implode())
    else:
        whole = pl.lit(True)
    tests = [check.ok for check in format_.checks if check.column not in format_.direct]
    tests += [direct.ok for direct in format_.direct.values()]
    passed = [test.fill_null(False) for test in tests]
    return (
        texted.with_columns(**format_.typed)
        .with_columns(pl.all_horizontal(whole, *passed).alias(SURE))
        .select(ROW, SURE, *format_.typed)
    )


def read_bulk(
    path: Path,
    format_: BulkFormat,
    *,
    source_id: str,
    data: bytes | None = None,
    name: str | None = None,
) -> Rows:
    """Read one file whole.

    Args:
        path: the file.
        format_: its format; the header has been checked.
        source_id: id of the source it belongs to.
        data: its bytes, where it is a member of an archive.
        name: name for errors, where it is not the name of ``path``.

    Returns:
        Accepted: ``row`` (Int64, line of the file) and the typed columns. Rejected: quarantined lines.

    Raises:
        SourceError: not text, a line longer than the limit ``line_bytes``, or too many faulty lines.
    """
    text: Text = path if data is None else data
    name = path.name if name is None else name
    scanned = _scanned_whole(text, name, format_)
    if scanned is None:
        scanned = _scanned_after_survey(text, name, format_)
    line = (pl.col(ROW).cast(pl.Int64) + 1 + format_.n_header_lines).alias(ROW)
    scanned = scanned.with_columns(line)
    if scanned[SURE].all():
        return Rows(scanned.drop(SURE), empty_quarantine())
    accepted = scanned.filter(SURE).drop(SURE)
    doubtful = scanned.filter(~pl.col(SURE))[ROW]
    check_few(len(doubtful), len(scanned), name)
    judged = judge_lines(text, name, doubtful.to_list(), format_, source_id=source_id)
    accepted = pl.concat([accepted, judged.accepted.select(accepted.columns)]).sort(ROW)
    return Rows(accepted, judged.rejected).check(len(scanned), name)


def read_encoded(
    data: bytes,
    name: str,
    columns: Sequence[str],
    separator: Literal[",", "\t"],
    *,
    wanted: Sequence[str],
    words: Sequence[str],
    numbers: Sequence[str] = (),
) -> pl.DataFrame | None:
    """Some columns of a text with a header and without quotes, those of few distinct cells encoded.

    Args:
        data: the text.
        name: name for errors.
        columns: all columns in order; the last is filled in a usual row.
        separator: between them.
        wanted: the columns that are given.
        words: those of them that are encoded, see :mod:`retorsion.sources.text.words`.
        numbers: those of them that are read as numbers at once.

    Returns:
        ``row`` (line) and the columns, empty cells null; None where a line may have another number of cells,
        or one of the numbers is none.
    """
    n_lines = lines_by_sums(data, name, separator=separator, n_columns=len(columns))
    if n_lines is None or n_lines < 2:
        return None
    schema: dict[str, pl.DataType] = dict.fromkeys(columns, pl.String())
    schema |= {column: word_type() for column in words} | dict.fromkeys(numbers, pl.Float64())
    read = list(dict.fromkeys((*wanted, columns[-1])))
    try:
        frame = pl.scan_csv(data, separator=separator, quote_char=None, schema=schema).select(read).collect()
    except POLARS_FAULTS:
        return None
    whole = frame.select(columns[-1], *numbers).null_count().row(0)
    if len(frame) != n_lines - 1 or any(whole):
        return None
    lines = pl.int_range(2, n_lines + 1, dtype=pl.Int64, eager=True).alias(ROW)
    return frame.select(lines, *wanted)


def _scanned_whole(text: Text, name: str, format_: BulkFormat) -> pl.DataFrame | None:
    """The rows of a file in which every line has its fields and every row is sure, or None: survey it."""
    first_line(text, name)
    n_lines = lines_by_sums(text, name, separator=format_.separator, n_columns=len(format_.columns))
    if n_lines is None or n_lines <= format_.n_header_lines:
        return None
    try:
        scanned = scan_bulk([text], format_, surveyed=None).collect(engine="streaming")
    except POLARS_FAULTS:
        return None
    return scanned if len(scanned) == n_lines - format_.n_header_lines and scanned[SURE].all() else None


def _scanned_after_survey(text: Text, name: str, format_: BulkFormat) -> pl.DataFrame:
    surveyed = survey([text], [name], format_)
    try:
        scanned = scan_bulk([text], format_, surveyed=surveyed).collect(engine="streaming")
    except POLARS_FAULTS as error:
        raise SourceError(
            name, f"cannot be read as lines of text ({error})", remedy="Fetch the file again, and unpack it."
        ) from None
    assert len(scanned) == surveyed.n_rows, f"{name}: {surveyed.n_rows} lines, but {len(scanned)} rows"
    return scanned


def judge(paths: Sequence[Path], doubtful: pl.Series, format_: BulkFormat, *, source_id: str) -> Rows:
    """Judge the rows of a scan that are not sure.

    Args:
        paths: the files that were scanned, in the same order.
        doubtful: ``row`` of the rows that are not sure.
        format_: their format.
        source_id: id of the source.

    Returns:
        Accepted: ``row`` as in the scan and the typed columns, to be added to the sure rows. Rejected:
        quarantined lines with their file and line.
    """
    parts: list[Rows] = []
    left = sorted(doubtful.to_list())
    first = 0
    for path in paths:
        if not left:
            break
        end = first + max(count_lines(path, path.name) - format_.n_header_lines, 0)
        offset = first - format_.n_header_lines - 1
        lines = [row - offset for row in left if row < end]
        left = left[len(lines) :]
        first = end
        if lines:
            found = judge_lines(path, path.name, lines, format_, source_id=source_id)
            parts.append(Rows(found.accepted.with_columns(pl.col(ROW) + offset), found.rejected))
    assert not left, "a doubtful row is in none of the files"
    if not parts:
        return judge_lines(b"", "(none)", [], format_, source_id=source_id)
    return Rows(pl.concat([p.accepted for p in parts]), pl.concat([p.rejected for p in parts]))


def judge_lines(text: Text, name: str, lines: Sequence[int], format_: BulkFormat, *, source_id: str) -> Rows:
    """Judge single lines of one file, exactly.

    Args:
        text: the file or its bytes.
        name: name for errors.
        lines: 1-based numbers in ascending order.
        format_: its format.
        source_id: id of the source.

    Returns:
        Accepted: ``row`` (line) and typed columns. Rejected: every other line of ``lines``.
    """
    n_columns = len(format_.columns)
    whole: list[tuple[int | str | None, ...]] = []
    broken: list[tuple[str | int, ...]] = []
    for number, line in numbered_lines(text, name, lines):
        try:
            cells = line.decode("utf-8").split(format_.separator)
        except UnicodeDecodeError as error:
            broken.append(
                (
                    source_id,
                    name,
                    number,
                    "(line)",
                    repr(line[error.start : error.end]),
                    "is not valid UTF-8",
                    "Fetch the file again; if it is published so, ask the publisher.",
                    json.dumps(line.decode("utf-8", "backslashreplace"), ensure_ascii=False),
                )
            )
            continue
        if len(cells) == n_columns:
            whole.append((number, *(cell or None for cell in cells)))
        else:
            broken.append(
                (
                    source_id,
                    name,
                    number,
                    f"{_FIELD}{len(cells)}",
                    cells[-1][:200],
                    f"has {len(cells)} fields where the layout has {n_columns}",
                    "Compare the line with the publisher's; the file may be cut short or altered.",
                    json.dumps(cells, ensure_ascii=False),
                )
            )
    text_schema = pl.Schema({ROW: pl.Int64, **dict.fromkeys(format_.columns, pl.String)})
    frame = pl.DataFrame(whole, schema=text_schema, orient="row")
    # sift writes every column of the frame as raw, so that tests over typed columns are made literal first.
    typed = frame.with_columns(**format_.typed)
    passed = typed.select(check.ok.fill_null(False).alias(str(i)) for i, check in enumerate(format_.checks))
    literal = [
        Check(check.column, pl.lit(passed[str(i)]), check.reason, check.remedy)
        for i, check in enumerate(format_.checks)
    ]
    sifted = sift(frame, literal, source_id=source_id, file=name, are_counted=True)
    accepted = sifted.accepted.with_columns(**format_.typed).select(ROW, *format_.typed)
    ragged = pl.DataFrame(broken, schema=QUARANTINE_SCHEMA, orient="row")
    rejected = pl.concat([sifted.rejected, ragged]).sort(ROW)
    return Rows(accepted, rejected).check(len(lines), name)


def ragged(rejected: pl.DataFrame) -> bool:
    """Whether a line is among those that :func:`judge` rejected for its number of fields."""
    return bool(rejected["column"].str.starts_with(_FIELD).any())


def first_day(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """First day of a month as a date; null where there is no such month or the year is not of four digits."""
    exists = year.is_between(1, 9999) & month.is_between(1, 12)
    return pl.date(pl.when(exists).then(year), pl.when(exists).then(month), 1)
