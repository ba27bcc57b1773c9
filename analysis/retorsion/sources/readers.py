"""The readers of published files: one name each, as sidecars write it, and how to know a file of theirs.

A source names its reader in its sidecar, and the name leads to the module of
:mod:`retorsion.sources.formats` that holds the reader and its registration, ``READERS``: only that module is
imported. Whoever brings a file need not know the name: :func:`recognise` looks at the first bytes. To add a
format, write its module; nothing else has to know of it.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from html import unescape
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import BinaryIO, Literal, cast

import polars as pl

from retorsion.errors import SourceError, did_you_mean
from retorsion.sources.rows import Rows
from retorsion.sources.text.archives import (
    DAMAGED,
    decompressed,
    first_bytes,
    in_utf_8,
    is_data,
    is_packed,
    opened_zip,
    packed_twice,
)
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.signatures import foreign, is_page

#: What the rows of a file are, and so which table they may become.
Kind = Literal["list", "flows", "interventions", "cases", "events", "rates", "record"]

#: The package of formats.
FORMATS = "retorsion.sources.formats"

#: Bytes of a file that are looked at.
HEAD_BYTES = 1 << 16

#: Columns of a list that differ from vintage to vintage without any change of a subject.
NOT_OF_THE_SUBJECT = ("row", "n_rows", "first_seen", "last_seen", "last_change")


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        name: its name.
        members: names of the members, if it is a zip or a folder.
        start: first bytes, those of the first data member of a zip, unpacked from gzip.
        sheets: names of the sheets, if it is a workbook (xlsx).
    """

    name: str
    members: tuple[str, ...]
    start: bytes
    sheets: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The first lines as text; bytes that are no UTF-8 stay readable."""
        return self.start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").splitlines()

    @property
    def root(self) -> str | None:
        """Name of the outermost element of an XML file, without its prefix; None of any other file."""
        start = self.start.removeprefix(codecs.BOM_UTF8).lstrip()
        start = re.sub(rb"\A(<\?.*?\?>\s*|<!--.*?-->\s*)*", b"", start, flags=re.DOTALL)
        found = re.match(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]", start)
        return found[1].decode() if found else None

    def cells(self, separator: str = ",", line: int = 0) -> list[str]:
        """Cells of one of the first lines."""
        lines = self.lines
        if len(lines) <= line or len(lines[line]) > csv.field_size_limit():
            return []
        try:
            return next(csv.reader([lines[line]], delimiter=separator), [])
        except csv.Error:
            return []


def as_they_are(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of most lists: each is a subject."""
    return rows


@dataclass(frozen=True)
class Reader:
    """One published format.

    Attributes:
        name: as in the field ``reader`` of a sidecar; it leads to its module, see :func:`module_of`.
        kind: what its rows are.
        what: the publication, in words.
        read: the function: path and ``source_id`` in, rows out.
        is_it: whether a file that begins so is in this format.
        key: columns that number an accepted row, by which two vintages are compared; empty where none do.
        options: names of parameters of ``read`` that only the user can give.
        subjects: for a list, what makes subjects of its rows, one row each, where they are not that already.
    """

    name: str
    kind: Kind
    what: str
    read: Callable[..., Rows]
    is_it: Callable[[Head], bool]
    key: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    subjects: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are


@dataclass(frozen=True)
class Beginning:
    """How a file of a format begins.

    Attributes:
        medium: what such a file is, such as CSV or XML.
        names: what its beginning names: columns, the outermost element, sheets.
        fits: the test of a file's beginning.
    """

    medium: str
    names: tuple[str, ...]
    fits: Callable[[Head], bool]

    def __call__(self, head: Head) -> bool:
        """Whether a file begins so."""
        return self.fits(head)


def header(*columns: str, separator: str = ",", line: int = 0) -> Beginning:
    """A file one of whose first lines has these columns; others are for the reader to name.

    Args:
        columns: the columns.
        separator: what the publisher parts them by; other programs may have saved them with another mark.
        line: which of the first lines it is.
    """

    def fits(head: Head) -> bool:
        wanted, marks = set(columns), dict.fromkeys((separator, *SEPARATORS))
        return any(wanted <= {cell.strip() for cell in head.cells(mark, line)} for mark in marks)

    return Beginning("CSV", columns, fits)


def root(*names: str) -> Beginning:
    """An XML file whose outermost element is one of these, and that names the others near its beginning."""
    return Beginning(
        "XML", names, lambda head: head.root == names[0] and all(n.encode() in head.start for n in names[1:])
    )


def starts(pattern: str) -> Callable[[Head], bool]:
    """Test that the first bytes, without a byte-order mark, match a regular expression."""
    compiled = re.compile(pattern.encode())
    return lambda head: compiled.match(head.start.removeprefix(codecs.BOM_UTF8)) is not None


