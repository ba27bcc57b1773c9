"""Every reader beside plain polars and plain pandas on the same file, in MB/s.

Files in the published layouts are made in a temporary folder: of customs and events 100 MB and more each, of
lists, interventions and answers of the API 30 MB, of OFAC's enhanced list 100 MB, from the tests' own files or,
where they are at hand, from two real lists. The readers give typed, tested and mapped rows and name every faulty
line; ``polars.read_csv`` and ``pandas.read_csv``, with their defaults and all columns, only parse. Where polars' own
guess of the types fails, it reads text. JSON and XML are no CSV, and have no ratio. The summary by area is larger
here than it can ever be. Subjects of lists have several rows, as they have in the lists; codes of goods are no more
than there can be.

Times are of the processor, all threads together, so that other work on the machine counts little. Runs are taken
in turn: speeds are of the best of each, ratios the median of those of one turn. Prints them and asserts none.
Run: ``python benchmarks/bench_readers.py [READER ...]``.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from retorsion.sources.code_systems import m49_states
from retorsion.sources.formats import (
    baci_csv,
    comext,
    comext_labels,
    comtrade,
    eu_fsf,
    gdelt,
    gsdb,
    gta,
    icews,
    japan_customs,
    japan_customs_hs9,
    mof_list,
    ofac,
    ofac_enhanced,
    ofsi,
    opensanctions,
    polecat,
    un_list,
    us_census,
)
from retorsion.sources.states import aliases, iso_codes

SEED = 20240122
RUNS = 5
ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests/fixtures"
REAL = Path(os.environ.get("RETORSION_REAL_DATA", ROOT / "../shared/real"))

#: Size of OFAC's enhanced list.
ENHANCED = 100_000_000
#: Size of the files that are grown.
GROWN = 30_000_000


def pick(rng: np.random.Generator, values: list[str], n: int) -> pl.Series:
    return pl.Series(values).gather(rng.integers(0, len(values), n))


def whole(rng: np.random.Generator, low: int, high: int, n: int) -> pl.Series:
    return pl.Series(rng.integers(low, high, n)).cast(pl.String)


def distinct(rng: np.random.Generator, low: int, step: int, n: int) -> pl.Series:
    """Numbers of which none comes twice, in no order."""
    return pl.Series(low + step * rng.permutation(n)).cast(pl.String)


def combinations(rng: np.random.Generator, n: int, **values: list[str]) -> dict[str, pl.Series | str]:
    """Columns of which no combination comes twice."""
    left = rng.permutation(math.prod(map(len, values.values())))[:n]
    columns: dict[str, pl.Series | str] = {}
    for name, words in values.items():
        columns[name] = pl.Series(words).gather(left % len(words))
        left = left // len(words)
    return columns


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
        "PRODUCT_NC": distinct(rng, 10**7, 53, n),
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
        "HS": "'" + distinct(rng, 10**8, 900, n),
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
    """A year as CEPII writes it: each flow once, in order of the numbers of states and of the codes of goods."""
    n = 4_000_000
    number_of = {state: int(number) for number, state in m49_states().items() if state in iso_codes()}
    states = {number: state for state, number in number_of.items()}
    numbers, goods = np.array(sorted(states)), np.arange(10_111, 970_700, 178)
    drawn = np.unique(rng.integers(0, len(numbers) ** 2 * len(goods), n + n // 10))
    places = np.sort(rng.permutation(drawn)[:n])
    pairs = places // len(goods)
    columns: dict[str, pl.Series | str] = {
        "t": "2022",
        "i": pl.Series(numbers[pairs // len(numbers)]).cast(pl.String),
        "j": pl.Series(numbers[pairs % len(numbers)]).cast(pl.String),
        "k": pl.Series(goods[places % len(goods)]).cast(pl.String),
        "v": pl.Series(np.round(rng.exponential(1000, n), 3)).cast(pl.String),
        "q": pl.Series(np.round(rng.exponential(100, n), 3)).cast(pl.String).str.pad_start(13),
    }
    path = folder / "BACI_HS92_Y2022_V202401b.csv"
    write(path, columns, n, separator=",", header=True)
    lines = "".join(f"{number},{state},,{state}\n" for number, state in states.items())
    (folder / "country_codes_V202401b.csv").write_text(
        f"country_code,country_name,country_iso2,country_iso3\n{lines}"
    )
    return path


def comtrade_columns(rng: np.random.Generator, n: int) -> dict[str, pl.Series | str]:
    columns: dict[str, pl.Series | str] = dict.fromkeys(comtrade.API_COLUMNS, "")
    columns |= combinations(
        rng,
        n,
        period=["202201", "202202", "202203"],
        reporterCode=["398", "51", "842"],
        flowCode=["M", "X"],
        partnerCode=["0", "643", "699", "156", "392", "276"],
        cmdCode=[f"{code:06}" for code in range(10_100, 980_000, 180)],  # 5,388 goods
    )
    columns |= {
        "typeCode": "C",
        "freqCode": "M",
        "refPeriodId": "20220101",
        "refYear": "2022",
        "refMonth": "1",
        "reporterISO": "",
        "partner2Code": "0",
        "classificationCode": "H6",
        "classificationSearchCode": "HS",
        "isOriginalClassification": "True",
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
    return columns


def comtrade_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 480_000
    path = folder / "comtrade.csv"
    write(path, comtrade_columns(rng, n), n, separator=",", header=True)
    return path


def comtrade_bulk_file(folder: Path, rng: np.random.Generator) -> Path:
    """A bulk file, unpacked: tabs, no names of states and goods."""
    n = 560_000
    left_out = (
        "reporterISO",
        "partnerISO",
        "partner2ISO",
        "aggrLevel",
        "isLeaf",
        "qtyUnitAbbr",
        "altQtyUnitAbbr",
    )
    columns = {
        name: values
        for name, values in comtrade_columns(rng, n).items()
        if name not in left_out and not name.endswith("Desc")
    }
    path = folder / "comtrade.txt"
    write(path, {"datasetCode": "1", **columns}, n, separator="\t", header=True)
    return path


def census_file(folder: Path, rng: np.random.Generator) -> Path:
    n = 1_000_000
    keys = combinations(
        rng,
        n,
        CTY_CODE=["4621", "5880", "5700", "4280", "-", "4120", "2010", "1220"],
        I_COMMODITY=[str(code) for code in range(10**9, 76 * 10**8, 330_000)],  # 20,000 goods
        time=[f"2022-{month:02}" for month in range(1, 13)],
    )
    columns: dict[str, pl.Series | str] = {
        "CTY_CODE": keys["CTY_CODE"],
        "CTY_NAME": "RUSSIA",
        "I_COMMODITY": keys["I_COMMODITY"],
        "COMM_LVL": "HS10",
        "GEN_VAL_MO": whole(rng, 1, 10**7, n),
        "GEN_QY1_MO": whole(rng, 0, 10**6, n),
        "UNIT_QY1": pick(rng, ["KG", "NO", "BBL"], n),
        "VES_WGT_MO": whole(rng, 0, 10**6, n),
        "time": keys["time"],
    }
    path = folder / "census.csv"
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


def grown(
    name: str,
    key: int | None,
    *,
    source: str | None = None,
    heads: int = 1,
    rows: slice = slice(0, 1),
    separator: str = ",",
    encoding: str = "utf-8",
    number: str = "{}",
    together: bool = False,
) -> Callable[[Path, np.random.Generator], Path]:
    """A file of the layout of a smaller one, whose rows come again and again with numbers of their own.

    Args:
        name: the test's own file.
        key: column that numbers the rows; None where rows have no number.
        source: a real file to be grown in its place, if it is at hand.
        heads: lines above the rows.
        rows: rows that are repeated.
        separator: of cells.
        encoding: of the text.
        number: how the numbers are written.
        together: whether the rows have one number, as those of one subject.
    """

    def make(folder: Path, _: np.random.Generator) -> Path:
        found = REAL / source if source and (REAL / source).exists() else FIXTURES / name
        data = found.read_bytes().removesuffix(b"\x1a")
        lines = data.splitlines(keepends=True)
        head = b"".join(lines[:heads])
        body = data[len(head) :].decode(encoding)
        chosen = list(csv.reader(io.StringIO(body, newline=""), delimiter=separator))
        if found.is_relative_to(FIXTURES):
            chosen = chosen[rows]
        path = folder / Path(name).name
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n" if b"\r\n" in data else "\n")
        n = 0
        while buffer.tell() < GROWN:
            for i, row in enumerate(chosen):
                n += not (together and i)
                if key is not None:
                    row[key] = number.format(n)
                writer.writerow(row)
        path.write_bytes(head + buffer.getvalue().encode(encoding))
        return path

    return make


def eu_file(folder: Path, _: np.random.Generator) -> Path:
    """Subjects of seven rows each, as in the median of the real list."""
    lines = (FIXTURES / "lists/eu_fsf_full_1_1.csv").read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    person = lines[1].decode()
    path = folder / "eu_fsf_full_1_1.csv"
    with path.open("wb") as file:
        file.write(lines[0] + b"\r\n")
        subject = 0
        while file.tell() < GROWN:
            subject += 1
            row = person.replace(";9001;", f";{subject};", 1)
            for alias in range(7):
                file.write(row.replace("Example Person One", f"Example Person {alias}").encode() + b"\r\n")
    return path


def un_file(folder: Path, _: np.random.Generator) -> Path:
    text = (FIXTURES / "lists/un_consolidated.xml").read_text(encoding="utf-8")
    start = text.index("    <INDIVIDUAL>")
    end = text.index("    </INDIVIDUAL>") + len("    </INDIVIDUAL>\n")
    subject = text[start:end]
    n = GROWN // len(subject.encode())
    more = "".join(subject.replace("9000001", str(i + 1), 1) for i in range(n))
    path = folder / "consolidated.xml"
    path.write_text(text[:start] + more + "  </INDIVIDUALS>\n</CONSOLIDATED_LIST>\n", encoding="utf-8")
    return path


def enhanced_file(folder: Path, _: np.random.Generator) -> Path:
    """As large as OFAC's: 17,000 subjects of 6 kB, most of which is names and features."""
    text = (FIXTURES / "lists/ofac_sdn_enhanced.xml").read_text(encoding="utf-8")
    head, rest = text.split('<entity id="990001">', 1)
    subject, name = rest.partition("</entity>")[0], rest[rest.index("<name ") : rest.index("</names>")]
    feature = (
        '<feature id="1"><type featureTypeId="8">Birthdate</type><versionId>1</versionId><value>01 Jan 1970</value>'
        "<valueDate><fromDateBegin>1970-01-01</fromDateBegin></valueDate><isPrimary>true</isPrimary></feature>"
    )
    subject = subject.replace(name, "".join(name.replace("Arno", f"Arno {n}") for n in range(8)))
    subject += f"<features>{feature * 18}</features></entity>\n"
    path = folder / "sdn_enhanced.xml"
    more = "".join(f'<entity id="{n + 1}">{subject}' for n in range(ENHANCED // len(subject)))
    path.write_text(f"{head}{more}</entities></sanctionsData>\n", encoding="utf-8")
    return path


def gta_json_file(folder: Path, _: np.random.Generator) -> Path:
    item = json.loads((FIXTURES / "lists/gta_interventions.json").read_text(encoding="utf-8"))[0]
    n = GROWN // len(json.dumps(item))
    path = folder / "gta.json"
    path.write_text(json.dumps([{**item, "intervention_id": i + 1} for i in range(n)]), encoding="utf-8")
    return path


def comtrade_json_file(folder: Path, _: np.random.Generator) -> Path:
    answer = json.loads((FIXTURES / "customs/comtrade_api.json").read_text(encoding="utf-8"))
    n = GROWN // len(json.dumps(answer["data"][0]))
    path = folder / "comtrade.json"
    first, partners = answer["data"][0], [643, 699, 156, 392, 276]
    data = [
        {
            **first,
            "cmdCode": f"{10_100 + place // 5 * 180:06}",
            "partnerCode": partners[place % 5],
            "partnerISO": "",
        }
        for place in range(n)
    ]
    path.write_text(json.dumps({**answer, "count": n, "data": data}), encoding="utf-8")
    return path


def area_file(folder: Path, _: np.random.Generator) -> Path:
    """As large as it can be: all areas, thirteen blocks, and thousands of goods."""
    areas = [area for area in aliases("japan_customs_area") if area != "grand total"]
    goods = ["GRAND TOTAL", *(f"GOODS {i}" for i in range(5_000))]
    month = ",".join(["1234"] * len(goods))
    year = ",".join([str(1234 * 12)] * len(goods))
    lines = ["Title", ",".join(["Exp or Imp", "Area", *goods])]
    lines += [f"1,{area},{month}" for _ in range(12) for area in areas]
    lines += [f"1,{area},{year}" for area in areas]
    path = folder / "area.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass(frozen=True)
class Case:
    make: Callable[[Path, np.random.Generator], Path]
    read: Callable[[Path], int]
    options: Mapping[str, object] = field(default_factory=dict)
    is_csv: bool = True


def rows_of(reader: Callable[..., object]) -> Callable[[Path], int]:
    return lambda path: len(reader(path, source_id="s").accepted)  # type: ignore[attr-defined]


def area_rows(path: Path) -> int:
    return len(japan_customs.read_area_summary(path, source_id="s", year=2022).accepted)


TABS = {"separator": "\t", "quote_char": None}
BARE = {"has_header": False}
CASES = {
    "ofac": Case(
        grown("lists/ofac_sdn.csv", 0, source="ofac/sdn_2024-05-03.csv", heads=0),
        rows_of(ofac.read_ofac),
        BARE,
    ),
    "mof_list": Case(
        grown("lists/mof_shisantouketsu.csv", 1, rows=slice(1, 2), number="029-{:06}"),
        rows_of(mof_list.read_mof_list),
    ),
    "ofsi": Case(
        grown("lists/ofsi_ConList.csv", -1, heads=2, rows=slice(0, 2), together=True),
        rows_of(ofsi.read_ofsi),
        {"skip_lines": 1},
    ),
    "eu_fsf": Case(eu_file, rows_of(eu_fsf.read_eu_fsf), {"separator": ";"}),
    "un_list": Case(un_file, rows_of(un_list.read_un_list), is_csv=False),
    "ofac_enhanced": Case(enhanced_file, rows_of(ofac_enhanced.read_ofac_enhanced), is_csv=False),
    "opensanctions": Case(
        grown("lists/opensanctions_targets.simple.csv", 0, source="opensanctions/targets.simple.csv"),
        rows_of(opensanctions.read_opensanctions),
    ),
    "statements": Case(
        grown("lists/opensanctions_statements.csv", -1, rows=slice(0, 10)),
        rows_of(opensanctions.read_opensanctions_statements),
    ),
    "gta_csv": Case(grown("lists/gta_interventions.csv", 0), rows_of(gta.read_gta)),
    "gta_json": Case(gta_json_file, rows_of(gta.read_gta), is_csv=False),
    "gsdb": Case(
        grown("lists/gsdb_r3.csv", 0, rows=slice(0, 2), encoding="latin-1"), rows_of(gsdb.read_gsdb)
    ),
    "gdelt": Case(gdelt_file, rows_of(gdelt.read_gdelt), {**TABS, "has_header": False}),
    "icews": Case(icews_file, rows_of(icews.read_icews), TABS),
    "polecat": Case(polecat_file, rows_of(polecat.read_polecat), TABS),
    "comext": Case(comext_file, rows_of(comext.read_comext)),
    "easy_comext": Case(
        grown("customs/easy_comext.csv", None, rows=slice(0, 5)), rows_of(comext_labels.read_easy_comext)
    ),
    "hs9": Case(hs9_file, rows_of(japan_customs_hs9.read_hs9)),
    "area_summary": Case(area_file, area_rows, {"skip_lines": 1}),
    "baci": Case(baci_folder, lambda path: rows_of(baci_csv.read_baci_csv)(path.parent)),
    "comtrade": Case(comtrade_file, rows_of(comtrade.read_comtrade_csv)),
    "comtrade_bulk": Case(comtrade_bulk_file, rows_of(comtrade.read_comtrade_csv), TABS),
    "us_census": Case(census_file, rows_of(us_census.read_us_census)),
    "comtrade_json": Case(comtrade_json_file, rows_of(comtrade.read_comtrade_json), is_csv=False),
}


def with_polars(path: Path, options: Mapping[str, Any]) -> int:
    try:
        return len(pl.read_csv(path, **options))
    except pl.exceptions.PolarsError:  # its guess of a type, made from the first rows, fails later
        return len(pl.read_csv(path, infer_schema=False, encoding="utf8-lossy", **options))


def with_pandas(path: Path, options: Mapping[str, Any]) -> int:
    return len(
        pd.read_csv(  # type: ignore[call-overload]
            path,
            sep=options.get("separator", ","),
            header=0 if options.get("has_header", True) else None,
            skiprows=options.get("skip_lines", 0),
            quoting=3 if "quote_char" in options else 0,
            **({"encoding": "latin-1"} if path.name == "gsdb_r3.csv" else {}),
        )
    )


def seconds(run: Callable[[], int]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def compare(name: str, case: Case, path: Path) -> None:
    size = path.stat().st_size / 1e6
    runs: dict[str, Callable[[], int]] = {"here": lambda: case.read(path)}
    if case.is_csv:
        runs["polars"] = lambda: with_polars(path, case.options)
        runs["pandas"] = lambda: with_pandas(path, case.options)
    turns = [{who: seconds(run) for who, run in runs.items()} for _ in range(RUNS)]
    speed = {who: size / min(turn[who] for turn in turns) for who in runs}

    def ratio(who: str, other: str) -> float:
        return statistics.median(turn[other] / turn[who] for turn in turns)

    line = f"{name:14s} {size:4.0f} MB, here {speed['here']:4.0f} MB/s"
    for who in list(runs)[1:]:
        line += f"; {who} {speed[who]:4.0f}, here {ratio('here', who):.2f} of it"
    print(line, flush=True)


def main() -> None:
    for name in sys.argv[1:] or list(CASES):
        with tempfile.TemporaryDirectory() as folder:
            path = CASES[name].make(Path(folder), np.random.default_rng(SEED))
            compare(name, CASES[name], path)


if __name__ == "__main__":
    main()
