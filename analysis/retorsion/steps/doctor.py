"""Command ``doctor``: what is wrong with this machine or this copy of the project, each with its remedy.

Every module that may be missing or broken is imported inside the check that needs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer

from retorsion.errors import RetorsionError

#: Bytes that a rebuild and its cache need beside what is there.
NEEDED_BYTES = 2_000_000_000
#: Bytes of addresses that a stage needs; of memory it uses less than half.
NEEDED_ADDRESSES = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found, and what to do about it."""

    what: str
    remedy: str


def run() -> None:
    """Check the environment, the locks, raw files, cached results, stages, disk: name each problem and its remedy."""
    from retorsion.project import ROOT

    n_problems = 0
    for name, check in CHECKS.items():
        try:
            problems = list(check(ROOT))
        except RetorsionError as error:
            problems = [Problem(str(error), "correct what it names")]
        except ImportError as error:
            problems = [Problem(f"{error.name or error} cannot be imported", "`make clean && make`")]
        n_problems += len(problems)
        typer.echo(f"{'ok' if not problems else 'PROBLEM':<8}{name}")
        for problem in problems:
            typer.echo(f"        {problem.what}\n        -> {problem.remedy}")
    if n_problems:
        raise typer.Exit(1)


def environment(root: Path) -> Iterator[Problem]:
    """Packages that are missing, or of another version than the lock says."""
    lock = root / "requirements.lock"
    if not lock.is_file():
        return
    from packaging.requirements import Requirement

    wrong = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line[:1].isalnum():
            continue
        wanted = Requirement(line.rstrip(" \\"))
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if found not in wanted.specifier:
            wrong.append(f"{wanted.name} is {found}, the lock says {wanted.specifier}")
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        yield Problem("; ".join(wrong[:5]) + more, "`make clean && make` sets the environment up again")


def parameters(root: Path) -> Iterator[Problem]:
    """Parameters or cases that cannot be read."""
    from retorsion import project

    project.require_project()
    for name in project.parameters().cases:
        try:
            project.case(name)
        except RetorsionError as error:
            yield Problem(
                str(error), f"correct data/cases/{name}.yaml, or `git checkout data/cases/{name}.yaml`"
            )


def pipeline_lock(root: Path) -> Iterator[Problem]:
    """A ``dvc.lock`` that is empty, has the marks of a merge, or is no record of stages."""
    import yaml
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from dvc.utils.strictyaml import YAMLValidationError, validate

    path = root / "dvc.lock"
    if not path.is_file():
        yield Problem("dvc.lock is missing", "`git checkout dvc.lock`, or `make` to build everything")
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\n<<<<<<<" in f"\n{text}":
        yield Problem("dvc.lock has conflicts of a merge", "`git checkout --ours dvc.lock`, then `make`")
        return
    try:
        is_record = "stages" in validate(yaml.load(text, Loader=yaml.CSafeLoader), COMPILED_LOCKFILE_SCHEMA)
    except (yaml.YAMLError, YAMLValidationError):
        is_record = False
    if not is_record:
        what = "is empty" if not text.strip() else "is damaged"
        yield Problem(f"dvc.lock {what}: a run was killed while it wrote the file", "`git checkout dvc.lock`")


def running_stages(root: Path) -> Iterator[Problem]:
    """DVC's record of running stages that a killed run has cut off, so that DVC cannot go on."""
    path = root / ".dvc" / "tmp" / "rwlock"
    if path.is_file():
        try:
            json.loads(path.read_bytes())
        except ValueError:
            yield Problem(
                "DVC's record of running stages was cut off by a run that was killed",
                "`rm .dvc/tmp/rwlock`, or `make`",
            )


def raw_files(root: Path) -> Iterator[Problem]:
    """Raw files that are missing, or are not those that their sidecars pin."""
    from retorsion.sources.sidecar import SIDECAR, load_sidecar, verify

    for folder in sorted(path for path in (root / "data" / "raw").iterdir() if path.is_dir()):
        if not (folder / SIDECAR).is_file():
            yield Problem(
                f"data/raw/{folder.name} has no {SIDECAR}",
                "run the `retorsion add` that made it again, or remove the folder",
            )
            continue
        try:
            verify(load_sidecar(folder / SIDECAR), folder)
        except RetorsionError as error:
            yield Problem(str(error), f"docs/recovery.md, under sources, says what to do with {folder.name}")


def cached_results(root: Path) -> Iterator[Problem]:
    """Files of DVC's cache whose content is not what their name says."""
    cache = root / ".dvc" / "cache" / "files" / "md5"
    for path in sorted(cache.glob("??/*")):
        if not path.is_file():
            continue
        wanted = path.parent.name + path.name.removesuffix(".dir")
        with path.open("rb") as file:
            if hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() != wanted:
                place = path.relative_to(root).as_posix()
                yield Problem(f"the cached result {place} is damaged", f"`rm -f {place}`, then `make`")


def stages(root: Path) -> Iterator[Problem]:
    """Stages that are out of date."""
    asked = subprocess.run(
        [sys.executable, "-m", "dvc", "status", "--json"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or ["no word"])[-1]
        yield Problem(f"dvc status fails: {last}", "mend what is named above, then run this again")
        return
    stale = sorted(json.loads(asked.stdout))
    if stale:
        shown = ", ".join(stale[:6]) + (f" and {len(stale) - 6} more" if len(stale) > 6 else "")
        yield Problem(f"out of date: {shown}", "`make`")


def disk(root: Path) -> Iterator[Problem]:
    """Too little space, or folders that cannot be written."""
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        yield Problem(
            f"{free / 1e9:.1f} GB of the disk are free; a rebuild needs about {NEEDED_BYTES / 1e9:.0f}",
            "free some space: `dvc gc --workspace` removes old results",
        )
    for name in ("data", "data/raw", "data/findings", "reports", ".dvc"):
        if (root / name).is_dir() and not os.access(root / name, os.W_OK):
            yield Problem(f"{name} cannot be written", "change its permissions, or work in a copy")


def memory(root: Path) -> Iterator[Problem]:
    """Limits of this process below what a rebuild needs."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < NEEDED_ADDRESSES:
        yield Problem(
            f"processes may address {limit / 1e9:.1f} GB", "`ulimit -v unlimited` before the command"
        )


def leftovers(root: Path) -> Iterator[Problem]:
    """Files that a killed run left beside their places."""
    found = [
        path.relative_to(root).as_posix()
        for top in ("data", "reports")
        for mark in (".*.new", ".*.old")
        for path in sorted((root / top).rglob(mark))
    ]
    if found:
        shown = " ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        yield Problem(
            f"left by a run that was killed: {shown}", "no command reads them; remove them with `rm -r`"
        )


#: Checks by what they look at, from what the others need upwards.
CHECKS: dict[str, Callable[[Path], Iterator[Problem]]] = {
    "environment": environment,
    "parameters and cases": parameters,
    "raw files": raw_files,
    "dvc.lock": pipeline_lock,
    "running stages": running_stages,
    "cached results": cached_results,
    "stages": stages,
    "disk": disk,
    "memory": memory,
    "leftovers": leftovers,
}
