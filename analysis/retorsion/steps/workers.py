"""Processes that share the work of a step."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from retorsion.processes import InOrder, server

#: Bytes of memory below which tasks run one after another: two at once take more than half of it, one takes less.
_FOR_TWO = 4 * 2**30
#: Where Linux shows control groups, and the file of each kind that limits memory.
_GROUPS = Path("/sys/fs/cgroup")
_LIMITS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}


def begin(module: str) -> None:
    """Let a module be imported ahead, while this process does, for the workers that will be asked for."""
    if _is_worth_it():
        server([module])


def _is_worth_it() -> bool:
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return n_processors > 1 and most_memory() >= _FOR_TWO


@contextmanager
def workers(module: str, n: int = 2) -> Iterator[Executor]:
    """``n`` processes beside this one, which have imported a module.

    On one processor, and where there is little memory, the tasks run here, one after another.

    Tasks must be functions of a module with arguments that can be pickled, and draw from generators of their own, so
    that the results do not depend on who ran them.
    """
    if not _is_worth_it():
        yield InOrder()
        return
    with ProcessPoolExecutor(n, mp_context=server([module]), initializer=_begin) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def most_memory(listed: Path = Path("/proc/self/cgroup"), groups: Path = _GROUPS) -> float:
    """Bytes that this process may have: those of the machine, or fewer where a control group says so.

    Args:
        listed: file in which Linux names the control groups of a process.
        groups: folder in which it shows them.
    """
    found = [float("inf")]
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for line in listed.read_text().splitlines() if listed.exists() else []:
        _, controller, place = line.split(":", 2)
        if controller in _LIMITS:
            kind, name = _LIMITS[controller]
            own = Path(place.lstrip("/"))
            files = [groups / kind / folder / name for folder in (own, *own.parents)]
            limits = [file.read_text().strip() for file in files if file.exists()]
            found += [int(limit) for limit in limits if limit.isdigit()]
    return min(found)


def _begin() -> None:
    """A worker ends with the process that started it, however that one ends, and by no key of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
