"""Every reader, archive and kind of YAML against damaged files, and against files made to swell.

Files that readers read are damaged in many ways, and then read as ``retorsion look`` reads them. Nothing but the
project's own error may be raised, no file may take more than 5 s of the processor, and no process may ever hold more
than 1 GiB. Whatever breaks this is printed with the seed that repeats it. Files made to swell are read each in a
process of its own.

Run: ``python benchmarks/attack_readers.py [--mutants 100000] [--seed 1] [--only NAME] [--swelling]``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from attacks import attack, mutant, targets
from retorsion.errors import RetorsionError
from swelling import bombs

MOST_SECONDS, MOST_BYTES = 5.0, 2**30
#: Files that one process reads before the next takes its place.
BATCH = 4000
#: Seconds after which a process is taken to hang.
PATIENCE = 3600


def main() -> None:
    """Attack, and end with an error if anything broke."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="readers, or files made to swell, whose name holds this")
    parser.add_argument("--swelling", action="store_true", help="files made to swell alone")
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bomb", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.first is not None:
        _read_mutants(asked.seed, asked.first, asked.mutants, asked.only)
    elif asked.bomb is not None:
        _read_bomb(asked.bomb)
    else:
        broke = 0 if asked.swelling else attack_with_mutants(asked.mutants, asked.seed, asked.only)
        broke += attack_with_bombs(asked.only) if asked.swelling else 0
        print(f"{broke} broke" if broke else "all held")
        sys.exit(bool(broke))


def attack_with_mutants(n: int, seed: int, only: str) -> int:
    """Read damaged files, of each reader as many as of any other; how many broke a rule."""
    told: Counter[str] = Counter()
    most, started = 0, time.monotonic()
    for first in range(0, n, BATCH):
        count = min(BATCH, n - first)
        found, kib = _in_a_process(
            ["--seed", str(seed), "--first", str(first), "--mutants", str(count), "--only", only]
        )
        told.update(found)
        most = max(most, kib)
        print(
            f"{first + count:,} of {n:,} files: {told['read']:,} read, {told['refused']:,} refused, "
            f"{told['broke']} broke; at most {most / 1024:,.0f} MiB; {time.monotonic() - started:,.0f} s",
            flush=True,
        )
    return told["broke"]


def attack_with_bombs(only: str) -> int:
    """Read files made to swell; how many broke a rule."""
    broke = 0
    for bomb in bombs():
        if only not in bomb.name:
            continue
        told, kib = _in_a_process(["--bomb", bomb.name])
        broke += told["broke"] + told["read"]
        verdict = (
            "refused" if told["refused"] else "read, which it should not be" if told["read"] else "broke"
        )
        print(f"{bomb.name}: {verdict}, {told['hundredths'] / 100:.2f} s, {kib / 1024:,.0f} MiB", flush=True)
    return broke


def _in_a_process(arguments: list[str]) -> tuple[Counter[str], int]:
    """What a process tells, and the most memory in KiB that it held."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=log
        )
        deadline = time.monotonic() + PATIENCE
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        while not pid:
            time.sleep(0.2)
            if time.monotonic() > deadline:
                process.kill()
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        out.seek(0)
        log.seek(0)
        said, logged = out.read().splitlines(), log.read().splitlines()
    kib = usage.ru_maxrss
    code = os.waitstatus_to_exitcode(status)
    told: Counter[str] = Counter(json.loads(said[-1])) if not code and said else Counter(broke=1)
    for line in said[: None if code else -1]:
        print(line)
    for number, line in enumerate(logged):
        if "panicked" in line or (code and number == len(logged) - 1):
            told["broke"] += 1
            last = next((one for one in reversed(logged[: number + 1]) if ", seed " in one), "")
            print(f"{f'DIED with {code}' if code else 'NOISE'} {line} after {last}")
    if kib * 1024 > MOST_BYTES:
        told["broke"] += 1
        print(f"MEMORY {kib / 1024:,.0f} MiB: {' '.join(arguments)}")
    return told, kib


def _read_mutants(seed: int, first: int, n: int, only: str) -> None:
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as folder:
        every = [one for one in targets(Path(made)) if only in one.name]
        names = sorted({one.name for one in every})
        for number in range(first, first + n):
            name = names[number % len(names)]
            own = seed * 10**9 + number
            target = random.Random(own).choice([one for one in every if one.name == name])
            what = f"{name}, {target.file}, seed {own}"
            print(what, file=sys.stderr, flush=True)
            data = mutant(target, own)
            before = time.process_time()
            try:
                told[attack(target, data, Path(folder))] += 1
            except BaseException:
                told["broke"] += 1
                print(f"BROKE {what}\n{traceback.format_exc(limit=-4)}", flush=True)
            if (seconds := time.process_time() - before) > MOST_SECONDS:
                told["broke"] += 1
                print(f"SLOW {what}: {seconds:.1f} s", flush=True)
    print(json.dumps(told))


def _read_bomb(name: str) -> None:
    bomb = next(one for one in bombs() if one.name == name)
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / bomb.file
        subprocess.run([sys.executable, "-c", _MAKE, name, str(path)], check=True, env=os.environ)
        before = time.process_time()
        try:
            bomb.read(path)
            told["read"] += 1
        except RetorsionError as error:
            told["refused"] += 1
            print(f"  {str(error)[:240]}", flush=True)
        except BaseException:
            told["broke"] += 1
            print(f"BROKE {name}\n{traceback.format_exc(limit=-4)[:3000]}", flush=True)
        seconds = time.process_time() - before
    if seconds > MOST_SECONDS:
        told["broke"] += 1
        print(f"SLOW {name}: {seconds:.1f} s", flush=True)
    told["hundredths"] = int(100 * seconds)
    print(json.dumps(told))


#: Makes a file in a process of its own, so that what that takes is not counted.
_MAKE = f"""
import sys
sys.path.insert(0, {sys.path[0]!r})
from pathlib import Path
from swelling import bombs  # type: ignore[import-not-found]
next(one for one in bombs() if one.name == sys.argv[1]).make(Path(sys.argv[2]))
"""


if __name__ == "__main__":
    main()
