"""Members of archives, in memory and bounded: nothing is ever unpacked to a path that an archive names."""

from __future__ import annotations

import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from retorsion.errors import SourceError

#: What the standard library raises of a damaged archive, or of one packed in a way it does not know.
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    RuntimeError,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
)
_REMEDY = "Fetch the archive again, as its publisher packs it."
#: How packed files begin: zip, gzip, xz, Zstandard.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED = (*_ZIP, b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
#: Bytes that are unpacked at a time.
_PIECE = 2**22


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


#: Members of a zip that publishers and machines add beside the data.
_BESIDE = re.compile(
    r"__MACOSX/.*|.*/|(.*/)?(\.[^/]*|read_?me[^/]*|licen[cs]e[^/]*|[^/]*\.(pdf|md|html?))", re.I
)


def is_data(name: str) -> bool:
    """Whether a member of a zip holds data, and is no folder, note or licence."""
    return _BESIDE.fullmatch(name) is None


def unpacked(path: Path, *, max_bytes: int) -> tuple[bytes, str]:
    """Bytes of a file, out of gzip, xz, Zstandard or a zip with one file of data, which its first bytes tell.

    Args:
        path: the file.
        max_bytes: most bytes that it may have, packed or unpacked.

    Returns:
        The bytes and the name to report: that of the file, or of the archive and its member.

    Raises:
        SourceError: it is missing, empty, damaged, encrypted or too large, or a zip with several files of data.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) in _ZIP:
                return _only_member(path, max_bytes)
            stream.seek(0)
            source = decompressed(stream)
            # What is not packed cannot swell, and is read at once.
            piece = max(path.stat().st_size + 1, _PIECE) if source is stream else _PIECE
            data = _bounded(source.read, path.name, max_bytes, piece=piece)
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(path.name, f"cannot be read ({reason})", remedy="Fetch the file again.") from None
    if not data or data.isspace():
        raise SourceError(path.name, "the file is empty", remedy="Fetch the file again.")
    return data, path.name


def is_packed(path: Path) -> bool:
    """Whether a file begins like a zip, gzip, xz or Zstandard file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(6).startswith(_PACKED)
    except OSError as error:
        raise SourceError(
            path.name, f"cannot be read ({error.strerror})", remedy="Fetch the file again."
        ) from None


def first_bytes(path: Path, n: int) -> bytes:
    """The first bytes of what a packed file holds.

    Raises:
        SourceError: it is damaged, or a zip with several files of data.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) not in _ZIP:
                stream.seek(0)
                return decompressed(stream).read(n)
        with zipfile.ZipFile(path) as archive, archive.open(_data_name(path, archive)) as member:
            return member.read(n)
    except DAMAGED as error:
        raise SourceError(path.name, f"cannot be read ({error})", remedy="Fetch the file again.") from None


def text_of(path: Path, *, max_bytes: int) -> tuple[Path | bytes, str]:
    """A file of text as it is, to be read as a stream, or its bytes where it is packed; and its name."""
    return unpacked(path, max_bytes=max_bytes) if is_packed(path) else (path, path.name)


def decompressed(stream: BinaryIO) -> BinaryIO:
    """A stream of what a file holds, out of gzip, xz or Zstandard where its first bytes are theirs."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if start == b"\xfd7zXZ\x00":
        return cast("BinaryIO", lzma.LZMAFile(stream))
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow  # which takes a tenth of a second to import

        return cast("BinaryIO", pyarrow.CompressedInputStream(stream, "zstd"))
    return stream


def _only_member(path: Path, max_bytes: int) -> tuple[bytes, str]:
    with zipfile.ZipFile(path) as archive:
        name = _data_name(path, archive)
    return read_member(path, name, max_bytes=max_bytes), f"{path.name}/{name}"


def _data_name(path: Path, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if is_data(name)]
    if len(names) != 1:
        raise SourceError(
            path.name,
            f"holds {len(names)} files of data where one is expected",
            value=", ".join(sorted(names)[:5])[:200] or None,
            remedy="Unpack the archive, and add its files one by one.",
        )
    return names[0]


def _bounded(read: Callable[[int], bytes], name: str, max_bytes: int, *, piece: int = _PIECE) -> bytes:
    pieces: list[bytes] = []
    left = max_bytes
    while found := read(min(piece, left + 1)):
        pieces.append(found)
        left -= len(found)
        if left < 0:
            raise SourceError(name, f"unpacks to more than {max_bytes} bytes", remedy=_REMEDY)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
