"""Damage to files, as transfers, editors and malice do it, from a seed."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile

#: Examples of each fuzz test. ``RETORSION_FUZZ=20000 pytest -k damage`` is a long run.
EXAMPLES = int(os.environ.get("RETORSION_FUZZ", "25"))

_INSERTS = (
    b'"', b"\r\n", b"\r", b"\n", b"\n\n", b",", b";", b"\t", b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf",
    b"<", b"{", b"]", b"&a;", b"<!DOCTYPE x>", b"'", b"-", b"1e999", b"nan", b"NULL", b"None", b":", b"\\",
    "\u00e9\u4e00\U0001f600".encode(), "\u00e9".encode("latin-1"), "\u65e5".encode("cp932"),
    "a\n".encode("utf-16"),
)  # fmt: skip


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes with one to six pieces flipped, dropped, doubled, moved, cut off, put in or swapped."""
    chance = random.Random(seed)
    found = bytearray(data)
    for _ in range(chance.randrange(1, 7)):
        at = chance.randrange(len(found)) if found else 0
        match chance.randrange(8):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del found[at : at + chance.randrange(1, 20)]
            case 2:
                found[at:at] = found[at : at + chance.randrange(1, 40)]
            case 3:
                found[at:at] = chance.choice(_INSERTS)
            case 4:
                del found[at + chance.randrange(200) :]
            case 5:
                to = chance.randrange(len(found) + 1)
                found[to:to] = found[at : at + 30]
            case 6:  # a cell of another row
                lines = bytes(found).split(b"\n")
                separator = chance.choice((b",", b"\t", b";"))
                one, other = (chance.choice(lines).split(separator) for _ in range(2))
                found = bytearray(
                    bytes(found).replace(chance.choice(one), chance.choice(other), 1) if any(one) else found
                )
            case _:  # a row twice, or elsewhere
                lines = bytes(found).split(b"\n")
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
                found = bytearray(b"\n".join(lines))
    return bytes(found)


_VALUES = (
    b"", b" ", b"0", b"-1", b"1e999", b"nan", b"2022-13-45", b"2022-02-30", b"31/12/2022", b"0000-00-00", b"x" * 300,
    b"RUS", b"RU", b"00", b"&#0;", b"&amp;", "\u65e5".encode(), "\u00a0".encode(), b"-", b"N/A", b"None", b"9" * 30,
    b"true", b"2022", b"1900-01-01T00:00:00Z", b"x\\ud800", b"\\ud83d\\ude00", b"\\u0000", b"\\u202e",
)  # fmt: skip
_OTHERS = (b"null", b'"x"', b"[]", b"{}", b"-1", b"1e400", b"true", b'""')
_VALUE = re.compile(rb'(?<=>)[^<>]*(?=<)|(?<=")[^"<>]*(?=")')
_ELEMENT = re.compile(rb"<(\w+)[^<>]*>[^<>]*</\1>")
_NUMBER = re.compile(rb":\s*-?[0-9.]+")


def revalued(data: bytes, seed: int) -> bytes:
    """XML or JSON that mostly stays whole: one to three values replaced, elements dropped or doubled.

    Most files that :func:`damaged` gives of these are refused as a whole, so that what reads their parts is seldom
    reached.
    """
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 4)):
        what = chance.choice((_VALUE, _VALUE, _VALUE, _ELEMENT, _NUMBER))
        if not (spans := [match.span() for match in what.finditer(data)]):
            continue
        start, end = chance.choice(spans)
        if what is _VALUE:
            new = chance.choice(_VALUES)
        elif what is _ELEMENT:
            new = data[start:end] * chance.choice((0, 2))
        else:
            new = b": " + chance.choice(_OTHERS)
        data = data[:start] + new + data[end:]
    return data


def inside(data: bytes, seed: int) -> bytes:
    """A zip or workbook one of whose members is damaged, and that is whole as an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in sorted(archive.namelist())}
    name = list(parts)[seed % len(parts)]
    change = revalued if name.endswith(".xml") and seed % 3 else damaged
    parts[name] = change(parts[name], seed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, text in parts.items():
            archive.writestr(member, text)
    return buffer.getvalue()
