"""One command at a time writes to the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from filelock import FileLock, Timeout

from retorsion import project
from retorsion.errors import RetorsionError

#: Seconds to wait for another command: a refresh may be downloading.
PATIENCE_SECONDS = 600.0


@contextmanager
def only_writer() -> Iterator[None]:
    """Hold the one lock on the project's files; wait while another command holds it.

    The operating system releases the lock of a process that is killed.

    Raises:
        RetorsionError: another command keeps it for more than :data:`PATIENCE_SECONDS`.
    """
    if not project.PARAMS.is_file():
        yield  # the command says that there is no project here
        return
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
