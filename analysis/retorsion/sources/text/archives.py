"""Members of archives, in memory and bounded: nothing is ever unpacked to a path that an archive names."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from retorsion.errors import SourceError

#: What the standard library raises of a damaged archive, or of one packed in a way it does not know.
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    RuntimeError,
    EOFError,
    OSError,
    zlib.error,
    ValueError,
)
_REMEDY = "Fetch the archive again, as its publisher packs it."


def member_names(path: Path, patterns: dict[str, str]) -> dict[str, list[str]]:
    """Names in a zip, sorted by what they are.

    Args:
        path: the archive.
        patterns: kind to a regular expression that the whole name of its members matches.

    Returns:
        Each kind to its members, sorted by name.

    Raises:
        SourceError: not a zip; a name occurs twice or is of no kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
    except DAMAGED as error:
        raise SourceError(path.name, f"is not a readable zip ({error})", remedy=_REMEDY) from None
    found: dict[str, list[str]] = {kind: [] for kind in patterns}
    for name in sorted(names):
        kinds = [kind for kind, pattern in patterns.items() if re.fullmatch(pattern, name)]
        if len(kinds) != 1 or names.count(name) > 1:
            raise SourceError(
                path.name,
                "holds a file twice" if kinds else "holds a file that is no part of the publication",
                value=name[:200],
                remedy=_REMEDY,
            )
        found[kinds[0]].append(name)
    return found


def read_member(path: Path, name: str, *, max_bytes: int) -> bytes:
    """Bytes of one member of a zip.

    Raises:
        SourceError: it is damaged, encrypted, or larger than ``max_bytes`` whatever size the archive states.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SourceError(path.name, f"packs {name} by an unusual method", remedy=_REMEDY)
            with archive.open(name) as stream:
                return _bounded(stream.read, f"{path.name}/{name}", max_bytes)
    except (*DAMAGED, KeyError) as error:
        raise SourceError(path.name, f"has no readable {name} ({error})", remedy=_REMEDY) from None


def read_members(path: Path, *, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every member of a zip, one after the other.

    Raises:
        SourceError: not a zip, or as :func:`read_member`; ``max_bytes`` bounds all members together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
    except DAMAGED as error:
        raise SourceError(path.name, f"is not a readable zip ({error})", remedy=_REMEDY) from None
    left = max_bytes
    for name in names:
        data = read_member(path, name, max_bytes=left)
        left -= len(data)
        yield name, data


def read_gzip(path: Path, *, max_bytes: int) -> bytes:
    """Bytes of a gzip file.

    Raises:
        SourceError: it is damaged or unpacks to more than ``max_bytes``.
    """
    try:
        with gzip.open(io.BytesIO(path.read_bytes())) as stream:
            return _bounded(stream.read, path.name, max_bytes)
    except DAMAGED as error:
        raise SourceError(path.name, f"is not a readable gzip file ({error})", remedy=_REMEDY) from None


def _bounded(read: Callable[[int], bytes], name: str, max_bytes: int) -> bytes:
    data = read(max_bytes + 1)
    if len(data) > max_bytes:
        raise SourceError(name, f"unpacks to more than {max_bytes} bytes", remedy=_REMEDY)
    return data
