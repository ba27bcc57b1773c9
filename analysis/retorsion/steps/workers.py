"""Processes that share the work of a step."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from retorsion.escalation.in_order import InOrder


@contextmanager
def workers(modules: Sequence[str], n: int = 2) -> Iterator[Executor]:
    """Processes that have imported some modules; on one processor the tasks run here, one after another.

    Tasks must be functions of a module with arguments that can be pickled, and draw from generators of their own, so
    that the results do not depend on who ran them. The processes are forked from one that has no threads, because a
    fork of a process in which polars works may hang.
    """
    if min(n, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) < 2:
        yield InOrder()
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    with ProcessPoolExecutor(n, mp_context=context) as executor:
        yield executor