@cache
def formats() -> tuple[str, ...]:
    """Names of the modules of formats, without importing any."""
    return tuple(sorted(module.name for module in iter_modules(import_module(FORMATS).__path__)))


def module_of(name: str) -> str:
    """Full name of the module that holds a reader; its file is the one on which a build with it depends.

    A reader is named like its module, or begins with the module's name and an underscore; of several such
    modules it is the one with the longest name.

    Args:
        name: of the reader.

    Raises:
        KeyError: there is no such module.
    """
    fitting = [one for one in formats() if name == one or name.startswith(f"{one}_")]
    if not fitting:
        raise KeyError(name)
    return f"{FORMATS}.{max(fitting, key=len)}"


def _readers_in(module: str) -> tuple[Reader, ...]:
    found: tuple[Reader, ...] = getattr(import_module(module), "READERS", ())
    for one in found:
        assert module_of(one.name) == module, f"the name of the reader {one.name} does not lead to {module}"
    return found


@cache
def readers() -> dict[str, Reader]:
    """Every reader by its name. This imports all formats."""
    return {one.name: one for name in formats() for one in _readers_in(f"{FORMATS}.{name}")}


def reader(name: str, file: Path | str) -> Reader:
    """The reader that a sidecar names. Only its own format is imported.

    Args:
        name: the field ``reader``.
        file: the sidecar, for the message.

    Raises:
        SourceError: there is none of this name.
    """
    try:
        return next(one for one in _readers_in(module_of(name)) if one.name == name)
    except (KeyError, StopIteration):
        raise SourceError(
            file,
            "is not the name of a reader of published files",
            column="reader",
            value=name,
            remedy=f"Use one of: {', '.join(sorted(readers()))}.{did_you_mean(name, readers())}",
        ) from None


def recognise(path: Path) -> Reader:
    """The one reader whose format a file begins in.

    Args:
        path: the file.

    Raises:
        SourceError: it is missing, empty or a web page, or no reader or more than one knows it.
    """
    head = head_of(path)
    if is_page(head.start.removeprefix(codecs.BOM_UTF8)):
        raise SourceError(
            path.name,
            "is a web page, whatever its name ends in",
            remedy="Download the file that the page links to. If the page is the table, open it and save it as CSV.",
        )
    known = [one for one in readers().values() if one.is_it(head)]
    if len(known) == 1:
        return known[0]
    if known:
        raise SourceError(
            path.name,
            "could be in several formats",
            remedy=f"Name its reader with --reader: {', '.join(one.name for one in known)}.",
        )
    if odd := foreign(head.start, head.members):
        nearest = f" {_nearest(odd.medium, ())}" if odd.medium else ""
        raise SourceError(path.name, f"is {odd.what}", remedy=odd.remedy + nearest)
    if said := _answer(head.start):
        raise SourceError(
            path.name,
            "is the answer of a server that gave no data",
            value=said,
            remedy="Correct the query and ask again.",
        )
    medium, names = contents(head)
    least = "" if b"\n" in head.start else "at least "
    shown = ", ".join(names[:12]) + (f" and {least}{len(names) - 12} more" if len(names) > 12 else "")
    raise SourceError(
        path.name,
        f"is {medium}{f' with {shown}' if shown else ''}, in no format that a reader knows",
        remedy=_WIDE_TABLE
        if sum(map(bool, map(_PERIOD.fullmatch, names))) >= _WIDE
        else _nearest(medium, names),
    )


def _answer(start: bytes) -> str | None:
    """What the error of a server says that was saved as a file; None of any other file."""
    try:
        found = json.loads(start)
    except (ValueError, RecursionError):
        return None
    said = (
        [found[name] for name in ("message", "error", "detail") if name in found]
        if isinstance(found, dict)
        else []
    )
    return next((one[:200] for one in said if isinstance(one, str) and one), None)


def contents(head: Head) -> tuple[str, tuple[str, ...]]:
    """What a file is (CSV, XML, JSON, a workbook, a zip, text), and the names its beginning gives to its parts."""
    start = head.start.removeprefix(codecs.BOM_UTF8).lstrip()
    if head.sheets:
        return "a workbook", tuple(f"the sheet {name!r}" for name in head.sheets)
    if head.members and not start:
        return "a folder", head.members
    if head.root is not None:
        return "XML", (head.root,)
    if start[:1] in (b"{", b"["):
        keys = re.findall(rb'"([A-Za-z_][\w .-]{0,60})"\s*:', start[:4096])
        return "JSON", tuple(dict.fromkeys(key.decode() for key in keys))
    line = head.lines[0] if head.lines else ""
    separator = max(",;\t|", key=line.count)
    cells = tuple(cell.strip() for cell in head.cells(separator))
    if len(cells) < 2:
        return ("a zip" if head.members else "text"), head.members
    if any(re.fullmatch(r"-?[0-9][0-9.,/-]*", cell) and not _PERIOD.fullmatch(cell) for cell in cells):
        return f"CSV without a header, {len(cells)} columns wide", ()
    return "CSV", cells


