"""Lines of a large text, counted and found in its bytes, at several times the speed of reading them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from retorsion.errors import SourceError
from retorsion.sources.limits import limit
from retorsion.sources.text.published import too_long_a_line

#: Where text comes from: a file, or the bytes of one member of an archive.
Text = Path | bytes

#: Bytes that are surveyed at a time: they fit in a processor's cache.
_CHUNK = 2**18


def opened(text: Text, name: str) -> BinaryIO:
    """The bytes of a text as a stream; SourceError, with the name, where there are none."""
    if isinstance(text, bytes):
        return io.BytesIO(text)
    try:
        return text.open("rb")
    except OSError as error:
        raise SourceError(
            name, f"cannot be read ({error.strerror})", remedy="Fetch the file again."
        ) from None


def count_lines(text: Text, name: str) -> int:
    """Lines of a file; the last one counts whether or not it is ended."""
    n_ends, last = 0, b""
    with opened(text, name) as stream:
        while chunk := stream.read(_CHUNK):
            n_ends += chunk.count(b"\n")
            last = chunk[-1:]
    return n_ends + (last not in (b"", b"\n"))


def lines_by_sums(text: Text, name: str, *, separator: str, n_columns: int) -> int | None:
    """Lines of a file in which no line has too many fields unless another has too few.

    Separators and line ends over the whole file are counted at several times the speed of counting by line. If
    they are as many as the lines need, only short lines can hide long ones; and a short line has a null last
    column.

    Args:
        text: the file or its bytes.
        name: name for errors.
        separator: one ASCII character.
        n_columns: fields that a line should have.

    Returns:
        The number of lines; None where the sum is another, a line is longer than the limit ``line_bytes``, there is a
        carriage return, or bytes are not UTF-8.
    """
    block = bytearray(_CHUNK)
    codes, view, flags = np.frombuffer(block, np.uint8), memoryview(block), np.empty(len(block), np.bool_)
    rows_of_flags = flags.view(np.uint8).reshape(128, -1)

    def count(byte: str) -> int:
        np.equal(read, ord(byte), out=flags[:n])
        if n < len(block):
            return int(np.count_nonzero(flags[:n]))
        # Sums of one byte are fastest, and those of 128 rows fit in it.
        return int(np.add.reduce(rows_of_flags, axis=0, dtype=np.uint8).sum())

    n_separators, n_ends, since_end = 0, 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(text, name) as stream:
        while n := stream.readinto(view):  # type: ignore[attr-defined]
            read = codes[:n]
            if block.find(b"\r", 0, n) >= 0:
                return None
            try:
                if decoder.getstate()[0] or read.max() > 127:
                    decoder.decode(view[:n])
            except UnicodeDecodeError:
                return None
            n_separators += count(separator)
            n_ends += count("\n")
            end = block.rfind(b"\n", 0, n)
            since_end = n - end - 1 if end >= 0 else since_end + n
            if since_end > limit("line_bytes"):
                return None
    n_lines = n_ends + (since_end > 0)
    if decoder.getstate()[0] or n_separators != n_lines * (n_columns - 1):
        return None
    return n_lines


def blocks_of_lines(text: Text, name: str) -> Iterator[bytes]:
    """The bytes in blocks of whole lines; only the last may lack its line end."""
    rest = b""
    with opened(text, name) as stream:
        while chunk := stream.read(_CHUNK):
            end = chunk.rfind(b"\n") + 1
            if end:
                yield rest + chunk[:end]
                rest = chunk[end:]
            else:
                rest += chunk
            if len(rest) > limit("line_bytes"):
                raise too_long_a_line(name)
    if rest:
        yield rest


def faulty_lines(
    block: bytes, *, separator: str, n_columns: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Lines of a block that polars does not read as they are, lines that are not UTF-8, and number of lines.

    polars drops a carriage return in some places, so that a line with one inside is read from the bytes.
    """
    codes = np.frombuffer(block, np.uint8)
    starts = np.append(0, np.flatnonzero(codes == ord("\n")) + 1)
    if starts[-1] == len(block):
        starts = starts[:-1]
    is_separator = (codes == ord(separator)).view(np.uint8)
    expected = n_columns - 1
    # Sums of one byte are fast and wrong by multiples of 256 only. If every one is as expected, no line has
    # fewer separators, so that a line with 256 more would show in the sum over all lines.
    counts = np.add.reduceat(is_separator, starts, dtype=np.uint8)
    odd = np.flatnonzero(counts != expected)
    if len(odd) or np.count_nonzero(is_separator) != expected * len(starts):
        odd = np.flatnonzero(np.add.reduceat(is_separator, starts, dtype=np.int64) != expected)
    if b"\r" in block:
        returns = np.flatnonzero(codes == ord("\r"))
        inside = returns[np.append(codes, ord("\n"))[returns + 1] != ord("\n")]
        odd = np.union1d(odd, np.searchsorted(starts, inside, side="right") - 1)
    undecodable: list[int] = []
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            lines = block.split(b"\n")[: len(starts)]
            undecodable = [number for number, line in enumerate(lines) if not _is_utf8(line)]
    return odd, np.array(undecodable, dtype=np.int64), len(starts)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def numbered_lines(text: Text, name: str, wanted: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """The wanted lines with their numbers, without their ends."""
    numbers = iter(wanted)
    sought = next(numbers, None)
    if sought is None:
        return
    with opened(text, name) as stream:
        longest = limit("line_bytes")
        for number, line in enumerate(iter(lambda: stream.readline(longest + 1), b""), start=1):
            if len(line) > longest:
                raise too_long_a_line(name, number)
            if number == sought:
                yield number, line.removesuffix(b"\n").removesuffix(b"\r")
                sought = next(numbers, None)
                if sought is None:
                    return
