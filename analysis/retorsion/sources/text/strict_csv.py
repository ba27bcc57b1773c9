"""Strict reading of small CSV files: the bytes must be exactly what the layout says.

Everything is text, an empty cell is null, and every row keeps its line number, so that whatever is
found wrong later can be pointed at. Large files have readers of their own that stream.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.rows import ROW
from retorsion.sources.text.headers import wrong_header


def decode(data: bytes, file: Path | str) -> str:
    """Bytes of a text file as UTF-8 with LF line ends, or a :class:`SourceError` that names the line.

    A byte-order mark and CRLF line ends, as spreadsheets write them, are taken for what they are.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise SourceError(file, "the file is empty", remedy="Restore the file from its source.")
    if data.count(b"\r\n") == data.count(b"\n"):
        data = data.replace(b"\r\n", b"\n")
    for byte, name in ((b"\r", "a carriage return"), (b"\x00", "a NUL byte")):
        if (at := data.find(byte)) >= 0:
            line = data.count(b"\n", 0, at) + 1
            raise SourceError(file, f"contains {name}", row=line, remedy="Save it with LF line ends.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            file,
            "is not valid UTF-8",
            row=line,
            value=data[error.start : error.end],
            remedy="Save it as UTF-8.",
        ) from None


def read_strict_csv(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Read a CSV file (RFC 4180, comma, header) whose columns are known.

    Args:
        path: the file.
        columns: its columns in order.

    Returns:
        ``columns`` as text, empty cells null, and ``row``, the 1-based line; in file order.

    Raises:
        SourceError: wrong encoding or line ends, other columns than stated, a ragged or unclosed row, or
            a line break inside a cell; or no such file.
    """
    if not path.is_file():
        raise SourceError(
            path, "is missing", remedy=f"It holds {','.join(columns)}: write it, or restore it."
        )
    if (n_bytes := path.stat().st_size) > limit("recorded_bytes"):
        raise too_much("recorded_bytes", path.name, f"holds {n_bytes} bytes", "Restore the file.")
    text = decode(path.read_bytes(), path.name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if len(rows) + 1 != reader.line_num:
                raise SourceError(
                    path.name,
                    "a line break inside a cell",
                    row=len(rows) + 1,
                    remedy="Write the cell on one line.",
                )
            rows.append(row)
            if len(row) != len(columns):
                break  # what is not in the layout is not read to its end
    except csv.Error as error:
        raise SourceError(
            path.name,
            f"is not well-formed CSV ({error}; cells hold at most {csv.field_size_limit()} characters)",
            row=len(rows) + 1,
            remedy="Quote cells that contain commas or quotes, and double the quotes.",
        ) from None
    if rows[0] != list(columns):
        remedy = f"The layout is: {','.join(columns)}."
        raise wrong_header(path.name, rows[0], columns, row=1, remedy=remedy)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(columns):
            raise SourceError(
                path.name,
                f"has {len(row)} cells where the header has {len(columns)}",
                row=number,
                value=",".join(row)[:80],
                remedy="Quote cells that contain commas.",
            )
    data = {name: [row[i] or None for row in rows[1:]] for i, name in enumerate(columns)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String))
    return frame.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