#: A year or month as the name of a column, and how many of them make a table wide.
_PERIOD = re.compile(r"(?:19|20)[0-9]{2}(?:[-/M]?(?:0[1-9]|1[0-2]))?")
_WIDE = 2

#: How like a known format a file must be for the format to be named.
_ALIKE = 0.25


_WIDE_TABLE = (
    "It has periods for columns. Write it with one row for each period, in columns named period and value, and read it "
    "with --reader tidy_flows or tidy_events."
)


def _nearest(medium: str, names: tuple[str, ...]) -> str:
    """The two formats that are most like a file, and what differs."""
    known = [(one, one.is_it) for one in readers().values() if isinstance(one.is_it, Beginning)]
    plain = {name.casefold() for name in names}

    def likeness(beginning: Beginning) -> float:
        shared = sum(name.casefold() in plain for name in beginning.names) / len(beginning.names)
        close = sum(bool(get_close_matches(name, names, n=1, cutoff=0.8)) for name in beginning.names) / len(
            beginning.names
        )
        return shared + close / 2 + (beginning.medium == medium) / 4

    # Of formats that are equally like it, those that agencies publish come before those of this project's record.
    ranked = sorted(known, key=lambda pair: (-likeness(pair[1]), pair[0].kind == "record", pair[0].name))[:2]
    best = likeness(ranked[0][1])
    if best < _ALIKE + 0.1 * (medium == "CSV"):  # that a file is CSV says nothing, nor one column of many
        return (
            "No known format is like it. A table of one's own is read with --reader tidy_flows or tidy_events; "
            "or bring its rows into a known format, or write a reader for it."
        )
    told = []
    for one, beginning in ranked:
        missing = [name for name in beginning.names if name not in names]
        what = {"XML": "the element", "JSON": "the field"}.get(beginning.medium, "the column")
        what += "s" * (len(missing) > 1)
        shown = ", ".join(missing[:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")
        differs = f"which has {what} {shown}" if missing else "which is laid out otherwise"
        told.append(f"{one.name} ({one.what}; {beginning.medium}, {differs})")
    return f"The nearest formats are {' and '.join(told)}. If it is one of them, name it with --reader."


def head_of(path: Path) -> Head:
    """The beginning of a file, bounded in size.

    Raises:
        SourceError: it is missing, empty, or a damaged archive.
    """
    if path.is_dir():
        if not any(path.iterdir()):
            raise SourceError(path.name, "is a folder without any file", remedy="Name the file itself.")
        return Head(path.name, tuple(sorted(one.name for one in path.iterdir())), b"")
    try:
        with path.open("rb") as file:
            start = in_utf_8(decompressed(file).read(HEAD_BYTES), path.name, is_whole=False)
        if not start.strip():
            raise SourceError(path.name, "the file is empty", remedy="Fetch the file again.")
        if start.startswith(b"PK\x03\x04"):
            if not zipfile.is_zipfile(path) and is_packed(path) and first_bytes(path, 4) == start[:4]:
                raise packed_twice(path.name)
            with opened_zip(path) as archive:
                names = tuple(sorted(archive.namelist()))
                sheets = _sheets(archive) if _WORKBOOK in names else ()
                data = [name for name in names if is_data(name)] or names
                if sheets:  # what its first cells say is in these two
                    data = [name for name in _TEXTS_OF_SHEETS if name in names] or names
                first = next(n for n in data if not n.endswith("/"))
                with archive.open(first) as member:
                    start = decompressed(cast("BinaryIO", member)).read(HEAD_BYTES)
                    return Head(path.name, names, in_utf_8(start, first, is_whole=False), sheets)
    except (*DAMAGED, StopIteration) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it holds no file"
        raise SourceError(path.name, f"cannot be read ({reason})", remedy="Fetch the file again.") from None
    return Head(path.name, (), start)


_WORKBOOK = "xl/workbook.xml"
_TEXTS_OF_SHEETS = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml")


def _sheets(archive: zipfile.ZipFile) -> tuple[str, ...]:
    """Names of the sheets of a workbook, of those that the first bytes of its contents name."""
    with archive.open(_WORKBOOK) as member:
        text = member.read(HEAD_BYTES).decode("utf-8", "replace")
    return tuple(
        unescape(name) for name in re.findall(r"""<(?:\w+:)?sheet\s[^>]*?\bname=["']([^"']*)["']""", text)
    )
