"""Members of archives, in memory and bounded: nothing is ever unpacked to a path that an archive names."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much

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
_STREAMS = (b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
#: Byte-order marks of UTF-16, in which some programs save text.
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKED = (*_ZIP, *_STREAMS, *UTF_16)
#: What XML says of its encoding.
_ENCODING = re.compile(r"""\A(\s*<\?xml\b[^<>]{0,200}?)\s+encoding\s*=\s*(?:"[^"<>]{0,40}"|'[^'<>]{0,40}')""")
#: Bytes that are unpacked at a time.
_PIECE = 2**22
#: Bytes at the beginning of a text that show how its lines end.
_START = 2**16
#: Unpacked bytes within which a file may shrink as much as it will.
_SMALL = 2**26
#: How the end of the list of files of a zip begins, in two forms, and the most bytes from there to the file's end.
_END, _END_64, _END_BYTES = b"PK\x05\x06", b"PK\x06\x06", 2**16 + 2**8


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
    names = zip_names(path)
    found: dict[str, list[str]] = {kind: [] for kind in patterns}
    for name in sorted(names):
        if not is_data(name) and not any(re.fullmatch(pattern, name) for pattern in patterns.values()):
            continue
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


def read_member(path: Path, name: str, *, within: str, left: int | None = None) -> bytes:
    """Bytes of one member of a zip.

    Args:
        path: the archive.
        name: of the member.
        within: name of the limit of its bytes.
        left: bytes of it that are left, where several members share it.

    Raises:
        SourceError: it is damaged, encrypted, or beyond the limit whatever size the archive states.
    """
    try:
        with opened_zip(path) as archive:
            info = archive.getinfo(name)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SourceError(path.name, f"packs {name} by an unusual method", remedy=_REMEDY)
            with archive.open(name) as stream:
                return _bounded(stream.read, f"{path.name}/{name}", within, info.compress_size, left=left)
    except (*DAMAGED, KeyError) as error:
        raise SourceError(path.name, f"has no readable {name} ({error})", remedy=_REMEDY) from None


def read_members(path: Path, *, within: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every member of a zip, one after the other.

    Raises:
        SourceError: not a zip, or as :func:`read_member`; the limit ``within`` is that of all members together.
    """
    left = limit(within)
    for name in zip_names(path):
        data = read_member(path, name, within=within, left=left)
        left -= len(data)
        yield name, data


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip whose list of files, which is read at once, is within the limits.

    Raises:
        SourceError: it is beyond them.
    """
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(stream.tell() - _END_BYTES, 0))
        end = stream.read()
    sizes = [one[8:12] for one in end.split(_END)[1:]] + [one[36:44] for one in end.split(_END_64)[1:]]
    n_bytes = max((int.from_bytes(size, "little") for size in sizes), default=0)
    if n_bytes > limit("directory_bytes"):
        raise too_much("directory_bytes", path.name, f"has a list of files of {n_bytes} bytes", _REMEDY)
    with zipfile.ZipFile(path) as archive:
        if len(archive.filelist) > limit("members"):
            raise too_much("members", path.name, f"holds {len(archive.filelist)} files", _REMEDY)
        yield archive


def zip_names(path: Path) -> list[str]:
    """Names of all members of a zip."""
    try:
        with opened_zip(path) as archive:
            return archive.namelist()
    except DAMAGED as error:
        raise SourceError(path.name, f"is not a readable zip ({error})", remedy=_REMEDY) from None


#: Members of a zip that publishers and machines add beside the data.
_BESIDE = re.compile(
    r"__MACOSX/.*|.*/|(.*/)?(\.[^/]*|read_?me[^/]*|licen[cs]e[^/]*|[^/]*\.(pdf|md|html?))", re.I
)


def is_data(name: str) -> bool:
    """Whether a member of a zip holds data, and is no folder, note or licence."""
    return _BESIDE.fullmatch(name) is None


