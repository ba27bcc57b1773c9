"""Sheets of workbooks as text, within bounds."""

from __future__ import annotations

from pathlib import Path

import fastexcel

from retorsion.errors import SourceError
from retorsion.sources.text.archives import read_members

#: Largest size to which a workbook may unpack.
MAX_UNPACKED = 2**28


def workbook_rows(path: Path) -> list[tuple[str, list[tuple[str | None, ...]]]]:
    """Name and rows of each sheet, cells as text without blanks around them; empty ones are None.

    Raises:
        SourceError: not a workbook (xlsx, xls, ods), one without a sheet, or one that unpacks to too much.
    """
    try:
        with path.open("rb") as file:
            is_zip = file.read(4) == b"PK\x03\x04"
        if is_zip:
            for _ in read_members(path, max_bytes=MAX_UNPACKED):
                pass
        book = fastexcel.read_excel(path)
        if not book.sheet_names:
            raise ValueError("it has no sheet")
        return [(name, _rows(book, name)) for name in book.sheet_names]
    except (OSError, fastexcel.FastExcelError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise SourceError(
            path.name, f"is not a readable workbook ({reason})", remedy="Fetch the file again."
        ) from None


def _rows(book: fastexcel.ExcelReader, name: str) -> list[tuple[str | None, ...]]:
    frame = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    return [tuple((cell.strip() or None) if cell else None for cell in row) for row in frame.iter_rows()]
