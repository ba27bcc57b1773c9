"""Data frames in R's workspace files (.RData, .rda), for tests against data that were published in them.

Reads what such files hold in practice: the XDR serialisation, versions 2 and 3, under gzip, bzip2 or xz;
lists, pairlists, logical, integer, real and character vectors, factors and data frames. Nothing is evaluated.
Format: R Internals, section 1.8 (Serialization Formats).
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_OPENERS = {b"\x1f\x8b": gzip.decompress, b"BZ": bz2.decompress, b"\xfd7": lzma.decompress}
_NA_INTEGER = -(2**31)


def read_rdata(path: Path) -> dict[str, pd.DataFrame]:
    """Data frames of a workspace file, by name; matrices become frames with their column names.

    Raises:
        ValueError: when the file is not a workspace in XDR, or holds a kind of object not listed above.
    """
    raw = path.read_bytes()
    data = _OPENERS.get(raw[:2], bytes)(raw)
    if data[:7] not in (b"RDX2\nX\n", b"RDX3\nX\n"):
        raise ValueError(f"{path.name}: not an R workspace in XDR, it begins with {data[:7]!r}")
    reader = _Reader(data, 7)
    version = reader.integer()
    reader.position += 8
    if version == 3:
        reader.position += reader.integer()
    return {name: frame for name, value in reader.item().tagged() if (frame := _as_frame(value)) is not None}


@dataclass
class _Value:
    """One R object: its content, and its attributes by name."""

    content: Any
    attributes: dict[str, Any] = field(default_factory=dict)

    def tagged(self) -> list[tuple[str, _Value]]:
        return list(self.content)


def _as_frame(value: _Value) -> pd.DataFrame | None:
    names = value.attributes.get("names")
    if isinstance(value.content, list) and names is not None:
        return pd.DataFrame({n: _as_column(v) for n, v in zip(names.content, value.content, strict=True)})
    if "dim" in value.attributes and isinstance(value.content, np.ndarray):
        rows, columns = value.attributes["dim"].content
        labels = value.attributes.get("dimnames")
        heads = labels.content[1].content if labels is not None and labels.content[1].content else None
        return pd.DataFrame(value.content.reshape((rows, columns), order="F"), columns=heads)
    return None


def _as_column(value: _Value) -> Any:
    levels = value.attributes.get("levels")
    if levels is None:
        return value.content
    return [None if code == _NA_INTEGER else levels.content[code - 1] for code in value.content]


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position
        self.references: list[_Value] = []

    def integer(self) -> int:
        (number,) = struct.unpack_from(">i", self.data, self.position)
        self.position += 4
        return int(number)

    def array(self, dtype: str) -> np.ndarray[Any, Any]:
        length = self.integer()
        values = np.frombuffer(self.data, dtype, length, self.position)
        self.position += values.nbytes
        return values.astype(values.dtype.newbyteorder("="))

    def item(self) -> _Value:
        flags = self.integer()
        kind, has_attributes, has_tag = flags & 0xFF, bool(flags & 0x200), bool(flags & 0x400)
        if kind in (254, 242, 253, 251, 252):  # null, empty and global environments, missing and unbound
            return _Value(None)
        if kind == 255:
            return self.references[(flags >> 8 or self.integer()) - 1]
        if kind == 1:
            self.references.append(self.item())
            return self.references[-1]
        if kind in (2, 6):
            return self._pairs(flags)
        if kind == 9:
            length = self.integer()
            if length == -1:
                return _Value(None)
            self.position += length
            return _Value(self.data[self.position - length : self.position].decode("utf-8", "replace"))
        if kind == 238:
            return self._compact(self.item(), self.item(), self.item())
        if kind in (10, 13):
            value = _Value(self.array(">i4"))
        elif kind == 14:
            value = _Value(self.array(">f8"))
        elif kind == 16:
            value = _Value([self.item().content for _ in range(self.integer())])
        elif kind in (19, 20):
            value = _Value([self.item() for _ in range(self.integer())])
        else:
            raise ValueError(f"R object of kind {kind} at byte {self.position} is not data")
        if has_attributes:
            value.attributes = dict(self.item().tagged())
        assert not has_tag
        return value

    def _pairs(self, flags: int) -> _Value:
        pairs: list[tuple[str, _Value]] = []
        while flags & 0xFF in (2, 6):
            if flags & 0x200:
                self.item()
            tag = self.item().content if flags & 0x400 else ""
            pairs.append((tag, self.item()))
            flags = self.integer()
        return _Value(pairs)

    def _compact(self, info: _Value, state: _Value, attributes: _Value) -> _Value:
        """Objects that R stores by how they are made: sequences, and vectors it has only wrapped."""
        name = info.content[0][1].content
        if name in ("compact_intseq", "compact_realseq"):
            length, first, step = state.content
            value = _Value(first + step * np.arange(int(length)))
        elif name.startswith("wrap_"):
            value = state.content[0] if isinstance(state.content, list) else state
            value = value[1] if isinstance(value, tuple) else value
        else:
            raise ValueError(f"R object stored as {name!r} is not known")
        if attributes.content:
            value.attributes = dict(attributes.tagged())
        return value


def read_vectors(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Plain vectors of numbers in a workspace file, by name."""
    raw = path.read_bytes()
    data = _OPENERS.get(raw[:2], bytes)(raw)
    reader = _Reader(data, 7)
    version = reader.integer()
    reader.position += 8
    if version == 3:
        reader.position += reader.integer()
    return {
        name: value.content for name, value in reader.item().tagged() if isinstance(value.content, np.ndarray)
    }
