"""Generated GDELT event exports: right lines of any version, and lines wrong in every way we know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from places import ROOT
from retorsion.sources.formats.gdelt import COLUMNS, COLUMNS_1, COLUMNS_1_EARLY

STATES = ("RUS", "JPN", "USA", "UKR", "CHN", "ROM", "", "EUR")  # ROM is Romania in CAMEO, EUR is no state
CAMEO = pl.read_csv(
    ROOT / "data/raw/cameo_goldstein/cameo_goldstein.csv", schema_overrides={"cameo_code": pl.String}
)
PLOVER = pl.read_csv(ROOT / "data/raw/plover_scores/plover_scores.csv").with_columns(
    pl.col("score").cast(pl.Float64)
)


def row(rng: np.random.Generator, event_id: int) -> dict[str, str]:
    """One event of version 2.0, as published."""
    code = str(rng.choice(CAMEO["cameo_code"].to_list()))
    root = int(code[:2])
    day = str(np.datetime64("2022-01-25") + int(rng.integers(0, 40))).replace("-", "")
    late = rng.random() < 0.5  # columns that are filled only later in a file
    cells = dict.fromkeys(COLUMNS, "")
    cells |= {
        "GLOBALEVENTID": str(event_id),
        "SQLDATE": day,
        "MonthYear": day[:6],
        "Year": day[:4],
        "FractionDate": "2022.1",
        "Actor1CountryCode": str(rng.choice(STATES)),
        "Actor2CountryCode": str(rng.choice(STATES)),
        "IsRootEvent": "1",
        "EventCode": code if rng.random() < 0.97 else "999",  # a code without a score
        "EventBaseCode": code[:3],
        "EventRootCode": code[:2],
        "QuadClass": str(1 if root < 6 else 2 if root < 9 else 3 if root < 14 else 4),
        "GoldsteinScale": "1.0",
        "NumMentions": str(rng.integers(1, 50)),
        "NumSources": str(rng.integers(1, 6)),
        "NumArticles": "3",
        "AvgTone": "-3.5",
        "ActionGeo_FullName": "Tōkyō, Japan" if late else "",
        "DATEADDED": day + str(rng.choice(["000000", "001500", "234500"])),
        "SOURCEURL": f"https://example.org/{event_id}",
    }
    return cells


def line(cells: dict[str, str], columns: Sequence[str] = COLUMNS) -> bytes:
    """A row as a line of one version."""
    if columns is not COLUMNS:
        cells = cells | {"DATEADDED": cells["DATEADDED"][:8]}
    return "\t".join(cells[name] for name in columns).encode()


class Files(NamedTuple):
    """What was written, and what has to come of it."""

    paths: tuple[Path, ...]
    n_lines: int
    malformed: set[tuple[str, int]]


def faulty(cells: dict[str, str]) -> list[bytes]:
    """Lines that have to be quarantined."""
    good = line(cells)
    return [
        good + b"\t",  # an empty surplus field
        good + b"\t\t\tx",
        good.rsplit(b"\t", 1)[0],  # one field short
        good[:40],
        b"",
        b"   ",
        line(cells | {"SQLDATE": "20220231"}),
        line(cells | {"SQLDATE": "2022-2-1"}),
        line(cells | {"DATEADDED": "20220201256000"}),
        line(cells | {"DATEADDED": "20220201"}),
        line(cells | {"QuadClass": "5"}),
        line(cells | {"QuadClass": ""}),
        line(cells | {"NumSources": "-1"}),
        line(cells | {"EventCode": "abc"}),
        line(cells | {"EventCode": ""}),
        line(cells | {"GLOBALEVENTID": "12a"}),
        good + b"\xff",  # not UTF-8
        good.replace(b"https", b"ht\ttps"),
    ]


def write(folder: Path, *, n: int = 300, seed: int = 0) -> Files:
    """Three files, one of each version, with ties, duplicates, faulty lines and late columns."""
    rng = np.random.default_rng(seed)
    rows = [row(rng, 10**9 + i) for i in range(n)]
    tied = rows[3] | {"NumSources": "1"}  # the same event again, but with other numbers
    odd = [
        line(rows[5] | {"GLOBALEVENTID": "7", "SOURCEURL": ""}),
        line(rows[6] | {"GLOBALEVENTID": "8", "SOURCEURL": "https://example.org/é"}),
        line(rows[7] | {"GLOBALEVENTID": "9"}) + b"\r",
    ]
    good = [line(cells) for cells in rows]
    first = [*good[: n // 2], *odd, line(tied), good[3], *faulty(rows[0]), *good[: n // 10], *good[n // 2 :]]
    second = [line(cells, COLUMNS_1) for cells in rows[n // 3 : n // 2]]
    third = [line(cells, COLUMNS_1_EARLY) for cells in rows[: n // 4]]
    bad = set(faulty(rows[0]))
    malformed = {("20220301.export.CSV", i) for i, text in enumerate(first, start=1) if text in bad}
    names = ("20220301.export.CSV", "20220302.export.CSV", "20220303.export.CSV")
    for name, lines, end in zip(names, (first, second, third), (b"\n", b"", b"\n"), strict=True):
        (folder / name).write_bytes(b"\n".join(lines) + end)
    paths = tuple(folder / name for name in names)
    return Files(paths, len(first) + len(second) + len(third), malformed)
