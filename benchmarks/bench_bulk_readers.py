"""Readers of large customs and event files beside plain polars and plain pandas on the same file.

Files of the published layouts are generated in a temporary folder, 100 MB and more each. The readers give
typed, tested and mapped rows and name every faulty line; ``polars.read_csv`` and ``pandas.read_csv`` only
parse. ``scan`` streams the columns that a table of events needs, with and without the survey of the bytes,
beside a bare polars scan of the same columns. Run: ``python benchmarks/bench_bulk_readers.py [READER ...]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from analysis.sources import baci_csv, comext, comtrade, gdelt, icews, japan_customs, polecat
from analysis.sources.bulk_text import SURE

SEED = 20240122
RUNS = 3


def pick(rng: np.random.Generator, values: list[str], n: int) -> pl.Series:
    return pl.Series(values).gather(rng.integers(0, len(values), n))


def whole(rng: np.random.Generator, low: int, high: int, n: int) -> pl.Series:
    return pl.Series(rng.integers(low, high, n)).cast(pl.String)


def write(
    path: Path, columns: Mapping[str, pl.Series | str], n: int, *, separator: str, header: bool
) -> None:
    constant = {
        name: pl.repeat(value, n, eager=True) for name, value in columns.items() if isinstance(value, str)
    }
    frame = pl.DataFrame({**columns, **constant}).select(list(columns))
    frame.write_csv(path, separator=separator, include_header=header, quote_style="never")


def gdelt_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 400_000
    columns: dict[str, pl.Series | str] = dict.fromkeys(gdelt.COLUMNS, "")
    columns |= {
        "GLOBALEVENTID": pl.Series(np.arange(n) + 10**9).cast(pl.String),
        "SQLDATE": pick(rng, ["20220301", "20220302", "20220228"], n),
        "MonthYear": "202203",
        "Year": "2022",
        "FractionDate": "2022.1644",
        "IsRootEvent": whole(rng, 0, 2, n),
        "EventCode": pick(rng, ["010", "042", "163", "190", "0311"], n),
        "EventBaseCode": "042",
        "EventRootCode": "04",
        "QuadClass": whole(rng, 1, 5, n),
        "GoldsteinScale": pick(rng, ["-8", "1.9", "5.2", "0"], n),
        "NumMentions": whole(rng, 1, 50, n),
        "NumSources": whole(rng, 1, 5, n),
        "NumArticles": whole(rng, 1, 50, n),
        "AvgTone": pl.Series(np.round(rng.normal(0, 4, n), 8)).cast(pl.String),
        "DATEADDED": "20220301001500",
        "SOURCEURL": pl.Series([f"https://www.example.org/news/2022/03/01/story-{i}.html" for i in range(n)]),
    }
    for actor in ("Actor1", "Actor2"):
        columns[f"{actor}Code"] = pick(rng, ["RUS", "JPNGOV", "USA", "", "UKR"], n)
        columns[f"{actor}Name"] = pick(rng, ["RUSSIA", "JAPAN", "UNITED STATES", "", "UKRAINE"], n)
        columns[f"{actor}CountryCode"] = pick(rng, ["RUS", "JPN", "USA", "", "UKR"], n)
        columns[f"{actor}Type1Code"] = pick(rng, ["GOV", "MIL", ""], n)
    for place in ("Actor1Geo", "Actor2Geo", "ActionGeo"):
        columns[f"{place}_Type"] = whole(rng, 0, 6, n)
        columns[f"{place}_FullName"] = pick(rng, ["Moscow, Moskva, Russia", "Tokyo, Tokyo, Japan"], n)
        columns[f"{place}_CountryCode"] = pick(rng, ["RS", "JA"], n)
        columns[f"{place}_ADM1Code"] = "RS48"
        columns[f"{place}_ADM2Code"] = "25106"
        columns[f"{place}_Lat"] = pick(rng, ["55.7522", "35.685"], n)
        columns[f"{place}_Long"] = pick(rng, ["37.6156", "139.751"], n)
        columns[f"{place}_FeatureID"] = "-2960561"
    path = folder / "20220301.export.CSV"
    write(path, columns, n, separator="\t", header=False)
    return path


def comext_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 1_500_000
    columns: dict[str, pl.Series | str] = {
        "REPORTER": pick(rng, ["DE", "FR", "IT", "PL", "GR", "AT"], n),
        "PARTNER": pick(rng, ["RU", "KZ", "KG", "AM", "GE", "CN", "XK"], n),
        "TRADE_TYPE": "E",
        "PRODUCT_NC": (pl.Series(rng.integers(10**7, 9 * 10**7, n))).cast(pl.String),
        "PRODUCT_SITC": "78120",
        "PRODUCT_CPA21": "2910",
        "PRODUCT_CPA22": "2910",
        "PRODUCT_BEC": "510",
        "PRODUCT_BEC5": "310000",
        "PRODUCT_SECTION": "17",
        "FLOW": whole(rng, 1, 3, n),
        "STAT_PROCEDURE": whole(rng, 1, 4, n),
        "SUPPL_UNIT": pick(rng, ["NO_SU", "P_ST"], n),
        "PERIOD": pick(rng, ["202201", "202202", "202252"], n),
        "VALUE_EUR": whole(rng, 1, 10**7, n),
        "VALUE_NAC": whole(rng, 1, 10**7, n),
        "QUANTITY_KG": whole(rng, 0, 10**6, n),
        "QUANTITY_SUPPL_UNIT": whole(rng, 0, 100, n),
    }
    path = folder / "full_v2_202202.dat"
    write(path, columns, n, separator=",", header=True)
    return path


def hs9_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 800_000
    header = (japan_customs.MONTHS, ("Quantity1", "Quantity2", "Value"))
    columns: dict[str, pl.Series | str] = {
        "Exp or Imp": whole(rng, 1, 3, n),
        "Year": "2022",
        "HS": "'" + pl.Series(rng.integers(10**8, 9 * 10**8, n)).cast(pl.String),
        "Country": pick(rng, ["224", "105", "103", "304", "153"], n),
        "Unit1": "  ",
        "Unit2": pick(rng, ["KG", "NO", "MT"], n),
    }
    for month in ("Year", *header[0]):
        columns[f"Quantity1-{month}"] = "0"
        columns[f"Quantity2-{month}"] = whole(rng, 0, 10**4, n)
        columns[f"Value-{month}"] = whole(rng, 0, 10**6, n)
    path = folder / "estat_hs9.csv"
    write(path, columns, n, separator=",", header=True)
    return path


def baci_folder(folder: Path, rng: np.random.Generator) -> Path:
    n = 4_000_000
    columns: dict[str, pl.Series | str] = {
        "t": "2022",
        "i": whole(rng, 0, 2, n).replace_strict({"0": "392", "1": "643"}),
        "j": whole(rng, 0, 2, n).replace_strict({"0": "392", "1": "643"}),
        "k": pl.Series(rng.integers(10**4, 10**6, n)).cast(pl.String),
        "v": pl.Series(np.round(rng.exponential(1000, n), 3)).cast(pl.String),
        "q": pl.Series(np.round(rng.exponential(100, n), 3)).cast(pl.String).str.pad_start(13),
    }
    path = folder / "BACI_HS92_Y2022_V202401b.csv"
    keys = pl.DataFrame({name: columns[name] for name in "ijk"}).with_columns(pl.col("k").cast(pl.Int32))
    in_order = keys.sort("i", "j", "k").with_columns(pl.col("k").cast(pl.String))  # as CEPII writes it
    columns |= {name: in_order[name] for name in "ijk"}
    write(path, columns, n, separator=",", header=True)
    (folder / "country_codes_V202401b.csv").write_text(
        "country_code,country_name,country_iso2,country_iso3\n392,Japan,JP,JPN\n643,Russia,RU,RUS\n"
    )
    return path


def comtrade_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 480_000
    columns: dict[str, pl.Series | str] = dict.fromkeys(comtrade.API_COLUMNS, "")
    columns |= {
        "typeCode": "C",
        "freqCode": "M",
        "refPeriodId": "20220101",
        "refYear": "2022",
        "refMonth": "1",
        "period": pick(rng, ["202201", "202202", "2022"], n),
        "reporterCode": pick(rng, ["398", "51", "842"], n),
        "reporterISO": "",
        "flowCode": pick(rng, ["M", "X"], n),
        "partnerCode": pick(rng, ["0", "643", "699", "156"], n),
        "partner2Code": "0",
        "classificationCode": "H6",
        "classificationSearchCode": "HS",
        "isOriginalClassification": "True",
        "cmdCode": pl.Series(rng.integers(10**5, 10**6, n)).cast(pl.String),
        "cmdDesc": '"Vehicles; with only spark-ignition engine, over 1500 but not over 3000cc"',
        "aggrLevel": "6",
        "isLeaf": "True",
        "customsCode": "C00",
        "mosCode": "0",
        "motCode": "0",
        "qtyUnitCode": "5",
        "qty": whole(rng, 0, 1000, n),
        "isQtyEstimated": "False",
        "altQtyUnitCode": "-1",
        "netWgt": whole(rng, 0, 10**6, n),
        "isNetWgtEstimated": "True",
        "cifvalue": whole(rng, 0, 10**7, n),
        "primaryValue": pl.Series(np.round(rng.exponential(10**5, n), 2)).cast(pl.String),
        "legacyEstimationFlag": "0",
        "isReported": "False",
        "isAggregate": "True",
    }
    path = folder / "comtrade.csv"
    write(path, columns, n, separator=",", header=True)
    return path


def icews_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 450_000
    columns: dict[str, pl.Series | str] = {
        "Event ID": pl.Series(np.arange(n) + 2 * 10**7).cast(pl.String),
        "Event Date": pick(rng, ["2014-03-18", "2014-03-19"], n),
        "Source Name": pick(rng, ["Foreign Ministry (Japan)", "Vladimir Putin", "Ukraine"], n),
        "Source Sectors": "Foreign Ministry,Executive,Government,Ministry",
        "Source Country": pick(rng, ["Japan", "Russian Federation", "Ukraine", ""], n),
        "Event Text": pick(rng, ["Make statement", "Impose embargo, boycott, or sanctions"], n),
        "CAMEO Code": pick(rng, ["010", "163", "042"], n),
        "Intensity": pick(rng, ["0.0", "-8.0", "1.9"], n),
        "Target Name": pick(rng, ["Russia", "Citizen (Ukraine)"], n),
        "Target Sectors": "General Population / Civilian / Social,Social",
        "Target Country": pick(rng, ["Russian Federation", "Ukraine", ""], n),
        "Story ID": whole(rng, 10**7, 4 * 10**7, n),
        "Sentence Number": whole(rng, 1, 7, n),
        "Publisher": pick(rng, ["Agence France-Presse", "Kyodo News Service"], n),
        "City": pick(rng, ["Tokyo", "Moscow", ""], n),
        "District": "",
        "Province": "Moskva",
        "Country": "Russian Federation",
        "Latitude": pick(rng, ["35.6895", "55.7522"], n),
        "Longitude": pick(rng, ["139.692", "37.6156"], n),
    }
    path = folder / "events.2014.tab"
    write(path, columns, n, separator="\t", header=True)
    return path


def polecat_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 320_000
    columns: dict[str, pl.Series | str] = dict.fromkeys(polecat.COLUMNS, "None")
    columns |= {
        "Event ID": pl.Series([f"20220304-{i}-1f2" for i in range(n)]),
        "Event Date": pick(rng, ["2022-03-01", "2022-03-02"], n),
        "Event Type": pick(rng, ["SANCTION", "CONSULT", "ACCUSE"], n),
        "Event Mode": pick(rng, ["restrict", "visit", "None"], n),
        "Intensity": pick(rng, ["-6.0", "2.5", "None"], n),
        "Quad Code": "MATERIAL CONFLICT",
        "Contexts": "diplomatic;economic;military",
        "Actor Name": pick(rng, ["Government of Japan", "Vladimir Putin"], n),
        "Actor Country": pick(rng, ["JPN", "RUS", "USA;GBR", "None"], n),
        "Actor COW": pick(rng, ["740", "365", "None"], n),
        "Recipient Country": pick(rng, ["JPN", "RUS", "None"], n),
        "Recipient COW": pick(rng, ["740", "365", "None"], n),
        "Latitude": "55.75",
        "Longitude": "37.61",
        "Publication Date": "2022-03-02",
        "Story People": "Vladimir Putin;Fumio Kishida;Volodymyr Zelenskyy",
        "Story Locations": "Moscow;Tokyo;Kyiv",
        "Language": "English",
        "Version": "NGEC_coder-Vers001-b1-Run-001",
    }
    path = folder / "ngecEvents.20220301-20220307.txt"
    write(path, columns, n, separator="\t", header=True)
    return path


@dataclass(frozen=True)
class Case:
    make: Callable[[Path, np.random.Generator], Path]
    read: Callable[[Path], int]
    options: dict[str, object]


def rows_of(reader: Callable[..., object]) -> Callable[[Path], int]:
    return lambda path: len(reader(path, source_id="s").accepted)  # type: ignore[attr-defined]


TABS = {"separator": "\t", "quote_char": None}
CASES = {
    "gdelt": Case(gdelt_file, rows_of(gdelt.read_gdelt), {**TABS, "has_header": False}),
    "icews": Case(icews_file, rows_of(icews.read_icews), TABS),
    "polecat": Case(polecat_file, rows_of(polecat.read_polecat), TABS),
    "comext": Case(comext_file, rows_of(comext.read_comext), {}),
    "hs9": Case(hs9_file, lambda p: rows_of(japan_customs.read_hs9)(p) // 13, {}),
    "baci": Case(baci_folder, lambda p: rows_of(baci_csv.read_baci_csv)(p.parent), {}),
    "comtrade": Case(comtrade_file, rows_of(comtrade.read_comtrade_csv), {}),
}


def with_polars(path: Path, options: dict[str, object]) -> int:
    return len(pl.read_csv(path, **options))  # type: ignore[arg-type]


def with_pandas(path: Path, options: dict[str, object]) -> int:
    separator = options.get("separator", ",")
    header = 0 if options.get("has_header", True) else None
    quoting = 3 if "quote_char" in options else 0
    return len(pd.read_csv(path, sep=separator, header=header, quoting=quoting))  # type: ignore[call-overload]


def seconds(run: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    n_rows = run()
    return time.perf_counter() - start, n_rows


def scans(path: Path) -> None:
    """A stream of the columns of a table of events, with and without the survey, beside a bare scan."""
    ours = ["event_id", "event_date", "cameo_code", "quad_class", "goldstein_score", "n_sources"]
    ours += ["actor1_country_code", "actor2_country_code", "place_fips_code", "added_time"]
    theirs = ["GLOBALEVENTID", "SQLDATE", "EventCode", "QuadClass", "GoldsteinScale", "NumSources"]
    theirs += ["Actor1CountryCode", "Actor2CountryCode", "ActionGeo_CountryCode", "DATEADDED"]
    schema = dict.fromkeys(gdelt.COLUMNS, pl.String)
    bare = pl.scan_csv(path, separator="\t", has_header=False, quote_char=None, schema=schema)

    def streamed(exact: bool) -> pl.LazyFrame:
        return gdelt.scan_gdelt([path], columns=ours, exact=exact).filter(SURE)

    names = ("bare", "exact", "not surveyed")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(RUNS + 4):
        runs = (
            lambda: bare.select(theirs).collect(engine="streaming").height,
            lambda: streamed(True).collect(engine="streaming").height,
            lambda: streamed(False).collect(engine="streaming").height,
        )
        for name, run in zip(names, runs, strict=True):
            taken[name].append(seconds(run)[0])
    base = statistics.median(taken["bare"])
    for name, times in taken.items():
        spent = statistics.median(times)
        print(f"  scan, {name:13s} {spent:6.2f} s, {spent / base:.2f} of bare")


def compare(name: str, case: Case, path: Path) -> None:
    size = path.stat().st_size / 1e6
    taken: dict[str, list[float]] = {"here": [], "polars": [], "pandas": []}
    counts = set()
    for _ in range(RUNS):  # in turn, so that a busy machine slows all
        runs = (
            lambda: case.read(path),
            lambda: with_polars(path, case.options),
            lambda: with_pandas(path, case.options),
        )
        for who, run in zip(taken, runs, strict=True):
            spent, n_rows = seconds(run)
            taken[who].append(spent)
            counts.add(n_rows)
    assert len(counts) == 1, counts
    here, polars, pandas = (statistics.median(taken[who]) for who in taken)
    print(
        f"{name:9s} {size:5.0f} MB, {counts.pop():,} rows: here {size / here:5.0f} MB/s, "
        f"polars {size / polars:5.0f}, pandas {size / pandas:5.0f}; "
        f"{polars / here:.2f} of polars, {pandas / here:.1f} times pandas",
        flush=True,
    )


def main() -> None:
    for name in sys.argv[1:] or list(CASES):
        with tempfile.TemporaryDirectory() as folder:
            path = CASES[name].make(Path(folder), np.random.default_rng(SEED))
            compare(name, CASES[name], path)
            if name == "gdelt":
                scans(path)


if __name__ == "__main__":
    main()
