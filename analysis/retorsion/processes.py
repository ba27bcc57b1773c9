"""Where tasks run: in processes of a command's own, forked from a server that has what they import, or here."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from typing import Any

#: What notebooks need.
_NEEDED = (
    "retorsion.lab", "retorsion.reports.execution", "retorsion.reports.exhibits.escalation",
    "matplotlib.backends.backend_agg",
)  # fmt: skip

#: Variables of a user's set-up that would change what cells do.
_PERSONAL = re.compile(r"JUPYTER|IPYTHON|PYTHON(STARTUP|WARNINGS|OPTIMIZE)|MPL|MATPLOTLIB|COLUMNS|LINES")
_FIXED = {
    "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "TZ": "UTC", "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"
}  # fmt: skip


def server(modules: Iterable[str]) -> ForkServerContext:
    """Start the server from which processes are forked, and give the context that forks them.

    It has no threads, because a fork of a process in which polars works may hang. What it and its processes write to
    the terminal is dropped: their errors come back as exceptions, and when a command is stopped each of them would say
    how it ended.

    Args:
        modules: what the server imports, so that no process needs to.
    """
    from multiprocessing import forkserver  # not on every system

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    with _silent():
        forkserver.ensure_running()
    return context


def server_of_notebooks() -> ForkServerContext:
    """Start the server from which notebooks are forked, in an environment that is the same everywhere."""
    with fixed_environment():
        return server(_NEEDED)


@contextmanager
def fixed_environment() -> Iterator[None]:
    """Start processes without a user's own settings, and with everything fixed."""
    before = dict(os.environ)
    kept = {name: value for name, value in before.items() if not _PERSONAL.match(name)}
    try:
        os.environ.clear()
        os.environ.update(kept | _FIXED)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _silent() -> Iterator[None]:
    """Drop what a process that is started meanwhile writes to the terminal."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class InOrder(Executor):
    """The plain way to run tasks: here, each when it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a task and keep its result or its error."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