def unpacked(path: Path, *, within: str = "file_bytes") -> tuple[bytes, str]:
    """Bytes of a file, out of gzip, xz, Zstandard or a zip with one file of data, which its first bytes tell.

    What a zip holds may be packed once more, other than as a zip. Text in UTF-16 is given in UTF-8.

    Args:
        path: the file.
        within: name of the limit of its bytes, packed or unpacked.

    Returns:
        The bytes and the name to report: that of the file, or of the archive and its member.

    Raises:
        SourceError: it is missing, empty, damaged, encrypted or too large, or a zip with several files of data.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) in _ZIP:
                return _only_member(path, within)
            stream.seek(0)
            source, size = decompressed(stream), path.stat().st_size
            if source is stream:  # what is not packed cannot swell, and is read at once
                if size > limit(within):
                    raise _too_large(path.name, within)
                data = stream.read(limit(within) + 1)
            else:
                data = _bounded(source.read, path.name, within, size)
                if data.startswith((*_ZIP, *_STREAMS)):
                    raise packed_twice(path.name)
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(path.name, f"cannot be read ({reason})", remedy="Fetch the file again.") from None
    if not data or data.isspace():
        raise SourceError(path.name, "the file is empty", remedy="Fetch the file again.")
    return in_utf_8(data, path.name), path.name


def packed_twice(name: str) -> SourceError:
    """The error for a packed file that holds another packed file or a workbook."""
    return SourceError(
        name, "holds another packed file or a workbook", remedy="Unpack it, and take that file."
    )


def in_utf_8(data: bytes, name: str, *, is_whole: bool = True) -> bytes:
    """A text in UTF-8 that is in UTF-16 with a byte-order mark; anything else as it is.

    XML then no longer says that it is in UTF-16, so that every bound and test meets it as it meets UTF-8.
    Where only carriage returns end lines, as old programs wrote them, line feeds do.

    Args:
        data: the text, or its beginning.
        name: name for errors.
        is_whole: whether it is the whole text.

    Raises:
        SourceError: it is not UTF-16 after all.
    """
    if not data.startswith(UTF_16) or data.startswith(codecs.BOM_UTF32_LE):
        start = data[:_START]
        old = b"\r" in start and b"\n" not in start and b"\x00" not in start
        return data.replace(b"\r", b"\n") if old and b"\n" not in data else data
    try:
        text = data.decode("utf-16", "strict" if is_whole else "ignore")
    except UnicodeDecodeError as error:
        raise SourceError(
            name, f"is not the text in UTF-16 as which it begins ({error.reason})", remedy="Save it in UTF-8."
        ) from None
    return _ENCODING.sub(r"\1", text, count=1).encode("utf-8", "replace")


def is_packed(path: Path) -> bool:
    """Whether a file begins like a zip, gzip, xz or Zstandard file, or like text in UTF-16.

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
    """The first bytes of what a packed file holds; text in UTF-16 is given in UTF-8.

    Raises:
        SourceError: it is damaged, or a zip with several files of data.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) not in _ZIP:
                stream.seek(0)
                return in_utf_8(decompressed(stream).read(n), path.name, is_whole=False)
        with opened_zip(path) as archive, archive.open(_data_name(path, archive)) as member:
            return in_utf_8(decompressed(cast("BinaryIO", member)).read(n), path.name, is_whole=False)
    except DAMAGED as error:
        raise SourceError(path.name, f"cannot be read ({error})", remedy="Fetch the file again.") from None


def text_of(path: Path) -> tuple[Path | bytes, str]:
    """A file of text as it is, to be read as a stream, or its bytes where it is packed; and its name."""
    return unpacked(path, within="bulk_bytes") if is_packed(path) else (path, path.name)


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


def _only_member(path: Path, within: str) -> tuple[bytes, str]:
    with opened_zip(path) as archive:
        name = _data_name(path, archive)
    data, whole = read_member(path, name, within=within), f"{path.name}/{name}"
    if data.startswith(_ZIP):
        raise SourceError(
            path.name,
            "holds another zip or a workbook",
            value=name[:200],
            remedy="Unpack it, and take that file.",
        )
    if data.startswith(_STREAMS):
        data = _bounded(decompressed(io.BytesIO(data)).read, whole, within, len(data))
    return in_utf_8(data, whole), whole


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


def _bounded(
    read: Callable[[int], bytes], name: str, within: str, n_packed: int, *, left: int | None = None
) -> bytes:
    """All that a stream unpacks, unless it is beyond the limit or swells more than a table can."""
    pieces: list[bytes] = []
    n_left = limit(within) if left is None else left
    n_read = 0
    while found := read(min(_PIECE, n_left - n_read + 1)):
        pieces.append(found)
        n_read += len(found)
        if n_read > n_left:
            raise _too_large(name, within)
        if n_read > _SMALL + limit("ratio") * n_packed:
            raise too_much("ratio", name, f"unpacks from {n_packed} to more than {n_read} bytes", _REMEDY)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(name: str, within: str) -> SourceError:
    return too_much(within, name, "is too large", _REMEDY)
