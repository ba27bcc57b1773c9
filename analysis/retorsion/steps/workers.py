"""Processes that share the work of a step."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread

from retorsion.escalation.in_order import InOrder
from retorsion.processes import server


@contextmanager
def workers(modules: Sequence[str], n: int = 2) -> Iterator[Executor]:
    """Processes that have imported some modules; on one processor the tasks run here, one after another.

    Tasks must be functions of a module with arguments that can be pickled, and draw from generators of their own, so
    that the results do not depend on who ran them.
    """
    if min(n, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) < 2:
        yield InOrder()
        return
    with ProcessPoolExecutor(n, mp_context=server(modules), initializer=_begin) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _begin() -> None:
    """A worker ends with the process that started it, however that one ends, and by no key of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
