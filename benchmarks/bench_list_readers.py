"""Throughput of the readers of published lists beside plain polars and pandas on the same file.

Real files are grown to at least 50 MB in a temporary folder, with the numbers of subjects made distinct. Each
time is the best of several, taken in turn so that a busy machine slows all of them alike. Prints ratios and
asserts none: timings depend on the machine.

    python benchmarks/bench_list_readers.py
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl

from analysis.sources.eu_fsf import read_eu_fsf
from analysis.sources.ofac import read_ofac
from analysis.sources.opensanctions import read_opensanctions

ROOT = Path(__file__).resolve().parent.parent
REAL = Path(os.environ.get("RETORSION_REAL_DATA", ROOT / "../shared/real"))
EU = ROOT / "tests/fixtures/lists/eu_fsf_full_1_1.csv"
TARGET_BYTES = 50_000_000
ROUNDS = 5


def grow_ofac(to: Path) -> None:
    lines = (REAL / "ofac/sdn_2024-05-03.csv").read_bytes().removesuffix(b"\x1a").splitlines()
    with to.open("wb") as file:
        copy = 0
        while file.tell() < TARGET_BYTES:
            copy += 1
            for line in lines:
                number, rest = line.split(b",", 1)
                file.write(b"%d,%s\r\n" % (int(number) + 100_000 * copy, rest))


def grow_opensanctions(to: Path) -> None:
    frame = pl.read_csv(REAL / "opensanctions/targets.simple.csv", infer_schema=False)
    with to.open("wb") as file:
        copy = 0
        while file.tell() < TARGET_BYTES:
            copy += 1
            frame.with_columns(pl.col("id") + f"-{copy}").write_csv(
                file, include_header=copy == 1, quote_style="always"
            )


def grow_eu(to: Path) -> None:
    """Subjects of seven rows each, as in the median of the real list."""
    lines = EU.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    person = lines[1].decode()
    with to.open("wb") as file:
        file.write(lines[0] + b"\r\n")
        subject = 0
        while file.tell() < TARGET_BYTES:
            subject += 1
            row = person.replace(";9001;", f";{subject};", 1)
            for alias in range(7):
                file.write(row.replace("Example Person One", f"Example Person {alias}").encode() + b"\r\n")


def best(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    times = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = {
            "ofac": (grow_ofac, read_ofac, {"header": None}, {"has_header": False}),
            "opensanctions": (grow_opensanctions, read_opensanctions, {}, {}),
            "eu_fsf": (grow_eu, read_eu_fsf, {"sep": ";", "low_memory": False}, {"separator": ";"}),
        }
        for name, (grow, reader, pandas_options, polars_options) in cases.items():
            path = Path(folder) / f"{name}.csv"
            grow(path)
            megabytes = path.stat().st_size / 1e6
            rows = reader(path, source_id=name)
            times = best(
                {
                    "reader": lambda: reader(path, source_id=name),  # noqa: B023 - called in this round
                    "polars": lambda: pl.read_csv(path, infer_schema=False, **polars_options),  # noqa: B023
                    "pandas": lambda: pd.read_csv(path, **pandas_options),  # noqa: B023
                }
            )
            found = f"{len(rows.accepted)} subjects, {len(rows.rejected)} rows in quarantine"
            print(f"{name}: {megabytes:.0f} MB, {found}")
            for kind, seconds in times.items():
                ratio = seconds / times["reader"]
                print(f"  {kind}: {megabytes / seconds:.0f} MB/s; the reader has {ratio:.2f} of that speed")


if __name__ == "__main__":
    main()
