"""What a file may hold at most: one table for all readers, each bound with its reason.

A file that nobody has seen yet may be damaged, or made to fill the memory of who opens it. Every bound is met before
what it bounds is in memory. A file that is right and still beyond a bound is read with that bound raised:
``limits: {rows: 50000000}`` in the sidecar of its source, or ``--option 'limits={rows: 50000000}'`` of ``look`` and
of ``add``, which writes it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retorsion.errors import RetorsionError, SourceError, did_you_mean


@dataclass(frozen=True)
class Limit:
    """A bound.

    Attributes:
        most: the largest number that is accepted.
        of: what is counted.
        reason: why it is this number.
    """

    most: int
    of: str
    reason: str


LIMITS: Mapping[str, Limit] = {
    "file_bytes": Limit(
        2**29,
        "bytes of a list or table, unpacked",
        "It is read whole, and takes twice its size. The largest list that agencies publish has half of it.",
    ),
    "bulk_bytes": Limit(
        2**32,
        "bytes of a packed file of events or customs lines, unpacked",
        "It is unpacked in memory. A year of events has a quarter of it. Text that is not packed is read as a stream.",
    ),
    "ratio": Limit(
        50,
        "bytes unpacked from one byte, beyond the first 64 MiB",
        "Tables shrink to a tenth, at the most to a fortieth. What shrinks more is one byte over and over.",
    ),
    "members": Limit(10_000, "files in an archive", "Publications have a few dozen."),
    "directory_bytes": Limit(
        2**22, "bytes of the list of files in an archive", "It is read before anything else of the archive."
    ),
    "recorded_bytes": Limit(
        2**26, "bytes of a file of recorded facts", "People write it. The largest has a hundredth of it."
    ),
    "line_bytes": Limit(2**24, "bytes of a line", "A longer one means that the file is no table."),
    "header_bytes": Limit(2**16, "bytes of a line of column names", "The widest known has 2,000."),
    "columns": Limit(1000, "columns of a table", "The widest known has 120."),
    "rows": Limit(2**22, "rows of a table that is read whole", "Each takes up to two hundred bytes of memory."),
    "cell_bytes": Limit(2**17, "bytes of a cell", "The longest in any published list has a hundredth of it."),
    "faulty_lines": Limit(
        100_000,
        "blank or faulty lines, where they are more than a tenth of the lines",
        "Each is kept with its reason. So many mean that the file is another one.",
    ),
    "ragged_rows": Limit(
        1000,
        "rows of another width than the header, where they are most of the rows",
        "Each is kept with its reason. So many mean that the file is another one.",
    ),
    "json_bytes": Limit(
        2**28, "bytes of a file of JSON, unpacked", "It is read whole, and takes three times its size and more."
    ),
    "json_values": Limit(2**23, "values in a file of JSON", "Each takes up to a hundred bytes of memory."),
    "json_depth": Limit(64, "brackets of JSON inside one another", "Publications have six."),
    "subjects": Limit(2**20, "records of a list in XML", "The longest list has half of it, each of some kilobytes."),
    "record_bytes": Limit(
        12 * 2**20, "bytes of one record of XML", "A record is in memory as a whole, at ten times its size."
    ),
    "sheet_bytes": Limit(2**27, "bytes of a workbook, unpacked", "The largest known has a tenth of it."),
    "sheet_cells": Limit(
        2**22,
        "cells of the rectangle that a sheet fills",
        "Memory is taken for the rectangle, however few of its cells are filled.",
    ),
    "sheet_text": Limit(2**27, "bytes of text in a sheet", "A text that many cells share is copied for each."),
    "parquet_cells": Limit(2**26, "cells of a Parquet file", "Each takes at least sixteen bytes of memory."),
    "sqlite_bytes": Limit(2**20, "bytes of a value in a database", "Names of states are the longest."),
    "download_bytes": Limit(
        2**31,
        "bytes of a first download",
        "Nothing is known of its size yet. A later vintage may have four times the size of the pinned one.",
    ),
    "page_bytes": Limit(2**22, "bytes of a page that is searched for a link", "The largest has a tenth of it."),
    "yaml_bytes": Limit(2**20, "bytes of a file of YAML", "Facts belong into tables. The largest has a tenth of it."),
    "yaml_depth": Limit(20, "brackets of YAML inside one another", "The project's own files have six."),
}  # fmt: skip

_raised: dict[str, int] = {}


def limit(name: str) -> int:
    """The largest number that is accepted now."""
    return _raised.get(name, LIMITS[name].most)


@contextmanager
def raised(given: Mapping[str, int]) -> Iterator[None]:
    """Read with other bounds.

    Args:
        given: bounds by name, as :func:`checked` gives them.
    """
    before = dict(_raised)
    _raised.update(given)
    try:
        yield
    finally:
        _raised.clear()
        _raised.update(before)


def checked(given: object, where: str) -> dict[str, int]:
    """Bounds that a user gives.

    Args:
        given: by name, numbers or text of numbers.
        where: for the message, such as ``--option``.

    Raises:
        RetorsionError: there is no such bound, or it is no whole number above 0.
    """
    if not isinstance(given, Mapping):
        raise RetorsionError(f"{where}: limits are written {{name: NUMBER}}, such as {{rows: 50000000}}")
    found = {}
    for name, value in given.items():
        if name not in LIMITS:
            raise RetorsionError(
                f"{where}: there is no limit {str(name)[:80]!r}.{did_you_mean(str(name), LIMITS)} "
                f"The limits are: {', '.join(LIMITS)}"
            )
        text = str(value)
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 16 and int(text)):
            raise RetorsionError(f"{where}: {name} is {text[:80]!r}. Write a whole number above 0, in digits")
        found[name] = int(text)
    return found


def too_much(
    name: str,
    file: Path | str,
    problem: str,
    remedy: str,
    *,
    row: int | None = None,
    column: str | None = None,
) -> SourceError:
    """The error for a file beyond a bound.

    Args:
        name: of the bound.
        file: name of the file.
        problem: what is too much, without the bound.
        remedy: what to do if the file is wrong, a full sentence.
        row: line, where it is known.
        column: column, where it is known.
    """
    return SourceError(
        file,
        f"{problem}, more than the limit {name} ({limit(name)} {LIMITS[name].of})",
        row=row,
        column=column,
        remedy=f"{remedy} If it is right, raise the limit: --option 'limits={{{name}: NUMBER}}', or limits in its "
        "sidecar.",
    )


def as_lines() -> list[str]:
    """The table of bounds in Markdown, as `retorsion look --limits` and the documentation print it."""
    rows = [f"| `{name}` | {one.most:,} | {one.of} | {one.reason} |" for name, one in LIMITS.items()]
    return ["| limit | at most | of what | why |", "|---|---:|---|---|", *rows]
