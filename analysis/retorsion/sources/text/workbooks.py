"""Sheets of workbooks (xlsx) as text, within bounds.

A sheet says at which place a cell stands and which text of a common table it shows. So a small file can ask for a
table of a billion cells, or for a long text a million times. What it asks for is counted before it is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from xml.parsers import expat

import fastexcel
import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.text.archives import read_member, read_members, zip_names

#: The member by which a workbook is known.
CONTENTS = "xl/workbook.xml"
_T = TypeVar("_T")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_AGAIN = "Fetch the file again."


def open_workbook(path: Path, *, remedy: str = _AGAIN) -> fastexcel.ExcelReader:
    """A workbook that may be read: whole, without a document type, and within the limits.

    Args:
        path: the file.
        remedy: what to do if it is none, a full sentence.

    Raises:
        SourceError: it is none, is damaged, has no sheet, or is beyond the limits.
    """
    members = dict(read_members(path, within="sheet_bytes"))
    if CONTENTS not in members:
        raise SourceError(path.name, "is no workbook (xlsx)", remedy=remedy)
    _check_members(members, path.name, remedy)
    book: fastexcel.ExcelReader = _read(lambda: fastexcel.read_excel(path.read_bytes()), path, remedy)
    if not book.sheet_names:
        raise SourceError(path.name, "is no readable workbook (it has no sheet)", remedy=remedy)
    return book


def sheet_of(
    book: fastexcel.ExcelReader, sheet: int | str, path: Path, *, remedy: str = _AGAIN
) -> pl.DataFrame:
    """Cells of a sheet as text, without a header and from its first row on; empty ones are null.

    Raises:
        SourceError: it cannot be read.
    """
    return _read(
        lambda: book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars(),
        path,
        remedy,
    )


def is_hidden(book: fastexcel.ExcelReader, sheet: str, path: Path) -> bool:
    """Whether a program does not show a sheet. Raises SourceError if it cannot be read."""
    return _read(lambda: book.load_sheet(sheet, n_rows=0, dtypes="string").visible != "visible", path, _AGAIN)


def is_workbook(path: Path) -> bool:
    """Whether a zip is a workbook (xlsx), whatever it is called. Raises SourceError if it is damaged."""
    return CONTENTS in zip_names(path)


def counts_from_1904(path: Path) -> bool:
    """Whether the days of a workbook are counted from 1904, as programs on Macintosh once did."""
    start = read_member(path, CONTENTS, within="sheet_bytes")
    return re.search(rb"""<(?:\w+:)?workbookPr\b[^>]*\bdate1904=["'](?:1|true)["']""", start) is not None


def workbook_rows(path: Path) -> list[tuple[str, list[tuple[str | None, ...]]]]:
    """Name and rows of each sheet that is not hidden, cells as text without blanks around them; empty ones are None.

    Raises:
        SourceError: as :func:`open_workbook`.
    """
    book = open_workbook(path)
    shown = [name for name in book.sheet_names if not is_hidden(book, name, path)] or book.sheet_names
    return [(name, _rows(sheet_of(book, name, path))) for name in shown]


def _rows(sheet: pl.DataFrame) -> list[tuple[str | None, ...]]:
    return [tuple((cell.strip() or None) if cell else None for cell in row) for row in sheet.iter_rows()]


def _read(read: Callable[[], _T], path: Path, remedy: str) -> _T:
    """What the reading library gives; its faults, also those that arrive as a panic, are ours."""
    try:
        return read()
    except (OSError, ValueError, fastexcel.FastExcelError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        reason = "its parts do not fit one another"
    raise SourceError(path.name, f"is no readable workbook ({reason})", remedy=remedy)


def _check_members(members: dict[str, bytes], file: str, remedy: str) -> None:
    lengths: list[int] = []
    common_first = sorted(members, key=lambda name: (not name.endswith("sharedStrings.xml"), name))
    for name in common_first:
        if not name.endswith((".xml", ".rels")) and b"sheetData" not in members[name]:
            continue
        if b"<!DOCTYPE" in members[name] or b"<!ENTITY" in members[name]:
            raise SourceError(file, f"declares a document type in {name}", remedy=remedy)
        part = _Part(f"{file}/{name}", lengths)
        try:
            part.parser.Parse(members[name], True)
        except (expat.ExpatError, ValueError) as error:
            raise SourceError(file, f"is no readable workbook ({name}: {error})", remedy=remedy) from None
        lengths = lengths or part.lengths


class _Part:
    """What one part of a workbook asks for: lengths of common texts, or the cells that a sheet fills."""

    def __init__(self, file: str, common: list[int]) -> None:
        self.file, self.common = file, common
        self.lengths: list[int] = []
        self._row = self._column = self._last_row = self._last_column = 0
        self._n_text = 0
        self._is_common = False
        self._number: list[str] | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "si":
                self.lengths.append(0)
            case "row":
                self._row, self._column = self._row + 1, 0
                if (given := attributes.get("r")) is not None:
                    self._row = self._place(f"A{given}")[1]
            case "c":
                self._column += 1
                if (given := attributes.get("r")) is not None:
                    self._column, self._row = self._place(given)
                self._is_common = attributes.get("t") == "s"
            case "v" | "is" | "f":
                self._fill()
                self._number = [] if self._is_common else None

    def _place(self, given: str) -> tuple[int, int]:
        found = _PLACE.fullmatch(given.upper())
        if found is None:
            raise ValueError(f"{given[:20]!r} is no place of a cell")
        column = 0
        for letter in found[1]:
            column = 26 * column + ord(letter) - 64
        return column, int(found[2])

    def _fill(self) -> None:
        """Count the rectangle up to this cell, which is what takes memory."""
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if (n := self._last_row * self._last_column) > limit("sheet_cells"):
            problem = f"fills {self._last_row} rows and {self._last_column} columns, {n} cells"
            raise too_much("sheet_cells", self.file, problem, "Save the sheet without what lies far outside.")

    def _data(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)
        if self._number is not None:
            self._number.append(text)

    def _end(self, name: str) -> None:
        if self._number is None or name.rpartition(":")[2] != "v":
            return
        number = "".join(self._number).strip()
        self._number = None
        if number.isascii() and number.isdigit() and len(number) < 10 and int(number) < len(self.common):
            self._n_text += self.common[int(number)]
        if self._n_text > limit("sheet_text"):
            raise too_much("sheet_text", self.file, "repeats long texts", "Save the sheet as CSV in UTF-8.")
