"""Large texts without quotes that another program has saved, as their publisher writes them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Mapping, Sequence

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.text.bulk_text import BulkFormat, Text
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.lines import opened


def as_published_text(
    text: Text, name: str, layouts: Mapping[tuple[str, ...], BulkFormat], *, widths: Collection[int] = ()
) -> Text:
    """A text as its publisher writes it, where another program has saved it.

    A byte-order mark, quotes around cells, another separator, another order of columns and columns without a
    name at the end mean nothing, and are taken away.

    Args:
        text: the file or its bytes.
        name: name for errors.
        layouts: formats by their columns.
        widths: numbers of columns of a text that its publisher writes without a header.

    Returns:
        ``text`` itself where there is nothing to take away, or where its columns are none of the layouts.

    Raises:
        SourceError: a cell holds what parts cells in the publisher's text, or the text is beyond the limit
            ``file_bytes``.
    """
    chosen = next(iter(layouts.values()))
    with opened(text, name) as stream:
        start = stream.readline(limit("header_bytes") + 1)
    line = start.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
    has_mark, separator = start.startswith(codecs.BOM_UTF8), chosen.separator.encode()
    if not has_mark and b'"' not in line and tuple(line.decode("latin-1").split(chosen.separator)) in layouts:
        return text
    used, header = max(((mark, _cells(line, mark)) for mark in SEPARATORS), key=lambda pair: len(pair[1]))
    named = [column.strip() for column in header]
    columns = next((one for one in layouts if sorted(one) == sorted(filter(None, named))), None)
    is_other = (
        columns is None and len(header) in widths and (used.encode() != separator or line.startswith(b'"'))
    )
    if columns is None and not has_mark and not is_other:
        return text
    with opened(text, name) as stream:
        data = stream.read(limit("file_bytes") + 1).removeprefix(codecs.BOM_UTF8)
    if len(data) > limit("file_bytes"):
        raise too_much(
            "file_bytes", name, "is too large to be read as another program saved it", _AS_PUBLISHED
        )
    if is_other:
        return _rewritten(data, name, used, chosen.separator, range(len(header)))
    if columns is None or (b'"' not in line and used.encode() == separator and tuple(named) == columns):
        return data
    return _rewritten(data, name, used, chosen.separator, [named.index(column) for column in columns])


_AS_PUBLISHED = "Take the file as published, not one saved by another program."


def _cells(line: bytes, separator: str) -> list[str]:
    try:
        return next(csv.reader([line.decode()], delimiter=separator, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _rewritten(data: bytes, name: str, used: str, separator: str, places: Sequence[int]) -> bytes:
    """Lines without quotes whose cells stand in the order of the layout; lines of another length stay as they are."""
    width = max(places) + 1
    lines: list[str] = []
    try:
        for cells in csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=used, strict=True):
            fits = len(cells) >= width and not any(cells[width:])
            picked = [cells[place] for place in places] if fits else cells
            if any(separator in cell or "\n" in cell or "\r" in cell for cell in picked):
                raise SourceError(
                    name,
                    f"is not saved as it was published, and holds {separator!r} or a line break in a cell",
                    row=len(lines) + 1,
                    remedy=_AS_PUBLISHED,
                )
            lines.append(separator.join(picked))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            name,
            f"is not well-formed from here on ({error})",
            row=len(lines) + 1,
            remedy=_AS_PUBLISHED,
        ) from None
    return ("\n".join(lines) + "\n").encode()
