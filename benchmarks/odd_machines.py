"""The same bytes, or a clear error, on odd machines: a table of what was seen on each.

Run ``python benchmarks/odd_machines.py [NAME ...]`` after ``make``, on Linux. Each machine gets a copy of the committed
project and its built tables, runs the stages of one case there, and must leave what Git tracks as it was. Where the
machine cannot do the work, the command must fail with one line and leave everything as it was. The machines that need
another file system (a full and a read-only disk) are tried where this process may mount one.
"""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from retorsion.project import ROOT

STEPS = ("checks", "escalation", "impact", "render", "site")
FOUNDING, SMALL = "jpn-rus", "chn-jpn"
#: Control groups that limit memory, as Linux shows their first version.
MEMORY = Path("/sys/fs/cgroup/memory")
#: What `make` has built and Git does not keep.
BUILT = ("data/tables", *(path.relative_to(ROOT).as_posix() for path in (ROOT / "data/raw").glob("*/files")))


@dataclass(frozen=True)
class Machine:
    """What is odd about a machine.

    Attributes:
        env: variables that are set, or with None unset.
        limit: called in the process before the command runs.
        folder: name of the project's folder.
        user: user that runs the commands.
        case: case whose stages are run.
        disk: ``full`` or ``read-only``: the commands must fail with one line.
        memory_gib: most memory that all processes together may have.
    """

    env: Mapping[str, str | None] = field(default_factory=dict)
    limit: Callable[[], None] | None = None
    folder: str = "project"
    user: str | None = None
    case: str = SMALL
    disk: str | None = None
    memory_gib: float | None = None


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def one_processor() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


MACHINES = {
    "hash seed 0": Machine({"PYTHONHASHSEED": "0"}),
    "hash seed 4294967295": Machine({"PYTHONHASHSEED": "4294967295"}),
    "time zone Pacific/Kiritimati": Machine({"TZ": "Pacific/Kiritimati"}),
    "time zone America/St_Johns": Machine({"TZ": "America/St_Johns"}),
    "locale C": Machine({"LC_ALL": "C", "LANG": "C"}),
    "locale tr_TR.UTF-8": Machine({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}),
    "python -O": Machine({"PYTHONOPTIMIZE": "1"}),
    "one processor, one thread": Machine(
        {"POLARS_MAX_THREADS": "1", "NUMBA_NUM_THREADS": "1"}, one_processor
    ),
    "two threads of BLAS": Machine({"OPENBLAS_NUM_THREADS": "2", "POLARS_MAX_THREADS": "2"}),
    "folder with blanks and other letters": Machine(folder="mes données – für R&D 'x'"),
    "no HOME": Machine({"HOME": None}),
    "another user without a home": Machine({"HOME": "/nonexistent"}, user="nobody"),
    "64 open files": Machine(limit=few_files),
    "founding case in 2 GiB": Machine(case=FOUNDING, memory_gib=2.0),
    "kernel Haswell": Machine({"OPENBLAS_CORETYPE": "Haswell"}, case=FOUNDING),
    "kernel Zen": Machine({"OPENBLAS_CORETYPE": "Zen"}, case=FOUNDING),
    "kernel Prescott": Machine({"OPENBLAS_CORETYPE": "Prescott"}, case=FOUNDING),
    "full disk": Machine(disk="full"),
    "read-only disk": Machine(disk="read-only"),
}


@contextmanager
def place_for(machine: Machine) -> Iterator[Path]:
    """An empty folder for the project; on a disk of its own where the machine asks for one."""
    with tempfile.TemporaryDirectory(prefix="odd-") as temporary:
        top = Path(temporary)
        top.chmod(0o755)
        if machine.disk:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "odd", temporary], check=True)
        try:
            yield top / machine.folder
        finally:
            if machine.disk:
                subprocess.run(["umount", "--lazy", temporary], check=True)


def copy_to(folder: Path, machine: Machine) -> None:
    """The committed project, and what is built of it."""
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(folder)], check=True)
    for name in BUILT:
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    if machine.user:
        user = pwd.getpwnam(machine.user)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def fill(folder: Path) -> None:
    """Leave a few kilobytes on a disk."""
    free = shutil.disk_usage(folder).free
    with (folder.parent / "filling").open("wb") as file:
        file.write(b"\0" * max(0, free - 20_000))


