"""Damage to files, as transfers, editors and malice do it, from a seed."""

from __future__ import annotations

import os
import random

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
