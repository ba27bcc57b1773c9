"""Files of the project that commands edit: written whole or not at all, by one command at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from filelock import FileLock, Timeout

from retorsion import project
from retorsion.errors import RetorsionError

#: Seconds to wait for another command: a refresh may be downloading.
PATIENCE_SECONDS = 600.0


@contextmanager
def only_writer() -> Iterator[None]:
    """Hold the one lock on ``data/raw`` and ``params.yaml``; wait while another command holds it.

    The operating system releases the lock of a process that is killed.

    Raises:
        RetorsionError: another command keeps it for more than :data:`PATIENCE_SECONDS`.
    """
    lock = FileLock(project.ROOT / "data" / ".writing.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        typer.echo("Waiting for another command that is writing to this project.", err=True)
        try:
            lock.acquire(timeout=PATIENCE_SECONDS)
        except Timeout:
            raise RetorsionError(
                f"another command has been writing to this project for {PATIENCE_SECONDS:.0f} seconds. "
                "Wait until it ends, or stop it, and try again"
            ) from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either the old content or the new one, never a part."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _keep_names(path.parent)


def put_folder(made: Path, folder: Path, *, last: str) -> None:
    """Move a finished folder to its place in one step; into one that is there, file by file.

    Args:
        made: the folder, with all its files.
        folder: its place. Files that are there stay unless ``made`` has one of the same name.
        last: the file whose presence says that all others are there.
    """
    for path in made.rglob("*"):
        if path.is_file():
            _flush(path)
    if not folder.exists():
        made.rename(folder)
    else:
        files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
        for name in sorted(files, key=lambda name: (name == Path(last), name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).replace(folder / name)
        shutil.rmtree(made)
    _keep_names(folder.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    """Flush the entries of a folder, without which a rename may be lost; Windows cannot and need not."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