def environment(folder: Path, machine: Machine) -> dict[str, str]:
    env = os.environ | {"PYTHONPATH": str(folder / "analysis"), "RETORSION_HOME": str(folder)}
    for name, value in machine.env.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return env


def can_run(user: str) -> bool:
    """Whether another user may run the Python of this environment."""
    try:
        return not subprocess.run(
            [sys.executable, "--version"], user=user, capture_output=True, check=False
        ).returncode
    except PermissionError:
        return False


@contextmanager
def group_of(machine: Machine) -> Iterator[Path | None]:
    """A control group with the memory of a machine; null where it may have all."""
    if machine.memory_gib is None:
        yield None
        return
    group = MEMORY / f"retorsion-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(int(machine.memory_gib * 2**30)))
        yield group
    finally:
        group.rmdir()


def memory_of(process: psutil.Process) -> int:
    """Bytes of a process and all below it; pages that several share count once."""
    found = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            found += one.memory_full_info().pss
        except psutil.Error:
            continue
    return found


def run(folder: Path, machine: Machine, group: Path | None, *words: str) -> tuple[int, str, int]:
    """Exit code of a command, what it said on stderr, and the most memory that it had."""

    def prepare() -> None:
        if machine.limit:
            machine.limit()
        if group:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    process = subprocess.Popen(
        [sys.executable, "-m", "retorsion", *words],
        cwd=folder,
        env=environment(folder, machine),
        preexec_fn=prepare,
        user=machine.user,
        stdout=subprocess.DEVNULL,
        stderr=(log := tempfile.TemporaryFile("w+", encoding="utf-8")),  # noqa: SIM115 - read below
    )
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        if machine.memory_gib:
            peak = max(peak, memory_of(watched))
        time.sleep(0.1)
    log.seek(0)
    return process.returncode, log.read(), peak


def changed(folder: Path) -> list[str]:
    """What of the tracked files differs from the commit, and what is new."""
    asked = subprocess.run(
        ["git", "-c", "safe.directory=*", "status", "--porcelain"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout.splitlines()


def seen_on(machine: Machine) -> str:
    """Run the stages on a machine, and say what was seen."""
    if machine.user and not can_run(machine.user):
        return "not tried: this user may not run this Python"
    if machine.memory_gib and not os.access(MEMORY, os.W_OK):
        return "not tried: this process may not limit memory"
    with place_for(machine) as folder, group_of(machine) as group:
        copy_to(folder, machine)
        if machine.disk == "full":
            fill(folder)
        elif machine.disk == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(folder.parent)], check=True)
        peak = 0
        for step in STEPS:
            code, said, most = run(folder, machine, group, step, machine.case)
            peak = max(peak, most)
            lines = [line for line in said.splitlines() if not line.startswith("ran ")]
            if machine.disk and not (code == 1 and len(lines) == 1 and lines[0].startswith("error: ")):
                return f"FAILED: {step} ended with {code}: {said[-300:]!r}"
            if not machine.disk and code:
                return f"FAILED: {step} ended with {code}: {said[-300:]!r}"
        if machine.disk == "full":
            (folder.parent / "filling").unlink()  # Git needs some room to compare
        different = changed(folder)
    if different:
        return f"FAILED: differs in {', '.join(different[:8])}"
    if machine.memory_gib and peak > machine.memory_gib * 2**30:
        return f"FAILED: {peak / 2**30:.2f} GiB"
    measured = f", {peak / 2**30:.2f} GiB at most" if peak else ""
    return f"{lines[0]!r}, nothing changed" if machine.disk else f"the same bytes{measured}"


def main(names: list[str]) -> None:
    """Print a row for each machine; the exit code says whether one failed."""
    unknown = sorted(set(names) - set(MACHINES))
    if unknown:
        sys.exit(f"no machine {unknown[0]!r}: the machines are {', '.join(MACHINES)}")
    print(f"Each machine runs {', '.join(STEPS)} of one case.\n\n| machine | case | seen |\n|---|---|---|")
    is_good = True
    for name in names or MACHINES:
        seen = seen_on(MACHINES[name])
        is_good &= not seen.startswith("FAILED")
        print(f"| {name} | {MACHINES[name].case} | {seen} |", flush=True)
    sys.exit(not is_good)


if __name__ == "__main__":
    main(sys.argv[1:])
