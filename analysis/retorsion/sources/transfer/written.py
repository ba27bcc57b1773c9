"""What was fetched, written in place of the last good copy only after it was checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from retorsion.errors import FetchError
from retorsion.files import beside
from retorsion.sources.sidecar import SourceFile

KEPT = "The last good copy, if there was one, is still in place."

CHUNK = 1 << 20


def replace_checked(
    target: Path, pieces: Iterable[bytes], *, what: str, max_bytes: int, pin: SourceFile | None
) -> None:
    """Write pieces beside the target, check them, and only then take its place in one step."""
    # A name of its own for each run would leave a stray file in the folder of a run that was killed.
    fresh = beside(target)
    try:
        with fresh.open("wb") as file:
            size, digest = _write(file, pieces, what=what, max_bytes=max_bytes)
        if pin is not None and (size, digest) != (pin.bytes, pin.sha256):
            raise FetchError(
                f"{what} has {size} bytes and the sha256 {digest}, expected {pin.bytes} bytes and "
                f"{pin.sha256}: it is not the file that was pinned. Look at what is new and pin it. {KEPT}"
            )
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _write(file: BinaryIO, pieces: Iterable[bytes], *, what: str, max_bytes: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise FetchError(
                f"{what} unpacks to more than the {max_bytes} bytes expected. Do not trust the file. {KEPT}"
            )
        digest.update(piece)
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())
    return size, digest.hexdigest()
