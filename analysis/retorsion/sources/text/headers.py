"""What is wrong with the first line of a table, said in one way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retorsion.errors import SourceError

#: What parts the cells of a line, as publishers and other programs write it.
SEPARATORS = (",", ";", "\t", "|")


def wrong_header(
    file: Path | str, found: Sequence[str], expected: Sequence[str], *, row: int, remedy: str
) -> SourceError:
    """The error of a header that is not the expected one: which columns are missing, and which are unknown.

    Args:
        file: name of the file.
        found: its columns.
        expected: those of the layout, in order.
        row: line of the header.
        remedy: what to do, a full sentence.
    """
    missing = [name for name in expected if name not in found]
    unknown = [name[:80] for name in found if name not in expected]
    parts = (
        f"lacks the columns {missing}" if missing else "",
        f"has the unknown columns {unknown}" if unknown else "",
        "has its columns in another order or twice" if not missing and not unknown else "",
    )
    return SourceError(file, "; ".join(part for part in parts if part), row=row, remedy=remedy)


def as_published(publisher: str) -> str:
    """The remedy for a file whose publisher may have changed its layout."""
    return (
        f"Take the file as {publisher} publishes it; if it has changed its layout, the reader has to be changed "
        "first."
    )
