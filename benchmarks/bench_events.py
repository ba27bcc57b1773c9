"""Events at size: files of GDELT's 61-column layout beside bare polars, pandas and DuckDB.

Ten files of a million rows (4.5 GB) are generated. Each measurement is a process of its own, so that its
time and its peak of memory are its own; they take turns, so that a busy machine slows all, and medians are
compared. pandas reads one file whole, because ten would take 13 GB, and its time is multiplied. A hundred
million rows are the same files listed ten times.

Run: ``python benchmarks/bench_events.py [--rounds 3] [--folder FOLDER] [PART ...]`` with parts text,
parquet, growth.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import polars as pl
from retorsion.events import events
from retorsion.events import series as event_series
from retorsion.events import store as event_store
from retorsion.events.engines import engine
from retorsion.events.source import Source
from retorsion.project import RAW
from retorsion.sources.formats.gdelt import COLUMNS

ROWS, FILES, SEED = 1_000_000, 10, 20240122
STATES = ["RUS", "JPN", "USA", "UKR", "CHN", "GBR", "DEU", "FRA", "KOR", "PRK", "IND", "TUR", "", "EUR"]
CAMEO = pl.read_csv(
    RAW / "cameo_goldstein" / "cameo_goldstein.csv", schema_overrides={"cameo_code": pl.String}
)
PLOVER = pl.read_csv(RAW / "plover_scores" / "plover_scores.csv").with_columns(
    pl.col("score").cast(pl.Float64)
)
#: The columns that the table of events is made of.
READ = ["GLOBALEVENTID", "SQLDATE", "EventCode", "QuadClass", "NumSources", "DATEADDED", "SOURCEURL"]
READ += ["Actor1CountryCode", "Actor2CountryCode", "GoldsteinScale"]


def generate(path: Path, n: int, seed: int) -> None:
    rng = np.random.default_rng([SEED, seed])

    def pick(values: Sequence[str], p: np.ndarray | None = None) -> pl.Series:
        return pl.Series(values).gather(rng.choice(len(values), n, p=p))

    def whole(low: int, high: int) -> pl.Series:
        return pl.Series(rng.integers(low, high, n)).cast(pl.String)

    place = rng.integers(0, len(CAMEO), n)
    code, score = CAMEO["cameo_code"].gather(place), CAMEO["goldstein_score"].gather(place)
    root = code.str.slice(0, 2).cast(pl.Int8)
    quad = pl.select(pl.lit(1) + (root > 5).cast(pl.Int8) + (root > 8) + (root > 13)).to_series()
    every = pl.date_range(pl.date(2022, 1, 1), pl.date(2022, 12, 31), eager=True)
    day = every.gather(np.sort(rng.integers(0, 365, n)))
    stamp = day.dt.strftime("%Y%m%d")
    ids = np.arange(n) + 10**9 + seed * n
    columns: dict[str, pl.Series | str] = dict.fromkeys(COLUMNS, "")
    columns |= {
        "GLOBALEVENTID": pl.Series(ids).cast(pl.String),
        "SQLDATE": stamp,
        "MonthYear": stamp.str.slice(0, 6),
        "Year": "2022",
        "FractionDate": pl.Series(np.round(2022 + rng.random(n), 4)).cast(pl.String),
        "IsRootEvent": whole(0, 2),
        "EventCode": code,
        "EventBaseCode": code.str.slice(0, 3),
        "EventRootCode": code.str.slice(0, 2),
        "QuadClass": quad.cast(pl.String),
        "GoldsteinScale": score.cast(pl.String),
        "NumMentions": whole(1, 50),
        "NumSources": whole(1, 5),
        "NumArticles": whole(1, 50),
        "AvgTone": pl.Series(np.round(rng.normal(0, 4, n), 8)).cast(pl.String),
        "DATEADDED": stamp + "001500",
        "SOURCEURL": "https://www.example.org/news/2022/a-story-of-some-length-"
        + pl.Series(ids).cast(pl.String),
    }
    weights = np.array([0.2, 0.08, *[0.06] * 10, 0.1, 0.02])
    for actor in ("Actor1", "Actor2"):
        who = pick(STATES, weights / weights.sum())
        columns |= {
            f"{actor}CountryCode": who,
            f"{actor}Code": who + "GOV",
            f"{actor}Name": who + " GOVERNMENT",
        }
    for where in ("Actor1Geo", "Actor2Geo", "ActionGeo"):
        columns |= {
            f"{where}_Type": whole(0, 6),
            f"{where}_FullName": pick(
                ["Moscow, Moskva, Russia", "Tokyo, Tokyo, Japan", "Washington, United States"]
            ),
            f"{where}_CountryCode": pick(["RS", "JA", "US"]),
            f"{where}_ADM1Code": "RS48",
            f"{where}_Lat": pick(["55.7522", "35.685", "38.8951"]),
            f"{where}_Long": pick(["37.6156", "139.751", "-77.0364"]),
            f"{where}_FeatureID": "-2960561",
        }
    constant = {k: pl.repeat(v, n, eager=True) for k, v in columns.items() if isinstance(v, str)}
    frame = pl.DataFrame({**columns, **constant}).select(COLUMNS)
    frame.write_csv(path, separator="\t", include_header=False, quote_style="never")


def ours(paths: list[Path], _: Path) -> int:
    """Text to series: parsed, tested, mapped, scored, added up; every malformed line found."""
    source = Source("bench", "gdelt", tuple(paths))
    seen = event_store.glance(source, "month", cameo=CAMEO, plover=PLOVER)
    assert seen.n_lines == ROWS * len(paths)
    assert not seen.n_doubtful
    return int(seen.series["n_events"].sum())


def ours_by_duckdb(paths: list[Path], _: Path) -> int:
    """The same transform on DuckDB, which reads lines and splits them."""
    runs_on, coding = engine("duckdb"), events.codings()["gdelt"]
    layout = coding.layout(paths)
    small = events.small_tables(runs_on, "gdelt", CAMEO, PLOVER)
    rows = events.scored(
        events.coded(runs_on.text(paths, layout), coding, layout.format_), coding, small["scores"]
    )
    series = event_series.series_of_rows(rows, small["days"], small["states"], "month")
    return int(runs_on.collect(series)["n_events"].sum())


def bare(paths: list[Path], _: Path) -> int:
    """The same columns as text, filtered and added up by month, pair and class; nothing tested or mapped."""
    frame = pl.scan_csv(
        paths,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema=dict.fromkeys(COLUMNS, pl.String),
        glob=False,
    ).select(READ)
    a, b = pl.col("Actor1CountryCode"), pl.col("Actor2CountryCode")
    present = [pl.col(c).is_not_null() for c in ("GLOBALEVENTID", "EventCode", "DATEADDED", "SOURCEURL")]
    found = (
        frame.filter(a != b, *present)
        .group_by(pl.col("SQLDATE").str.slice(0, 6), a, b, "QuadClass")
        .agg(
            pl.len(),
            pl.col("GoldsteinScale").cast(pl.Float64).sum(),
            pl.col("NumSources").cast(pl.Int64).sum(),
        )
    )
    return int(found.collect(engine="streaming")["len"].sum())


def with_pandas(paths: list[Path], _: Path, guess: bool = False) -> int:
    """Whole rows of one file, and the same sums.

    As text, because CAMEO codes begin with zeros; or as pandas guesses, which reads 010 as ten.
    """
    import pandas as pd

    options: dict[str, object] = {} if guess else {"dtype": str}
    frame = pd.read_csv(paths[0], sep="\t", header=None, names=list(COLUMNS), quoting=3, **options)  # type: ignore[call-overload]
    chosen = frame[frame["Actor1CountryCode"] != frame["Actor2CountryCode"]]
    keys = [chosen["SQLDATE"].astype(str).str[:6], "Actor1CountryCode", "Actor2CountryCode", "QuadClass"]
    score = chosen["GoldsteinScale"].astype(float)
    return int(
        score.groupby([keys[0], *(chosen[key] for key in keys[1:])]).agg(["size", "sum"])["size"].sum()
    )


def ingest(paths: list[Path], store: Path, name: str = "polars") -> int:
    source = Source("bench", "gdelt", tuple(paths))
    made = event_store.build_events(source, store, engine(name), cameo=CAMEO, plover=PLOVER)
    return int(made["n_events"])


def parquet(_: list[Path], store: Path, name: str | None = None) -> int:
    runs_on = engine(name) if name else None
    return int(event_store.build_series(store, "month", runs_on)["n_events"].sum())


def duckdb_sql(_: list[Path], store: Path) -> int:
    """The query one would write by hand in DuckDB."""
    files = [str(path) for path in event_store.event_files(store)]
    rows = duckdb.sql(
        "SELECT date_trunc('month', event_date) AS period_start, actor_code, target_code, quad_type, "
        "count(*) AS n, count(intensity), sum(intensity), avg(intensity), sum(n_sources) "
        f"FROM read_parquet({files}) GROUP BY ALL"
    ).pl()
    return int(rows["n"].sum())


CASES: dict[str, Callable[[list[Path], Path], int]] = {
    "ours": ours,
    "bare": bare,
    "pandas": with_pandas,
    "pandas, types guessed": lambda paths, store: with_pandas(paths, store, guess=True),
    "ours, DuckDB": ours_by_duckdb,
    "ingest": ingest,
    "Parquet": parquet,
    "Parquet, polars": lambda paths, store: parquet(paths, store, "polars"),
    "Parquet, DuckDB's own": duckdb_sql,
}


def measured(case: str, paths: list[Path], store: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", case, "--store", str(store), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def compare(cases: Sequence[str], paths: list[Path], store: Path, rounds: int) -> dict[str, dict[str, float]]:
    runs: dict[str, list[dict[str, float]]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            runs[case].append(measured(case, paths, store))
    found = {}
    for case, taken in runs.items():
        found[case] = {key: statistics.median(run[key] for run in taken) for key in taken[0]}
        wall, cpu, peak, rows = (found[case][k] for k in ("wall", "cpu", "peak_mib", "rows"))
        print(
            f"  {case:22s} {wall:7.2f} s, {cpu:7.2f} s of processors, {peak:6.0f} MiB, {rows:,.0f} events",
            flush=True,
        )
    return found


def ratio(found: dict[str, dict[str, float]], one: str, other: str, times: float = 1.0) -> None:
    pairs = {key: times * found[one][key] / found[other][key] for key in ("wall", "cpu")}
    print(
        f"  {one} / {other}: {pairs['wall']:.2f} by the clock, {pairs['cpu']:.2f} by processor time",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--one")
    options = parser.parse_args()
    if options.one:
        paths = [Path(p) for p in options.parts]
        nw.from_native(duckdb.sql("SELECT 1 AS a")).to_native().pl()  # load and start DuckDB before the clock
        start, before = time.perf_counter(), time.process_time()
        rows = CASES[options.one](paths, options.store)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent = {"wall": time.perf_counter() - start, "cpu": time.process_time() - before}
        print(json.dumps({**spent, "peak_mib": peak, "rows": rows}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"202201{i + 1:02d}.export.CSV" for i in range(FILES)]
        for i, path in enumerate(paths):
            if not path.exists():
                generate(path, ROWS, i)
        store = folder / "store"
        size = sum(path.stat().st_size for path in paths)
        print(
            f"{ROWS * FILES:,} rows of {len(COLUMNS)} columns, {size / 1e9:.2f} GB; "
            f"load {os.getloadavg()[0]:.1f}"
        )
        parts = options.parts or ["text", "parquet", "growth"]
        if "text" in parts:
            print("text to series")
            found = compare(["ours", "bare", "ours, DuckDB"], paths, store, options.rounds)
            found |= compare(["pandas", "pandas, types guessed"], paths[:1], store, options.rounds)
            ratio(found, "ours", "bare")
            ratio(found, "pandas", "ours", times=FILES)
            ratio(found, "pandas, types guessed", "ours", times=FILES)
        if "parquet" in parts:
            print("text to Parquet")
            compare(["ingest"], paths, store, 1)
            stored = sum(path.stat().st_size for path in event_store.event_files(store))
            print(f"  {stored / 1e6:.0f} MB of Parquet, {stored / size:.3f} of the text")
            print("Parquet to series")
            cases = ["Parquet", "Parquet, polars", "Parquet, DuckDB's own"]
            found = compare(cases, paths, store, options.rounds + 2)
            ratio(found, "Parquet", "Parquet, DuckDB's own")
        if "growth" in parts:
            for n, listed in ((1, paths[:1]), (10, paths), (100, paths * 10)):
                print(f"growth: {n * ROWS:,} rows; load {os.getloadavg()[0]:.1f}")
                compare(["ours"], listed, store, 1)


if __name__ == "__main__":
    main()
